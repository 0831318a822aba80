/**
 * What a guest worker does while nobody needs it: it runs representative scripts in its own engine, so that the first real
 * one finds the engine loaded and compiled. A script runs as any process does, against a kernel of a few files that exists
 * only here; nothing of it is left when the worker becomes part of a VM.
 */
import type { Errno } from "../../../src/Errno.ts"
import type { FromWorker, GuestStat, SystemCallName, SystemCalls, ToWorker } from "../protocol.ts"
import { OUTPUT_OVERHEAD } from "../protocol.ts"

type Call = Extract<FromWorker, { _tag: "call" }>

/** What a shell that has just been leased is first asked to do. */
const simple = "echo hello; x=$(echo b | cat); [ -n \"$x\" ] && echo \"$x\" > /tmp/w"

/**
 * The language, and the programs that are loaded with the engine: a few milliseconds each. Not programs whose code is
 * loaded when they are first run: that takes up to a hundred milliseconds in one piece, and a command that arrives
 * meanwhile would have to wait for it.
 */
export const scripts: ReadonlyArray<string> = [
  simple,
  "for i in 1 2 3; do if [ $i -gt 1 ]; then echo \"$i\" >> /tmp/w; fi; done; cat /tmp/w",
  "f() { local n=$1; while [ \"$n\" -gt 0 ]; do n=$((n - 1)); done; echo \"${n:-none}\"; }; f 3 | grep -c 0",
  "case $HOME in /*) cd / && pwd ;; esac; cat <<END | wc -l | tr -d ' '\nline $((1 + 2))\nEND",
  "mkdir -p /tmp/d/e; find /tmp -name 'w*' | tail -n 1; cut -c1 < /tmp/w; test -d /tmp/d; rm -r /tmp/d",
  "printf '%s\\n' b,2 a,1 | sort -t, -k2 -n | head -n 1",
  simple
]

const IDENTITY = {
  hostname: "rehearsal",
  user: "user",
  uid: 1000,
  gid: 1000,
  processes: 256,
  argvBytes: 1024 * 1024,
  envBytes: 1024 * 1024,
  wasmMemoryBytes: 1024 * 1024,
  seed: new Uint8Array(0),
  stepwise: false
}
const ENV = { HOME: "/", PATH: "/usr/local/bin:/usr/bin:/bin", LANG: "C.UTF-8", PWD: "/" }

/** Numbers for the processes that the scripts start. */
const FIRST_PID = 1_000
const PIDS = 100_000

const DIRECTORY = 0o040755
const FILE = 0o100644
const PROGRAM = 0o100755
/** Every name in here is a program. */
const PROGRAMS = "/usr/bin/"
const EMPTY = new Uint8Array(0)

const O_CREAT = 0o100
const O_TRUNC = 0o1000
const O_APPEND = 0o2000

class Refused {
  constructor(readonly errno: Errno) {}
}

/** A few files in memory, as far as the scripts need them; any other call is refused. */
class Stage {
  private readonly files = new Map<string, Uint8Array | undefined>([["/", undefined], ["/tmp", undefined]])

  private readonly opened: Array<{ readonly path: string; readonly appends: boolean }> = []

  private readonly calls: { readonly [Name in SystemCallName]?: SystemCalls[Name] } = {
    stat: (path) => this.stat(path),
    lstat: (path) => this.stat(path),
    readFile: (path) => this.at(path) ?? this.refuse("EISDIR"),
    writeFile: (path, bytes, append) => {
      const old = append ? this.files.get(path) : undefined
      const whole = new Uint8Array((old?.length ?? 0) + bytes.length)
      if (old !== undefined) whole.set(old)
      whole.set(bytes, whole.length - bytes.length)
      this.files.set(path, whole)
    },
    open: (path, flags, _mode, head) => {
      if ((flags & O_CREAT) !== 0 && ((flags & O_TRUNC) !== 0 || !this.files.has(path))) this.files.set(path, EMPTY)
      const bytes = this.at(path) ?? EMPTY
      this.opened.push({ path, appends: (flags & O_APPEND) !== 0 })
      return { file: this.opened.length - 1, stat: this.stat(path), head: bytes.subarray(0, head) }
    },
    pread: (file, offset, length) => (this.at(this.opened[file].path) ?? EMPTY).subarray(offset, offset + length),
    pwrite: (file, offset, bytes) => {
      const { appends, path } = this.opened[file]
      const old = this.at(path) ?? EMPTY
      const at = appends ? old.length : offset
      const whole = new Uint8Array(Math.max(old.length, at + bytes.length))
      whole.set(old)
      whole.set(bytes, at)
      this.files.set(path, whole)
    },
    readdir: (path) => this.list(path).map((name) => ({ name, type: this.stat(`${path}/${name}`).type })),
    readdirStat: (path) =>
      this.list(path).map((name) => {
        const stat = this.stat(`${path}/${name}`)
        return { name, type: stat.type, stat }
      }),
    mkdir: (path) => {
      for (let end = path.indexOf("/", 1); end > 0; end = path.indexOf("/", end + 1)) {
        this.files.set(path.slice(0, end), undefined)
      }
      this.files.set(path, undefined)
    },
    unlink: (path) => void this.files.delete(path),
    rmdir: (path) => void this.files.delete(path),
    remove: (path) => {
      for (const name of this.files.keys()) if (name === path || name.startsWith(`${path}/`)) this.files.delete(name)
    },
    realpath: (path) => path,
    mayRun: () => {},
    now: () => Date.now()
  }

  /** The answer to a call. */
  answer({ args, id, name }: Call): ToWorker {
    const call = this.calls[name] as ((...args: ReadonlyArray<unknown>) => unknown) | undefined
    try {
      if (call === undefined) throw new Refused("ENOSYS")
      return { _tag: "return", id, value: call(...args) }
    } catch (thrown) {
      const errno = thrown instanceof Refused ? thrown.errno : "EINVAL"
      return { _tag: "fault", id, errno, syscall: name, path: String(args[0]) }
    }
  }

  private refuse(errno: Errno): never {
    throw new Refused(errno)
  }

  private at(path: string): Uint8Array | undefined {
    if (path.startsWith(PROGRAMS)) return EMPTY
    return this.files.has(path) ? this.files.get(path) : this.refuse("ENOENT")
  }

  private list(path: string): ReadonlyArray<string> {
    const prefix = path === "/" ? path : `${path}/`
    return Array.from(this.files.keys(), (name) => name.startsWith(prefix) ? name.slice(prefix.length) : "")
      .filter((name) => name !== "" && !name.includes("/"))
  }

  private stat(path: string): GuestStat {
    const bytes = this.at(path.replace(/^\/\//, "/"))
    const directory = bytes === undefined
    return {
      type: directory ? "directory" : "file",
      mode: directory ? DIRECTORY : path.startsWith(PROGRAMS) ? PROGRAM : FILE,
      size: bytes?.length ?? 0,
      nlink: 1,
      uid: IDENTITY.uid,
      gid: IDENTITY.gid,
      ino: 1,
      rdev: 0,
      dev: 1,
      atimeMs: 0,
      mtimeMs: 0,
      ctimeMs: 0
    }
  }
}

/** What takes the kernel's messages, as the worker itself does. */
export interface Rehearsed {
  readonly receive: (message: ToWorker) => void
}

/** What one script came to. */
export interface Performance {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export class Rehearsal {
  private readonly worker: Rehearsed
  private readonly stage = new Stage()
  private readonly output = { stdout: "", stderr: "" }
  private exitCode = 0
  private onClosed: () => void = () => {}
  private pid = 1
  private stopped = false

  private endPause: () => void = () => {}

  /** `make` gives a worker like the one to be warmed up, that posts to the given function; `soon` runs after messages. */
  constructor(
    make: (post: (message: FromWorker) => void) => Rehearsed,
    private readonly soon: (run: () => void) => () => void
  ) {
    this.worker = make((message) => this.hear(message))
    this.worker.receive({ _tag: "bind", ...IDENTITY })
    this.worker.receive({ _tag: "pids", first: FIRST_PID, count: PIDS })
  }

  /** The least: what every script needs. */
  async first(): Promise<void> {
    await this.perform(simple)
  }

  /** The rest, for as long as nothing else is asked of the worker, whose messages are heard between two scripts. */
  async rest(): Promise<ReadonlyArray<Performance>> {
    const performances: Array<Performance> = []
    for (const script of scripts) {
      await this.pause()
      if (this.stopped) break
      performances.push(await this.perform(script))
    }
    return performances
  }

  /** Ends what is under way. */
  stop(): void {
    if (this.stopped) return
    this.stopped = true
    this.endPause()
    this.worker.receive({ _tag: "signal", scope: "tree", id: this.pid, signal: "SIGKILL" })
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.soon(resolve)
      this.endPause = () => {
        cancel()
        resolve()
      }
    })
  }

  private perform(command: string): Promise<Performance> {
    this.pid++
    this.output.stdout = this.output.stderr = ""
    const done = new Promise<Performance>((resolve) => {
      this.onClosed = () => resolve({ exitCode: this.exitCode, ...this.output })
    })
    this.worker.receive({
      _tag: "spawn",
      pid: this.pid,
      form: "script",
      command,
      argv: [],
      cwd: "/",
      env: ENV,
      stdin: "none",
      tty: undefined
    })
    return done
  }

  private hear(message: FromWorker): void {
    switch (message._tag) {
      case "call":
        // later, as an answer of the kernel comes
        return queueMicrotask(() => this.worker.receive(this.stage.answer(message)))
      case "output":
        this.output[message.channel] += new TextDecoder().decode(message.bytes)
        return this.worker.receive({ _tag: "credit", pid: message.pid, bytes: message.bytes.length + OUTPUT_OVERHEAD })
      case "notices":
        for (const notice of message.notices) {
          if (notice._tag === "exit" && notice.pid === this.pid) this.exitCode = notice.exitCode
        }
        return
      case "closed":
        return this.onClosed()
    }
  }
}
