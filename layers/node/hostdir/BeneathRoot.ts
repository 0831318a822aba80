/**
 * Paths below a folder of the host, for those who follow links: every link is read and resolved here, against the folder
 * as the root, and never by the operating system. What is then opened is opened name by name without following anything
 * (see `HostFolder`), so that a link that appears meanwhile is an error, and not a way out.
 *
 * @since 0.1.0
 */
import { readlink } from "node:fs/promises"
import type { HostFolder } from "../writeback/HostFolder.ts"
import { split } from "../writeback/HostFolder.ts"

const MAX_LINKS = 40

/**
 * An error of the operating system, without a path.
 *
 * @since 0.1.0
 * @category errors
 */
export class CodedError extends Error {
  constructor(readonly code: string, detail = code) {
    super(detail)
  }
}

const names = (path: string): Array<string> => path.split("/").filter((name) => name !== "" && name !== ".")

/**
 * A path without links: `..` goes no higher than the folder, a link that would is `EACCES`, and so is an absolute one.
 *
 * @since 0.1.0
 * @category combinators
 */
export const resolve = async (folder: HostFolder, path: string, followLast: boolean): Promise<string> => {
  const pending = names(path)
  const done: Array<string> = []
  let links = 0
  for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
    if (name === "..") {
      if (done.pop() === undefined && links > 0) throw new CodedError("EACCES", "path escapes host directory")
      continue
    }
    const next = `/${[...done, name].join("/")}`
    const facts = pending.length > 0 || followLast ? await folder.facts(next) : undefined
    if (facts?.type !== "symlink") {
      done.push(name)
      continue
    }
    if (++links > MAX_LINKS) throw new CodedError("ELOOP")
    const target = await folder.within(split(next)[0], (at) => readlink(at(name)))
    if (target.startsWith("/")) throw new CodedError("EACCES", "path escapes host directory")
    pending.unshift(...names(target))
  }
  return `/${done.join("/")}`
}
