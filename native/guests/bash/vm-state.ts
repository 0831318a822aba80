/** What all commands of one VM share in its worker. */
import type { Catalog } from "../../../src/tools/Catalog.ts"
import { Modules } from "../wasm/modules.ts"
import type { ProgramThread } from "../wasm/thread.ts"
import { OpenInodes } from "./io/files.ts"
import { NamedPipes } from "./io/named-pipes.ts"
import type { Process } from "./processes/process.ts"
import { ProgramPaths } from "./program-paths.ts"
import type { Terminal } from "./terminal/terminal.ts"

export class VmState {
  readonly processes = new Map<number, Process>()
  /** How many of them are stopped. */
  stopped = 0
  /** By their paths. */
  readonly terminals = new Map<string, Terminal>()
  readonly paths = new ProgramPaths()
  readonly files = new OpenInodes()
  readonly pipes = new NamedPipes()
  /** WebAssembly programs: those that were compiled, and those that run. */
  readonly modules = new Modules()
  readonly programs = new Set<ProgramThread>()
  /** The tools of the host, which stay the same; from when a command first wants to know. */
  catalog: Catalog | undefined
}
