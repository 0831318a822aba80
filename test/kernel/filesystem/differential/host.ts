/** The host's filesystem behind a child process, which can be several users and has all system calls of Linux. */
import type { ChildProcessWithoutNullStreams } from "node:child_process"
import { spawn } from "node:child_process"
import * as NodePath from "node:path"
import { createInterface } from "node:readline"
import type { Operation } from "./operations.ts"

export interface User {
  readonly uid: number
  readonly gid: number
  readonly groups: ReadonlyArray<number>
}

/** What the host can do, and does differently by its settings. */
export interface HostFacts {
  /** Whom the operations may name, by index; the first is the superuser where there are several. */
  readonly users: ReadonlyArray<User>
  /** Whether the links of a directory count the directories in it. */
  readonly nlink: boolean
  /** Of Linux, as uname(2) tells it. */
  readonly release: string
  /** The settings `fs.protected_*`. */
  readonly protected: Readonly<Record<"hardlinks" | "symlinks" | "regular" | "fifos", number>>
}

const wanted: ReadonlyArray<readonly [uid: number, gid: number, groups: ReadonlyArray<number>]> = [
  [0, 0, []],
  [1001, 1001, [2000]],
  [1002, 1002, [2000]],
  [1003, 1003, []]
]

export class Host {
  private readonly answers: Array<(line: string) => void> = []
  facts!: HostFacts

  private constructor(private readonly child: ChildProcessWithoutNullStreams) {
    createInterface(child.stdout).on("line", (line) => this.answers.shift()?.(line))
    child.stderr.pipe(process.stderr)
    child.on("close", () => this.answers.splice(0).forEach((answer) => answer("null")))
    child.stdin.on("error", () => {})
  }

  /** Nothing where there is no Python 3. */
  static async start(top: string): Promise<Host | undefined> {
    const script = NodePath.join(import.meta.dirname, "host.py")
    const child = spawn("python3", [script, top, JSON.stringify(wanted)])
    child.on("error", () => {})
    const host = new Host(child)
    const hello = await host.next()
    if (hello === null) return undefined
    const { users, ...facts } = hello as Omit<HostFacts, "users"> & {
      readonly users: ReadonlyArray<readonly [number, number, ReadonlyArray<number>]>
    }
    host.facts = { ...facts, users: users.map(([uid, gid, groups]) => ({ uid, gid, groups })) }
    return host
  }

  private next(): Promise<unknown> {
    return new Promise((resolve) => this.answers.push((line) => resolve(JSON.parse(line))))
  }

  /** Carries out operations one after the other and gives their outcomes. */
  async run(operations: ReadonlyArray<Operation>): Promise<ReadonlyArray<unknown>> {
    const answer = this.next()
    this.child.stdin.write(`${JSON.stringify(operations)}\n`)
    const outcomes = await answer
    if (outcomes === null) throw new Error("the host's side has ended")
    return outcomes as ReadonlyArray<unknown>
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.child.once("close", resolve))
    this.child.stdin.end()
    if (this.child.exitCode === null) await closed
  }
}
