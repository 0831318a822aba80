/**
 * Where programs were found, remembered for all commands of the VM until something near them is changed.
 */
import { programNames } from "../programs/names.ts"
import type { SystemCallName } from "../protocol.ts"

const imaged: ReadonlySet<string> = new Set(programNames)

/** System calls that can make or break a program's path, and the arguments that are paths. */
const changing: Partial<Record<SystemCallName, ReadonlyArray<number>>> = {
  writeFile: [0],
  mkfifo: [0],
  unlink: [0],
  rmdir: [0],
  remove: [0],
  rename: [0, 1],
  copy: [1],
  link: [1],
  symlink: [1],
  chmod: [0]
}

/** Whether `..` is among the names: such a path may lead anywhere. */
const isWinding = (path: string): boolean => path.includes("/..")

/** What is below a package of software stays as it was found. */
const isSystemPath = (path: string): boolean =>
  path === "/" || path.startsWith("/bin") || path.startsWith("/usr") || path.startsWith("/sbin") ||
  path.startsWith("/__agentos/")

export class ProgramPaths {
  private readonly found = new Map<string, string>()
  /** Counts the changes, for those who remember more. */
  version = 0

  /** Whether a program that the shell has needs no file: the base image knows nothing of it. */
  needsFile(name: string): boolean {
    return imaged.has(name)
  }

  get(key: string): string | undefined {
    return this.found.get(key)
  }

  remember(key: string, path: string): void {
    if (isSystemPath(path) && !isWinding(path)) this.found.set(key, path)
  }

  /** Told of every system call before it is made. */
  observe(name: SystemCallName, args: ReadonlyArray<unknown>): void {
    for (const index of changing[name] ?? []) {
      const path = String(args[index])
      if (isSystemPath(path) || isWinding(path)) {
        this.found.clear()
        this.version++
      }
    }
  }
}
