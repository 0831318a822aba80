/**
 * The sidecar's standard error: line by line to the host's logger, and its end kept to say why the sidecar ended.
 *
 * @since 0.1.0
 */
import type { Readable } from "node:stream"

const KEPT_LINES = 20
const LINE_LENGTH = 2000

/**
 * Hands every line on, and gives a function that tells the last ones. Lines are cut at 2,000 characters.
 *
 * @since 0.1.0
 * @category combinators
 */
export const followLines = (stream: Readable, onLine: (line: string) => void): () => ReadonlyArray<string> => {
  const last: Array<string> = []
  let partial = ""
  const take = (line: string) => {
    if (line.trim() === "") return
    last.push(line)
    if (last.length > KEPT_LINES) last.shift()
    onLine(line)
  }
  stream.setEncoding("utf8")
  stream.on("data", (text: string) => {
    const lines = (partial + text).split("\n")
    partial = lines.pop()!.slice(0, LINE_LENGTH)
    for (const line of lines) take(line.slice(0, LINE_LENGTH))
  })
  stream.on("end", () => take(partial))
  stream.on("error", () => {})
  return () => last.slice()
}
