/**
 * The paths that never become system calls: the devices of every process, and two private ones through which the
 * statements of a transformed script hand on their output the moment they end. The private names are unguessable, are
 * in no directory and exist for nobody: only the transformed script names them.
 */
import type { ShellProcess } from "./engine.ts"

export interface LivePaths {
  readonly stdout: string
  readonly stderr: string
}

/** Longest that a script may run without letting the worker hear messages, where we get a say. */
const LONGEST_TURN_MS = 4

export class ProcessDevices {
  readonly live: LivePaths
  private lastTurn = performance.now()

  constructor(
    private readonly process: Pick<ShellProcess, "write" | "stdin">,
    /** Told of every byte handed on, in advance. */
    private readonly onHandedOn: (bytes: number) => void
  ) {
    const directory = `/dev/.${crypto.randomUUID()}`
    this.live = { stdout: `${directory}/1`, stderr: `${directory}/2` }
  }

  isLive(path: string): boolean {
    return path === this.live.stdout || path === this.live.stderr
  }

  /** A device that exists for scripts as well. */
  isDevice(path: string): boolean {
    return path === "/dev/null" || path === "/dev/stdin" || path === "/dev/stdout" || path === "/dev/stderr"
  }

  read(path: string): Uint8Array {
    return path === "/dev/stdin" ? this.process.stdin : new Uint8Array(0)
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    if (bytes.length > 0) {
      const channel = path === this.live.stdout || path === "/dev/stdout"
        ? "stdout"
        : path === this.live.stderr || path === "/dev/stderr"
        ? "stderr"
        : undefined
      if (channel !== undefined) {
        this.onHandedOn(bytes.length)
        await this.process.write(channel, bytes)
      }
    }
    await this.turn()
  }

  /**
   * The interpreter runs on promises alone: a busy script would starve the message port, and with it the stop that the
   * kernel asks for and the other processes of the worker. Every statement passes here, so here it gives way.
   */
  turn(): Promise<void> | undefined {
    const now = performance.now()
    if (now - this.lastTurn < LONGEST_TURN_MS) return undefined
    return new Promise((resolve) =>
      setImmediate(() => {
        this.lastTurn = performance.now()
        resolve()
      })
    )
  }
}
