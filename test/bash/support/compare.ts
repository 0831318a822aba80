/** Scripts run by the host's bash and by the engine, with what both made of them. */
import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { constants, tmpdir } from "node:os"
import { join } from "node:path"
import { editTools } from "../corpus/edit-tools.ts"
import { fileTools } from "../corpus/file-tools.ts"
import { lineTools } from "../corpus/line-tools.ts"
import { paths } from "../corpus/paths.ts"
import { sqlite } from "../corpus/sqlite.ts"
import { textTools } from "../corpus/text-tools.ts"
import type { Groups } from "../corpus/types.ts"
import { views } from "../corpus/views.ts"
import { ShellVm } from "./vm.ts"

export interface Expectation {
  readonly stdout: string
  readonly exitCode: number
  /** Compared where the words of messages are the point. */
  readonly stderr: string
  /** What the script left in its directory: each entry's path, mode, and content or target. */
  readonly files: ReadonlyArray<string>
}

export interface Difference {
  readonly group: string
  readonly script: string
  readonly expected: Expectation
  readonly actual: Expectation
}

const LIMIT_MS = 10_000

/** Archives hold times and owners, databases the version that has written them. */
const archive = /\.(tar|tgz|gz|zip|db)$/

const entry = (path: string, mode: number, content: Uint8Array | string): string => {
  const what = typeof content === "string"
    ? content
    : archive.test(path)
    ? "archive"
    : createHash("sha256").update(content).digest("hex").slice(0, 12)
  return `${path} ${mode.toString(8)} ${what}`.trimEnd()
}

const S_IFMT = 0o170000
const S_IFDIR = 0o040000
const S_IFLNK = 0o120000
const S_IFREG = 0o100000

interface Tree {
  readonly readdir: (path: string) => ReadonlyArray<string>
  readonly mode: (path: string) => number
  readonly readlink: (path: string) => string
  readonly readFile: (path: string) => Uint8Array
}

/** Everything below a directory, in order. */
const listing = (tree: Tree, root: string, path = ""): ReadonlyArray<string> =>
  tree.readdir(root + path).toSorted().flatMap((name) => {
    const child = `${path}/${name}`
    const mode = tree.mode(root + child)
    switch (mode & S_IFMT) {
      case S_IFDIR:
        return [entry(child, mode, ""), ...listing(tree, root, child)]
      case S_IFLNK:
        return [entry(child, mode, tree.readlink(root + child))]
      case S_IFREG:
        return [entry(child, mode, tree.readFile(root + child))]
      default:
        return [entry(child, mode, "")]
    }
  })

const hostTree: Tree = {
  readdir: (path) => readdirSync(path),
  mode: (path) => lstatSync(path).mode,
  readlink: (path) => readlinkSync(path),
  readFile: (path) => readFileSync(path)
}

const vmTree = ({ filesystem }: ShellVm): Tree => {
  const root = { credentials: { uid: 0, gid: 0, groups: [], umask: 0o022 }, cwd: "/" }
  return {
    readdir: (path) => filesystem.readdir(root, path).map(({ name }) => name),
    mode: (path) => filesystem.lstat(root, path).mode,
    readlink: (path) => filesystem.readlink(root, path),
    readFile: (path) => filesystem.readFile(root, path)
  }
}

/** What the host's bash makes of a script in an empty directory. */
export const runOnHost = async (script: string): Promise<Expectation> => {
  const directory = await mkdtemp(join(tmpdir(), "bash-"))
  try {
    const outcome = await new Promise<Omit<Expectation, "files">>((resolve, reject) => {
      const child = spawn("bash", ["-c", script], {
        cwd: directory,
        env: { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: directory, LC_ALL: "C.UTF-8", TZ: "UTC" },
        stdio: ["ignore", "pipe", "pipe"],
        timeout: LIMIT_MS
      })
      let stdout = ""
      let stderr = ""
      child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text))
      child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
      child.on("error", reject)
      child.on(
        "close",
        (code, signal) =>
          resolve({ stdout, stderr, exitCode: code ?? (signal === null ? 1 : 128 + constants.signals[signal]) })
      )
    })
    return { ...outcome, files: listing(hostTree, directory) }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** What the engine makes of it, in a new VM. */
export const runOnEngine = async (script: string): Promise<Expectation> => {
  const vm = new ShellVm()
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), LIMIT_MS)
  try {
    const { exitCode, stderr, stdout } = await vm.run(script, {
      env: { HOME: "/home/user", PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C.UTF-8", TZ: "UTC" },
      signal: abort.signal
    })
    return { exitCode, stderr, stdout, files: listing(vmTree(vm), "/home/user") }
  } catch (error) {
    return { stdout: "", stderr: `engine failed: ${String(error)}`, exitCode: -1, files: [] }
  } finally {
    clearTimeout(timer)
  }
}

/** Groups in which standard error counts too. */
const wordy = new Set([
  "errors",
  ...[editTools, fileTools, lineTools, paths, sqlite, textTools, views].flatMap(Object.keys)
])

const same = (group: string, left: Expectation, right: Expectation): boolean =>
  left.stdout === right.stdout && left.exitCode === right.exitCode &&
  (!wordy.has(group) || left.stderr === right.stderr) && left.files.join("\n") === right.files.join("\n")

export const compare = async (
  groups: Groups,
  expectation: (group: string, script: string) => Promise<Expectation>
): Promise<{ readonly differences: ReadonlyArray<Difference>; readonly rates: Readonly<Record<string, string>> }> => {
  const differences: Array<Difference> = []
  const rates: Record<string, string> = {}
  for (const [group, scripts] of Object.entries(groups)) {
    let passed = 0
    for (const script of scripts) {
      const expected = await expectation(group, script)
      const actual = await runOnEngine(script)
      if (same(group, expected, actual)) passed++
      else differences.push({ group, script, expected, actual })
    }
    rates[group] = `${passed}/${scripts.length}`
  }
  return { differences, rates }
}
