/**
 * Every public operation of a VM, as its interfaces name them: a method that is added without an entry here does not
 * compile.
 */
import * as Command from "@effect/platform/Command"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import { VmContext } from "../../layers/platform/index.ts"
import type { FileHandle, FilesystemShape } from "../../services/Filesystem.ts"
import { Filesystem } from "../../services/Filesystem.ts"
import type { ProcessesShape, ProcessHandle, TerminalHandle } from "../../services/Processes.ts"
import { Processes } from "../../services/Processes.ts"
import type { VmShape } from "../../services/Vm.ts"
import type { VmToolsShape } from "../../services/VmTools.ts"
import { bytes } from "./layers.ts"

type Operation = Effect.Effect<unknown, unknown>
type Operations<Shape> = { readonly [Name in Exclude<keyof Shape, "pid" | "tty">]: Operation }

/** A file of some frames, and one that is small. */
export const LARGE = "/tmp/large"
const SMALL = "/tmp/small"
const large = bytes(2_000_000)
const pieces = Stream.fromIterable(Array.from({ length: 40 }, () => large.subarray(0, 50_000)))

const filesystem = (fs: FilesystemShape): Operations<FilesystemShape> => ({
  readFile: fs.readFile(LARGE),
  readFileString: fs.readFileString(LARGE),
  writeFile: Effect.zip(fs.writeFile("/tmp/written", large), fs.writeFile(SMALL, "x")),
  writeFiles: fs.writeFiles(
    Array.from({ length: 50 }, (_, i) => ({ path: `/tmp/b/${i}`, content: large.subarray(0, 30_000) }))
  ),
  readFiles: fs.readFiles([LARGE, "/etc/passwd", "/none"]),
  mkdir: fs.mkdir("/tmp/m/n", { recursive: true }),
  readdir: fs.readdir("/"),
  readdirRecursive: fs.readdirRecursive("/"),
  walk: Stream.runDrain(fs.walk("/")),
  glob: fs.glob("/**/*.sh"),
  stat: fs.stat("/etc"),
  lstat: fs.lstat("/etc"),
  readlink: fs.readlink("/tmp/link"),
  realpath: fs.realpath("/tmp/../etc"),
  symlink: fs.symlink("/etc", "/tmp/link"),
  link: fs.link(LARGE, "/tmp/hard"),
  chmod: fs.chmod(LARGE, 0o600),
  chown: fs.chown(LARGE, 0, 0),
  utimes: fs.utimes(LARGE, 1, 2),
  getXattr: fs.getXattr(LARGE, "user.a"),
  setXattr: fs.setXattr(LARGE, "user.a", "b"),
  listXattrs: fs.listXattrs(LARGE),
  removeXattr: fs.removeXattr(LARGE, "user.a"),
  lock: Effect.scoped(Effect.zipRight(fs.lock("/tmp/locked"), Effect.sleep(3))),
  truncate: fs.truncate(SMALL, 10),
  access: fs.access(LARGE, "rw"),
  copy: fs.copy("/etc", "/tmp/copy", { recursive: true }),
  pread: fs.pread(LARGE, 1000, 1_000_000),
  pwrite: fs.pwrite("/tmp/written", 10, large),
  open: Effect.scoped(Effect.flatMap(fs.open(LARGE), ({ read }) => read(1_000_000))),
  readStream: Stream.runDrain(fs.readStream(LARGE)),
  writeStream: Stream.run(pieces, fs.writeStream("/tmp/streamed")),
  exists: fs.exists("/etc"),
  move: fs.move(SMALL, "/tmp/moved"),
  statfs: fs.statfs("/"),
  delete: fs.delete("/tmp/moved"),
  snapshotRootFilesystem: fs.snapshotRootFilesystem(),
  mountFs: Effect.all([
    fs.mountFs("/m", { plugin: { id: "memory" } }),
    fs.mountFs("/h", { plugin: { id: "host_dir", config: { hostPath: "test/wire" } } })
  ], { mode: "either" }),
  unmountFs: Effect.all([fs.unmountFs("/m"), fs.unmountFs("/h")], { mode: "either" }),
  watch: Effect.zip(
    Stream.runDrain(Stream.take(fs.watch("/tmp"), 3)),
    Effect.zipRight(Effect.sleep(2), fs.writeFile("/tmp/watched", "x")),
    { concurrent: true }
  ),
  listMounts: fs.listMounts
})

const fileHandle = (fs: FilesystemShape): Operations<FileHandle> => {
  const with_ = (use: (file: FileHandle) => Effect.Effect<unknown, unknown, Scope.Scope>) =>
    Effect.scoped(Effect.flatMap(fs.open("/tmp/handle", { flag: "w+" }), use))
  return {
    read: with_((file) => file.read(1000)),
    pread: with_((file) => file.pread(0, 1000)),
    write: with_((file) => file.write(large)),
    pwrite: with_((file) => file.pwrite(5, large)),
    seek: with_((file) => file.seek(10)),
    stat: with_((file) => file.stat),
    truncate: with_((file) => file.truncate(100)),
    sync: with_((file) => file.sync),
    dup: with_((file) => file.dup),
    lock: with_((file) => Effect.zipRight(file.lock("exclusive"), Effect.sleep(2))),
    unlock: with_((file) => Effect.zipRight(file.lock("exclusive"), file.unlock))
  }
}

const processes = (service: ProcessesShape): Operations<ProcessesShape> => {
  const spawned = (use: (handle: ProcessHandle) => Effect.Effect<unknown, unknown>) =>
    Effect.scoped(Effect.flatMap(service.spawn("sleep", ["20"]), use))
  return {
    exec: service.exec(`cat ${LARGE} | wc -c`),
    run: Stream.runDrain(service.run("seq 1 100000")),
    spawn: spawned(({ wait }) => wait),
    attach: spawned(({ pid }) => Effect.flatMap(service.attach(pid), ({ stdout }) => Stream.runDrain(stdout))),
    openTerminal: Effect.scoped(
      Effect.flatMap(service.openTerminal({ cols: 80, rows: 24 }), ({ output }) => Stream.runDrain(output))
    ),
    attachTerminal: Effect.scoped(
      Effect.flatMap(
        service.openTerminal({ cols: 80, rows: 24 }),
        ({ pid }) => Effect.flatMap(service.attachTerminal(pid), ({ wait }) => wait)
      )
    ),
    list: service.list,
    get: spawned(({ pid }) => service.get(pid)),
    tree: service.tree,
    signal: spawned(({ pid, wait }) => Effect.zipRight(service.signal({ tree: pid }, "SIGTERM"), wait)),
    stopProcess: spawned(({ pid }) => service.stopProcess(pid)),
    killProcess: spawned(({ pid }) => service.killProcess(pid)),
    sessions: Effect.zip(
      Effect.zip(
        service.exec("n=$((n + 1)); sleep 0.005", { session: "one" }),
        service.exec("echo $n", { session: "one" }),
        { concurrent: true }
      ),
      service.sessions
    ),
    dropSession: Effect.zip(service.exec("x=1", { session: "two" }), service.dropSession("two"))
  }
}

const processHandle = (service: ProcessesShape): Operations<ProcessHandle> => {
  const cat = (use: (handle: ProcessHandle) => Effect.Effect<unknown, unknown>) =>
    Effect.scoped(Effect.flatMap(service.spawn("cat"), use))
  return {
    stdin: cat((handle) =>
      Effect.zip(Stream.run(pieces, handle.stdin), Stream.runDrain(handle.stdout), { concurrent: true })
    ),
    write: cat((handle) => handle.write(large)),
    endStdin: cat((handle) => Effect.zipRight(handle.endStdin, handle.wait)),
    stdout: cat((handle) => Stream.runDrain(handle.stdout)),
    stderr: cat((handle) => Stream.runDrain(handle.stderr)),
    output: cat((handle) => Stream.runDrain(handle.output)),
    cursors: cat((handle) => handle.cursors),
    wait: cat((handle) => handle.wait),
    isRunning: cat((handle) => handle.isRunning),
    kill: cat((handle) => Effect.zipRight(handle.kill("SIGKILL"), handle.wait))
  }
}

const terminal = (service: ProcessesShape): Operations<TerminalHandle> => {
  const opened = (use: (handle: TerminalHandle) => Effect.Effect<unknown, unknown>) =>
    Effect.scoped(Effect.flatMap(service.openTerminal({ cols: 80, rows: 24, command: "cat" }), use))
  return {
    output: opened((handle) => Stream.runDrain(handle.output)),
    input: opened((handle) => Stream.run(Stream.make(Uint8Array.of(97, 10)), handle.input)),
    write: opened((handle) => handle.write("some keys\n")),
    resize: opened((handle) => handle.resize({ cols: 100, rows: 30 })),
    cursor: opened((handle) => handle.cursor),
    wait: opened((handle) => handle.wait),
    isRunning: opened((handle) => handle.isRunning),
    kill: opened((handle) => Effect.zipRight(handle.kill("SIGKILL"), handle.wait))
  }
}

const commands = (vm: VmShape): Readonly<Record<string, Operation>> => {
  const ls = Command.make("ls", "-la", "/etc")
  const endless = Command.make("yes")
  const all: Readonly<Record<string, Effect.Effect<unknown, unknown, VmContext.VmContext>>> = {
    string: Command.string(ls),
    lines: Command.lines(ls),
    exitCode: Command.exitCode(ls),
    stream: Stream.runDrain(Command.stream(endless)),
    streamLines: Stream.runDrain(Command.streamLines(endless)),
    pipe: Command.string(Command.pipeTo(endless, Command.make("head", "-c", "1000000"))),
    fed: Command.string(Command.feed(Command.make("cat"), "text")),
    stdin: Command.exitCode(Command.stdin(Command.make("wc"), pieces)),
    start: Effect.scoped(
      Effect.flatMap(
        Command.start(Command.make("cat")),
        (started) =>
          Effect.zip(Stream.run(Stream.forever(pieces), started.stdin), Stream.run(started.stdout, Sink.drain), {
            concurrent: true
          })
      )
    ),
    kill: Effect.scoped(Effect.flatMap(Command.start(endless), (started) => started.kill("SIGTERM")))
  }
  return Object.fromEntries(
    Object.entries(all).map(([name, run]) => [
      name,
      run.pipe(
        Effect.provide(VmContext.layer),
        Effect.provideService(Filesystem, vm.filesystem),
        Effect.provideService(Processes, vm.processes)
      )
    ])
  )
}

const tools = ({ tools }: VmShape): Operations<VmToolsShape> => ({
  list: Effect.sync(() => tools.list),
  call: tools.call("vm:run", { command: "sleep 1" })
})

type States = "snapshot" | "snapshotMount" | "dropSnapshot" | "restore" | "fork" | "diff" | "setPermissions"

const states = (vm: VmShape): Readonly<Record<States, Operation>> => ({
  snapshot: vm.snapshot,
  snapshotMount: vm.snapshotMount("/"),
  dropSnapshot: Effect.flatMap(vm.snapshot, vm.dropSnapshot),
  restore: Effect.flatMap(vm.snapshot, vm.restore),
  fork: Effect.scoped(Effect.flatMap(vm.fork, (twin) => twin.processes.exec("echo twin"))),
  diff: Effect.flatMap(vm.snapshot, vm.diff),
  setPermissions: vm.setPermissions({})
})

/** The operations of a VM, by what they are of. */
export const everyOperation = (vm: VmShape): Readonly<Record<string, Readonly<Record<string, Operation>>>> => ({
  filesystem: filesystem(vm.filesystem),
  fileHandle: fileHandle(vm.filesystem),
  processes: processes(vm.processes),
  processHandle: processHandle(vm.processes),
  terminal: terminal(vm.processes),
  commands: commands(vm),
  tools: tools(vm),
  states: states(vm),
  more: {
    "exec with bytes": vm.processes.exec("cat", { stdin: large }),
    "exec with a Stream": vm.processes.exec("cat", { stdin: pieces }),
    "exec without end": vm.processes.exec("while true; do :; done")
  }
})
