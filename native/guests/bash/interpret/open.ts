/** Opening files for redirections and programs: paths of the VM, devices, descriptors by path. */
import { isErrno, SystemCallError } from "../../shell/client.ts"
import { resolvePath } from "../../shell/paths.ts"
import { RedirectFailure } from "../errors.ts"
import { BytesFile, openDevice } from "../io/devices.ts"
import { FileUpdater, FileWriter } from "../io/files.ts"
import { OpenFile } from "../io/open-file.ts"
import type { Machine } from "../machine.ts"
import type { Process } from "../processes/process.ts"
import type { Shell } from "../state/shell.ts"

/** A directory can be opened; it cannot be read. */
class DirectoryFile extends OpenFile {
  constructor(readonly target: string) {
    super()
  }
  override peek(): never {
    throw new SystemCallError("EISDIR", "read", this.target)
  }
}

/** What opening takes; a shell has it, and so has a program. */
export interface Opener {
  readonly machine: Machine
  readonly process: Process
  readonly cwd: string
  readonly umask: number
}

const descriptorPath = /^(?:\/dev\/fd|\/proc\/self\/fd)\/(\d+)$/
const standard: Readonly<Record<string, number>> = { "/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2 }

/** The descriptor that a path names. */
export const descriptorOf = (path: string): number | undefined => {
  const match = descriptorPath.exec(path)
  return match === null ? standard[path] : Number(match[1])
}

const openSpecial = (opener: Opener, path: string): OpenFile | undefined => {
  if (!path.startsWith("/dev/") && !path.startsWith("/proc/self/fd/")) return undefined
  const fd = descriptorOf(path)
  if (fd !== undefined) {
    const file = opener.process.descriptors.get(fd)
    if (file === undefined) throw new SystemCallError("ENOENT", "open", path)
    return file.retain()
  }
  if (path.startsWith("/dev/tcp/") || path.startsWith("/dev/udp/")) {
    throw new RedirectFailure(`${path}: Connection refused`)
  }
  if (path === "/dev/tty") throw new SystemCallError("ENXIO", "open", path)
  return openDevice(path)
}

export const openForReading = async (opener: Opener, name: string): Promise<OpenFile> => {
  const special = openSpecial(opener, name)
  if (special !== undefined) return special
  const path = name === "" ? "" : resolvePath(opener.cwd, name)
  if (path === "") throw new SystemCallError("ENOENT", "open", name)
  try {
    const file = name.endsWith("/") ? `${path}/.` : path
    return new BytesFile(await opener.process.block(opener.machine.sys("readFile", file)), path)
  } catch (error) {
    if (isErrno(error, "EISDIR")) return new DirectoryFile(path)
    throw error
  }
}

const NOTHING = new Uint8Array(0)
const DEFAULT_UMASK = 0o022

export const openForWriting = async (opener: Opener, name: string, append: boolean): Promise<OpenFile> => {
  const special = openSpecial(opener, name)
  if (special !== undefined) return special
  if (name === "") throw new SystemCallError("ENOENT", "open", name)
  const path = resolvePath(opener.cwd, name)
  if (name.endsWith("/")) throw new SystemCallError("EISDIR", "open", name)
  const mode = opener.umask === DEFAULT_UMASK ? undefined : 0o666 & ~opener.umask
  await opener.process.block(opener.machine.sys("writeFile", path, NOTHING, append, mode))
  return new FileWriter(opener.machine, path)
}

export const openForUpdate = async (opener: Opener, name: string): Promise<OpenFile> => {
  const special = openSpecial(opener, name)
  if (special !== undefined) return special
  const path = resolvePath(opener.cwd, name)
  await opener.process.block(opener.machine.sys("writeFile", path, NOTHING, true))
  return new FileUpdater(opener.machine, path)
}

/** Whether `>` would overwrite something that `noclobber` protects. */
export const isProtected = async (shell: Shell, name: string): Promise<boolean> => {
  if (descriptorOf(name) !== undefined) return false
  try {
    return (await shell.process.block(shell.machine.sys("stat", resolvePath(shell.cwd, name)))).type === "file"
  } catch (error) {
    if (error instanceof SystemCallError) return false
    throw error
  }
}
