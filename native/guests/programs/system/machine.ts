/** free, uptime, watch, clear, stty, which. */
import { readChunk } from "../../bash/io/open-file.ts"
import { makePipe } from "../../bash/io/pipe.ts"
import { decodeText } from "../../bash/text.ts"
import { humanSize } from "../files/human.ts"
import { parseOptions } from "../options.ts"
import type { Program, ProgramContext } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import { formatTime } from "../text/strftime.ts"

const readProc = async (context: ProgramContext, name: string): Promise<string> =>
  decodeText(await context.sys("readFile", `/proc/${name}`).catch(() => new Uint8Array(0)))

export const free: Program = async (context) => {
  const line = parseOptions(context, {
    short: "bkmghtlwsc:",
    long: { bytes: "b", kibi: "k", mebi: "m", gibi: "g", human: "h", si: "si", total: "t", wide: "w" }
  })
  const text = await readProc(context, "meminfo")
  const value = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0) * 1024
  const unit = line.has("b") ? 1 : line.has("m") ? 1024 ** 2 : line.has("g") ? 1024 ** 3 : 1024
  const show = (bytes: number) =>
    line.has("h") ? humanSize(bytes).replace(/([KMGT])$/, "$1i") : String(Math.floor(bytes / unit))
  const [total, available] = [value("MemTotal"), value("MemAvailable")]
  const unused = value("MemFree")
  const rows = [
    ["", "total", "used", "free", "shared", "buff/cache", "available"],
    ["Mem:", total, total - available, unused, 0, available - unused, available].map((cell) =>
      typeof cell === "number" ? show(cell) : cell
    ),
    ["Swap:", show(value("SwapTotal")), show(value("SwapTotal") - value("SwapFree")), show(value("SwapFree"))],
    ...(line.has("t") ? [["Total:", show(total), show(total - available), show(unused)]] : [])
  ]
  for (const row of rows) {
    await context.stdout.line(
      row.map((cell, index) => index === 0 ? cell.padEnd(8) : cell.padStart(12)).join("").replace(
        /^(.{8}) {4}(?=\S{8})/,
        "$1    "
      )
    )
  }
  return 0
}

export const uptime: Program = async (context) => {
  const line = parseOptions(context, { short: "psV", long: { pretty: "p", since: "s" } })
  const now = await context.sys("now")
  const seconds = Math.floor(Number((await readProc(context, "uptime")).split(" ")[0] ?? 0))
  if (line.has("s")) {
    await context.stdout.line(formatTime("%Y-%m-%d %H:%M:%S", now - seconds * 1000, context.zone))
    return 0
  }
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60
  ]
  if (line.has("p")) {
    const part = (count: number, name: string) => count === 0 ? [] : [`${count} ${name}${count === 1 ? "" : "s"}`]
    const parts = [...part(days, "day"), ...part(hours, "hour"), ...part(minutes, "minute")]
    await context.stdout.line(`up ${parts.length === 0 ? "0 minutes" : parts.join(", ")}`)
    return 0
  }
  const dayText = days === 0 ? "" : `${days} day${days === 1 ? "" : "s"}, `
  const time = hours > 0 ? `${String(hours).padStart(2)}:${String(minutes).padStart(2, "0")}` : `${minutes} min`
  await context.stdout.line(
    ` ${formatTime("%H:%M:%S", now, context.zone)} up ${dayText}${time},  1 user,  load average: 0.00, 0.00, 0.00`
  )
  return 0
}

/** Runs of a command that has no end of its own. */
const MAX_RUNS = 100_000

/** Output of one run that is compared with the last one. */
const MAX_COMPARED = 1024 * 1024

/** Runs the command and hands its output on as it comes; gives its status and the output, up to a bound. */
const runAndShow = async (context: ProgramContext, argv: ReadonlyArray<string>): Promise<readonly [number, Buffer]> => {
  const { reader, writer } = makePipe()
  const chunks: Array<Uint8Array> = []
  let size = 0
  try {
    const ended = context.run(argv, { stdout: writer })
    ended.catch(() => {})
    for (;;) {
      const chunk = await readChunk(reader, context.process)
      if (chunk.length === 0) break
      if (size < MAX_COMPARED) chunks.push(chunk.slice())
      size += chunk.length
      await context.stdout.write(chunk.slice())
      await context.stdout.flush()
    }
    return [await ended, Buffer.concat(chunks)]
  } finally {
    void reader.release()
  }
}

export const watch: Program = async (context) => {
  const line = parseOptions(context, {
    short: "n:dtegxbcpqr:",
    long: {
      "interval=": "n",
      differences: "d",
      "no-title": "t",
      errexit: "e",
      chgexit: "g",
      exec: "x",
      beep: "b",
      color: "c",
      precise: "p"
    },
    strict: true
  })
  if (line.operands.length === 0) {
    await context.stderr.write("Usage: watch [options] command\n")
    return 1
  }
  const interval = Number(line.get("n") ?? 2)
  if (Number.isNaN(interval)) throw new ProgramFailure(`failed to parse argument: '${line.get("n")}'`)
  const terminal = context.process.descriptors.get(1)?.isTerminal === true
  const argv = line.has("x") ? line.operands : ["sh", "-c", line.operands.join(" ")]
  let before: Buffer | undefined
  for (let run = 0; run < MAX_RUNS; run++) {
    if (terminal) await context.stdout.write("\x1b[H\x1b[2J")
    if (!line.has("t")) {
      const time = formatTime("%a %b %e %H:%M:%S %Y", await context.sys("now"), context.zone)
      const title = `Every ${interval.toFixed(1)}s: ${line.operands.join(" ")}`
      await context.stdout.write(`${title}    ${context.machine.identity.hostname}: ${time}\n\n`)
    }
    await context.stdout.flush()
    const [status, output] = await runAndShow(context, argv)
    if (line.has("g") && before !== undefined && !before.equals(output)) return 0
    before = output
    if (line.has("e") && status !== 0) return status < 0 ? -status : status
    await context.machine.sleep(context.process, Math.max(0.1, interval) * 1000)
  }
  return 0
}

/** With `-x` what has scrolled away stays. */
export const clear: Program = async (context) => {
  const line = parseOptions(context, { short: "T:x" })
  await context.stdout.write(line.has("x") ? "\x1b[H\x1b[2J" : "\x1b[H\x1b[2J\x1b[3J")
  return 0
}

/** What was written is in the VM's filesystem when the write returns: there is nothing left to wait for. */
export const sync: Program = async (context) => {
  const line = parseOptions(context, { short: "df", long: { data: "d", "file-system": "f" } })
  let status = 0
  for (const name of line.operands) {
    try {
      await context.sys("stat", context.path(name))
    } catch (error) {
      await context.complain(`error opening ${context.quote(name)}: ${context.reason(error)}`)
      status = 1
    }
  }
  return status
}

export const which: Program = async (context) => {
  const line = parseOptions(context, { short: "as" })
  let status = 0
  for (const name of line.operands) {
    const directories = name.includes("/") ? [undefined] : (context.env.get("PATH") ?? "").split(":")
    let found = false
    for (const directory of directories) {
      const path = directory === undefined ? name : `${directory === "" ? "." : directory}/${name}`
      const stat = await context.sys("stat", context.path(path)).catch(() => undefined)
      if (stat?.type !== "file" || (stat.mode & 0o111) === 0) continue
      found = true
      if (!line.has("s")) await context.stdout.line(path)
      if (!line.has("a")) break
    }
    if (!found) status = 1
  }
  return line.operands.length === 0 ? 1 : status
}
