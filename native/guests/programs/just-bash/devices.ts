/**
 * The paths that never become system calls: the devices of every process, and two private ones through which the output
 * of a wrapped command leaves, byte for byte. The private names are unguessable, are in no directory and exist for
 * nobody.
 */
import type { OutputChannel } from "../../shell/engine.ts"

export interface LivePaths {
  readonly stdout: string
  readonly stderr: string
}

export class ProcessDevices {
  readonly live: LivePaths

  constructor(
    private readonly input: Uint8Array,
    private readonly output: (channel: OutputChannel, bytes: Uint8Array) => Promise<void>
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
    return path === "/dev/stdin" ? this.input : new Uint8Array(0)
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return
    if (path === this.live.stdout || path === "/dev/stdout") await this.output("stdout", bytes)
    else if (path === this.live.stderr || path === "/dev/stderr") await this.output("stderr", bytes)
  }
}
