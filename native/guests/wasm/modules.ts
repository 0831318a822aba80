/**
 * Compiled programs of a VM: what ran once need not be read and compiled again. Only what the host put there is run: a
 * file of a software package, below a mount that no guest can make.
 */
import type { ExecContext } from "../bash/interpret/external.ts"
import { resolvePath } from "../shell/paths.ts"
import { engine, type Module } from "./engine.ts"
import { isModule, limitMemory, Unrunnable } from "./memory-limit.ts"
import { ticket } from "./workers.ts"

/** Where software is mounted. */
const SOFTWARE = /^\/__agentos\/commands\/\d{3,}\//
const WASI = "wasi_snapshot_preview1"
/** Compiled programs that a VM keeps, and the bytes that they were made of. */
const MAX_KEPT = 16
const MAX_KEPT_BYTES = 64 * 1024 * 1024

interface Kept {
  readonly module: Module
  readonly bytes: number
}

export class Modules {
  private readonly kept = new Map<string, Kept>()
  private bytes = 0

  get(key: string): Module | undefined {
    const found = this.kept.get(key)
    if (found !== undefined) {
      this.kept.delete(key)
      this.kept.set(key, found)
    }
    return found?.module
  }

  add(key: string, module: Module, bytes: number): void {
    this.remove(key)
    if (bytes > MAX_KEPT_BYTES) return
    this.kept.set(key, { module, bytes })
    this.bytes += bytes
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= MAX_KEPT && this.bytes <= MAX_KEPT_BYTES) return
      this.remove(oldest)
    }
  }

  private remove(key: string): void {
    this.bytes -= this.kept.get(key)?.bytes ?? 0
    this.kept.delete(key)
  }
}

/** Checks that a program asks for nothing but WASI preview 1, and can be started. */
const checkModule = (module: Module, known: (name: string) => boolean): void => {
  for (const each of engine.Module.imports(module)) {
    if (each.module !== WASI || each.kind !== "function" || !known(each.name)) {
      throw new Unrunnable(`it imports ${each.module}.${each.name}, which is not WASI preview 1`)
    }
  }
  const exported = (name: string, kind: string) =>
    engine.Module.exports(module).some((each) => each.name === name && each.kind === kind)
  if (!exported("_start", "function")) {
    throw new Unrunnable("it exports no function _start: it is a library, not a program")
  }
  if (!exported("memory", "memory")) throw new Unrunnable("it exports no memory")
}

/**
 * The compiled program at a path; undefined for a file that is none, or that the host did not put there. Throws
 * `Unrunnable`.
 */
export const moduleAt = async (
  { cwd, machine, process }: ExecContext,
  path: string,
  known: (name: string) => boolean
): Promise<Module | undefined> => {
  const real = await process.block(machine.sysAs(process, "realpath", resolvePath(cwd, path)))
  if (!SOFTWARE.test(real)) return undefined
  const [stat, root] = await process.block(Promise.all([
    machine.sysAs(process, "stat", real),
    machine.sysAs(process, "stat", "/")
  ]))
  // what a guest has made is on the root's own device
  if (stat.dev === root.dev) return undefined
  const { modules } = machine.vm
  const key = `${stat.dev}:${stat.ino}:${stat.mtimeMs}:${stat.size}`
  const kept = modules.get(key)
  if (kept !== undefined) return kept
  const bytes = await process.block(machine.sysAs(process, "readFile", real))
  if (!isModule(bytes)) return undefined
  const bounded = limitMemory(bytes, machine.identity.wasmMemoryBytes)
  const module = await process.block(compiled(bounded))
  checkModule(module, known)
  modules.add(key, module, bytes.length)
  return module
}

/** What the compiler, which works beside this worker, makes of a module. */
const compiled = (bytes: Uint8Array<ArrayBuffer>): Promise<Module> =>
  new Promise((resolve, reject) => {
    const { redeem } = ticket()
    engine.compile(bytes).then(
      (module) => redeem(() => resolve(module)),
      () => redeem(() => reject(new Unrunnable("Exec format error")))
    )
  })
