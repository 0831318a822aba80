/**
 * Where the shell looks for programs. Before every command just-bash asks whether `/usr/bin/NAME` exists and what it
 * is; for commands that it has built in, a file known to be there is remembered for all processes of the worker until
 * something is written or removed near it.
 */
import type { GuestStat } from "../protocol.ts"
import { commandNames } from "./command-names.ts"

const known: ReadonlySet<string> = new Set(commandNames.flatMap((name) => [`/bin/${name}`, `/usr/bin/${name}`]))

export class ProgramMemory {
  private readonly found = new Map<string, GuestStat>()

  get(path: string): GuestStat | undefined {
    return this.found.get(path)
  }

  remember(path: string, stat: GuestStat): void {
    if (known.has(path)) this.found.set(path, stat)
  }

  /** To be told of every path that is about to be changed. */
  changing(path: string): void {
    if (this.found.size > 0 && (path.startsWith("/bin") || path.startsWith("/usr") || path === "/")) this.found.clear()
  }
}
