/** Opening files for redirections and programs: paths of the VM, devices, descriptors by path. */
import type { GuestStat, OpenedFile, SystemCalls } from "../../protocol.ts"
import { isErrno, SystemCallError } from "../../shell/client.ts"
import { resolvePath } from "../../shell/paths.ts"
import { RedirectFailure } from "../errors.ts"
import { openDevice } from "../io/devices.ts"
import { VmFile } from "../io/files.ts"
import { type LockRequest, OpenFile } from "../io/open-file.ts"
import type { Machine, Timer } from "../machine.ts"
import type { Process } from "../processes/process.ts"
import type { Shell } from "../state/shell.ts"

/** A directory can be opened and locked; it cannot be read. */
class DirectoryFile extends OpenFile {
  constructor(private readonly machine: Machine, readonly target: string, private readonly file: number) {
    super()
  }
  override peek(): never {
    throw new SystemCallError("EISDIR", "read", this.target)
  }
  override lock(process: Process, request: LockRequest, wait: boolean): Timer {
    return this.machine.lock(process, this.file, request, wait)
  }
  override stat(process: Process): Promise<GuestStat> {
    return process.block(this.machine.sys("fstat", this.file))
  }
  protected override close(): undefined {
    this.machine.release(this.file)
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
  return openTerminal(opener, path) ?? openDevice(path)
}

/** A terminal by its path, or the session's own as `/dev/tty`. */
const openTerminal = ({ machine, process }: Opener, path: string): OpenFile | undefined => {
  if (path !== "/dev/tty") return machine.vm.terminals.get(path)?.open()
  const { terminal } = process.session
  if (terminal === undefined) throw new SystemCallError("ENXIO", "open", path)
  return terminal.open(path)
}

const O_WRONLY = 1
const O_RDWR = 2
const O_CREAT = 0o100
const O_TRUNC = 0o1000
const O_APPEND = 0o2000
const O_NONBLOCK = 0o4000

/** What opening a file for reading answers with: enough for most files. */
const HEAD_BYTES = 32 * 1024
const DEFAULT_UMASK = 0o022

/** What was opened for a process that was killed meanwhile is closed. */
const openAs = async (
  { machine, process }: Opener,
  ...args: Parameters<SystemCalls["open"]>
): Promise<OpenedFile> => {
  const answer = machine.sysAs(process, "open", ...args)
  try {
    return await process.block(answer)
  } catch (error) {
    void answer.then(({ file }) => file === undefined ? undefined : machine.release(file), () => {})
    throw error
  }
}

/** By the flags of open(2). */
export const openPath = async (opener: Opener, name: string, flags: number): Promise<OpenFile> => {
  const special = openSpecial(opener, name)
  if (special !== undefined) return special
  if (name === "") throw new SystemCallError("ENOENT", "open", name)
  const { machine, process, umask } = opener
  const path = resolvePath(opener.cwd, name)
  const terminal = machine.vm.terminals.size === 0 ? undefined : openTerminal(opener, path)
  if (terminal !== undefined) return terminal
  const writes = (flags & (O_WRONLY | O_RDWR)) !== 0
  if (writes && name.endsWith("/")) throw new SystemCallError("EISDIR", "open", name)
  const mode = (flags & O_CREAT) === 0 || umask === DEFAULT_UMASK ? undefined : 0o666 & ~umask
  const opened = await openAs(opener, path, flags, mode, writes ? 0 : HEAD_BYTES)
  const { file, stat } = opened
  if (stat.type === "fifo") {
    const end = (flags & O_RDWR) !== 0 ? "both" : writes ? "writer" : "reader"
    return machine.vm.pipes.open(process, path, `${stat.dev}:${stat.ino}`, end, (flags & O_NONBLOCK) === 0)
  }
  if (stat.type === "directory") return new DirectoryFile(machine, path, file!)
  const access = { reads: (flags & O_WRONLY) === 0, writes, appends: (flags & O_APPEND) !== 0 }
  const made = new VmFile(machine, path, opened, access)
  if ((flags & O_TRUNC) !== 0) machine.vm.files.changed(made.inode, made)
  return made
}

/** `blocking`: false is O_NONBLOCK, of which named pipes take notice. */
export const openForReading = (opener: Opener, name: string, blocking = true): Promise<OpenFile> =>
  openPath(opener, name, blocking ? 0 : O_NONBLOCK)

export const openForWriting = (
  opener: Opener,
  name: string,
  append: boolean,
  blocking = true
): Promise<OpenFile> =>
  openPath(opener, name, O_WRONLY | O_CREAT | (append ? O_APPEND : O_TRUNC) | (blocking ? 0 : O_NONBLOCK))

/** `<>`: reads and writes from the start on, and makes the file if there is none. */
export const openForUpdate = (opener: Opener, name: string): Promise<OpenFile> =>
  openPath(opener, name, O_RDWR | O_CREAT)

/** To write over parts of what is there. */
export const openInPlace = (opener: Opener, name: string): Promise<OpenFile> =>
  openPath(opener, name, O_WRONLY | O_CREAT)

/** For its lock: a file is made if there is none, and a directory will do. */
export const openForLocking = async (opener: Opener, name: string): Promise<OpenFile> => {
  try {
    return await openPath(opener, name, O_CREAT)
  } catch (error) {
    if (!isErrno(error, "EISDIR")) throw error
    return openPath(opener, name, 0)
  }
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
