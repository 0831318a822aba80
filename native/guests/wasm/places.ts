/**
 * Where a program means a path to be. It has no working directory: its C library hands `/tmp/a` and `tmp/a` on alike, as
 * `tmp/a` below the one directory that it begins with. What stands among its arguments as an absolute path is one;
 * else a name is looked for in the directory that the process was started in, and from the root where its first part is
 * only there.
 */
import type { ExecContext } from "../bash/interpret/external.ts"
import { isErrno } from "../shell/client.ts"
import { foldPath, resolvePath } from "../shell/paths.ts"
import type { Place } from "./protocol.ts"

/** Absolute paths among the arguments, also as the value of an option, without their first slash. */
const absolutesOf = (argv: ReadonlyArray<string>): ReadonlySet<string> => {
  const found = new Set<string>()
  for (const word of argv.slice(1)) {
    const value = word.startsWith("-") ? word.slice(word.indexOf("=") + 1) : word
    if (value.startsWith("/")) found.add(foldPath("/", value).slice(1))
  }
  return found
}

export class Places {
  private readonly absolutes: ReadonlySet<string>
  private readonly relatives: ReadonlySet<string>

  constructor(private readonly context: ExecContext, argv: ReadonlyArray<string>) {
    this.absolutes = absolutesOf(argv)
    this.relatives = new Set(argv.slice(1))
  }

  async resolve({ base, path }: Place): Promise<string> {
    if (base !== undefined) return resolvePath(base, path.startsWith("/") ? `.${path}` : path)
    const { cwd } = this.context
    const root = resolvePath("/", path)
    if (cwd === "/" || path.startsWith("/")) return root
    if (!this.relatives.has(path) && this.isAbsolute(foldPath("/", path).slice(1))) return root
    const here = resolvePath(cwd, path)
    const first = path.split("/")[0]
    if (first === "" || first === "." || first === "..") return here
    return !await this.exists(`${cwd}/${first}`) && await this.exists(`/${first}`) ? root : here
  }

  /** Whether an argument is that path, or leads to a directory above it. */
  private isAbsolute(path: string): boolean {
    if (this.absolutes.size === 0) return false
    for (let at = path;; at = at.slice(0, at.lastIndexOf("/"))) {
      if (this.absolutes.has(at)) return true
      if (!at.includes("/")) return false
    }
  }

  private async exists(path: string): Promise<boolean> {
    const { machine, process } = this.context
    try {
      await process.block(machine.sysAs(process, "lstat", path))
      return true
    } catch (error) {
      if (isErrno(error, "ENOENT", "ENOTDIR", "EACCES", "ELOOP", "ENAMETOOLONG")) return false
      throw error
    }
  }
}
