/** Commands from packages of software: WebAssembly programs as processes of a VM. */
import { assert, describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { ExecOptions } from "../../services/Processes.ts"
import type { VmShape } from "../../services/Vm.ts"
import { Vm } from "../../services/Vm.ts"
import type { VmConfigInput } from "../../src/config/VmConfig.ts"
import { folder } from "../support/wasm-programs.ts"
import { live, subjects, text, told } from "./layers.ts"

/** A real program from npm: jq, written in Rust, for WASI preview 1. */
const JQ = "@rivet-dev/agent-os-jq"

const leased = (config: VmConfigInput = {}) =>
  Effect.flatMap(folder, (path) => Vm.make({ ...config, software: [{ package: path }] }))

/** What a script prints; with its exit code unless that is 0, and what it complains of. */
const sh = ({ processes }: VmShape, script: string, options: ExecOptions = {}) =>
  Effect.map(
    processes.exec(script, { timeout: "15 seconds", ...options }),
    ({ exitCode, stderr, stdout }) => `${stdout}${exitCode === 0 ? "" : `(${exitCode})`}${stderr}`
  )

const cannot = (name: string, why: string) => `(126)bash: ${name}: cannot execute binary file: ${why}\n`

for (const subject of subjects.slice(0, 2)) {
  describe(`software over ${subject.name}`, () => {
    layer(subject.layer, live)((it) => {
      it.scoped("a real program from npm is found by its name, and does its work in a pipeline", () =>
        Effect.gen(function*() {
          const vm = yield* Vm.make({ software: [{ package: JQ, version: "0.0.260331072558" }] })
          assert.strictEqual(
            yield* sh(vm, "command -v jq; type -t jq; which jq; stat -c %a $(which jq)"),
            "/__agentos/commands/000/jq\nfile\n/__agentos/commands/000/jq\n555\n"
          )
          yield* vm.filesystem.writeFile(
            "/tmp/people.json",
            "[{\"name\":\"Zoë\",\"age\":41},{\"name\":\"Bo\",\"age\":7}]"
          )
          assert.strictEqual(
            yield* sh(vm, "jq -r '.[] | select(.age > 18) | .name' < /tmp/people.json | tr a-z A-Z"),
            "ZOë\n"
          )
          assert.strictEqual(yield* sh(vm, "seq 3 | jq -c '[., . * 2]'"), "[1,2]\n[2,4]\n[3,6]\n")
          assert.match(yield* sh(vm, "jq . <<< '{'"), /^\(2\)jq: invalid JSON input/)
        }))

      it.scoped("packages are in numeric order; the first that has a command wins, before the system's", () =>
        Effect.gen(function*() {
          const path = yield* folder
          const software = [...Array.from({ length: 11 }, () => ({ package: path })), { package: JQ }]
          const vm = yield* Vm.make({ software, env: { PATH: "/bin" } })
          assert.strictEqual(
            yield* sh(vm, "ls /__agentos/commands | xargs; command -v copy; command -v jq; command -v cat; echo $PATH"),
            "000 001 002 003 004 005 006 007 008 009 010 011\n/__agentos/commands/000/copy\n" +
              "/__agentos/commands/011/jq\n/bin/cat\n" +
              `${
                Array.from({ length: 12 }, (_, i) => `/__agentos/commands/${String(i).padStart(3, "0")}`).join(":")
              }:/bin\n`
          )
        }))

      it.scoped("arguments, environment, exit codes and streams are the process's", () =>
        Effect.gen(function*() {
          const vm = yield* leased()
          assert.strictEqual(yield* sh(vm, "words a '' 'zwei drei' ä€ | tr '\\0' '|'"), "words|a||zwei drei|ä€|")
          assert.include(yield* sh(vm, "A=ä environment | tr '\\0' '\\n'"), "\nA=ä\n")
          assert.strictEqual(
            yield* sh(vm, "five; echo $?; large; echo $?; crash; echo $?; deep; echo $?"),
            "5\n2\n134\n134\ncrash: unreachable\ndeep: Maximum call stack size exceeded\n"
          )
          assert.strictEqual(yield* sh(vm, "printf 'a\\nb' | copy | copy > /tmp/out; cat /tmp/out"), "a\nb")
          assert.strictEqual(yield* sh(vm, "copy <<< here; copy < /etc/hostname"), "here\nagent-os\n")
          assert.strictEqual(yield* sh(vm, "copy", { stdin: "from the host" }), "from the host")
          assert.strictEqual(yield* sh(vm, "copy 0<&-"), "(8)")
          assert.strictEqual(
            yield* sh(vm, "five || echo failed; copy </dev/null && echo ok; ! five && echo not"),
            "failed\nok\nnot\n"
          )
          assert.strictEqual(yield* sh(vm, "exec five"), "(5)")
          assert.strictEqual(yield* sh(vm, "seq 3 | xargs -n 1 words | tr '\\0' ' '"), "words 1 words 2 words 3 ")
          assert.strictEqual(
            yield* sh(vm, "script x; cp $(command -v script) /tmp/s; /tmp/s y"),
            "script x\nscript y\n"
          )
        }))

      it.scoped("a program can be spawned: input as it comes, output before its end, a pid, a signal", () =>
        Effect.gen(function*() {
          const vm = yield* leased()
          const handle = yield* vm.processes.spawn("copy", [])
          const read = yield* Effect.fork(
            handle.stdout.pipe(Stream.decodeText(), Stream.splitLines, Stream.take(1), Stream.runHead)
          )
          yield* Stream.run(Stream.concat(Stream.make(text("one\n")), Stream.never), handle.stdin).pipe(Effect.fork)
          assert.strictEqual(Option.getOrThrow(yield* Fiber.join(read)), "one")
          const shown = (yield* vm.processes.list).map(({ args, pid }) => [pid, args])
          assert.deepStrictEqual(shown, [[handle.pid, ["copy"]]])
          yield* handle.kill("SIGTERM")
          assert.deepInclude(yield* handle.wait, { signal: "SIGTERM" })
          const spinning = yield* vm.processes.spawn("spin", [], { stdin: "none" })
          yield* vm.processes.killProcess(spinning.pid)
          assert.deepInclude(yield* spinning.wait, { signal: "SIGKILL" })
          assert.deepStrictEqual(yield* vm.processes.list, [])
        }))

      it.scoped("files are the VM's, with the rights of its user and the limits of the VM", () =>
        Effect.gen(function*() {
          const vm = yield* leased({ limits: { openFiles: 40 } })
          yield* vm.filesystem.mkdir("/work")
          yield* vm.filesystem.chown("/work", 1000, 1000)
          const at = { cwd: "/work" }
          assert.strictEqual(
            yield* sh(vm, "echo data | put made; cat made; stat -c '%a %U' made; size made | od -An -td8", at),
            "data\n644 user\n                    5\n"
          )
          assert.strictEqual(yield* sh(vm, "(umask 077; echo x | put secret); stat -c %a secret"), "600\n")
          // EACCES 2, ENOENT 44, EEXIST 20, EISDIR 31, EROFS 69, ENFILE 41
          assert.strictEqual(
            yield* sh(
              vm,
              "put /etc/x; echo $?; show none; echo $?; make /work; echo $?; put /work; echo $?; " +
                "put /__agentos/commands/000/x; echo $?; show /etc/shadow; echo $?; leak /etc/hostname; echo $?",
              at
            ),
            "2\n44\n20\n31\n69\n2\n41\n"
          )
          assert.strictEqual(yield* sh(vm, "show /etc/hostname; reopen /etc/hostname; echo $?", at), "agent-os\n4\n")
          assert.strictEqual(
            yield* sh(
              vm,
              "make d; move made d/moved; link moved d/l; show d/l; remove d/l; ls d; list d | strings",
              at
            ),
            "data\nmoved\nmoved\n"
          )
        }))

      it.scoped("names are relative to the working directory, absolute where they are, and never lead out of the tree", () =>
        Effect.gen(function*() {
          const vm = yield* leased()
          yield* vm.filesystem.mkdir("/srv/etc", { recursive: true })
          yield* vm.filesystem.writeFile("/srv/etc/hostname", "inner\n")
          yield* vm.filesystem.writeFile("/srv/a", "a\n")
          const at = { cwd: "/srv" }
          assert.strictEqual(
            yield* sh(vm, "show a; show ./a; show ../srv/a; show etc/hostname", at),
            "a\na\na\ninner\n"
          )
          assert.strictEqual(
            yield* sh(vm, "show /etc/hostname; show /srv/etc/hostname; show /dev/null", at),
            "agent-os\ninner\n"
          )
          assert.strictEqual(
            yield* sh(vm, "show ../../../../../etc/hostname; show /../../etc/hostname", at),
            "agent-os\nagent-os\n"
          )
          assert.strictEqual(yield* sh(vm, "ln -s /../../../etc/passwd /tmp/p; show /tmp/p | head -c 4"), "root")
          assert.strictEqual(
            yield* sh(vm, "show /proc/self/status; echo $?", at).pipe(Effect.map((s) => s.length > 0)),
            true
          )
        }))

      it.scoped("what is no program of WASI preview 1 is told so, with what is wrong", () =>
        Effect.gen(function*() {
          const vm = yield* leased({ limits: { wasmMemoryBytes: 64 * 1024 * 32 } })
          assert.strictEqual(yield* sh(vm, "garbage"), cannot("garbage", "Exec format error"))
          assert.strictEqual(yield* sh(vm, "broken"), cannot("broken", "Exec format error"))
          assert.strictEqual(
            yield* sh(vm, "alien"),
            cannot("alien", "it imports host_fs.path_mode, which is not WASI preview 1")
          )
          assert.strictEqual(
            yield* sh(vm, "library"),
            cannot("library", "it exports no function _start: it is a library, not a program")
          )
          assert.strictEqual(
            yield* sh(vm, "greedy"),
            cannot(
              "greedy",
              "it begins with 536870912 bytes of memory; the limit wasmMemoryBytes is 2097152, " +
                "raise limits.wasmMemoryBytes to allow more"
            )
          )
          // 2 pages to begin with, and 32 at most: once 16 more
          assert.strictEqual(yield* sh(vm, "grow"), "(1)")
          assert.strictEqual(yield* sh(vm, "outside"), "(134)outside: Offset is outside the bounds of the DataView\n")
          assert.strictEqual(yield* sh(vm, "far"), "(21)")
        }))

      it.scoped("only what the host has put there is run", () =>
        Effect.gen(function*() {
          const path = yield* folder
          const vm = yield* Vm.make({ software: [{ package: path }], user: { name: "root", uid: 0, gid: 0 } })
          const copies = "cp $(command -v five) /tmp/five; mkdir -p /__agentos/commands/007; " +
            "cp /tmp/five /__agentos/commands/007/five; /tmp/five; echo $?; /__agentos/commands/007/five; echo $?; " +
            "ln -s $(command -v five) /tmp/link; /tmp/link; echo $?"
          const refused = (name: string) => `bash: ${name}: cannot execute binary file: Exec format error\n`
          assert.strictEqual(
            yield* sh(vm, copies),
            `126\n126\n5\n${refused("/tmp/five")}${refused("/__agentos/commands/007/five")}`
          )
        }))

      it.scoped("a policy decides which programs may be started, and which files they see", () =>
        Effect.gen(function*() {
          const path = yield* folder
          const vm = yield* Vm.make({
            software: [{ package: path }],
            permissions: {
              childProcess: { default: "allow", rules: [{ mode: "deny", operations: ["spawn"], patterns: ["five"] }] },
              fs: { default: "allow", rules: [{ mode: "deny", operations: ["read"], paths: ["/etc/hostname"] }] }
            }
          })
          assert.strictEqual(yield* sh(vm, "five"), "(126)bash: five: Permission denied\n")
          assert.strictEqual(yield* sh(vm, "show /etc/hostname"), "(2)")
        }))

      it.scoped("a missing package, a name that is none and another version are refused when the VM is leased", () =>
        Effect.gen(function*() {
          const lease = (part: { package: string; version?: string }) =>
            told(Effect.scoped(Vm.make({ software: [{ package: JQ }, part] })))
          assert.match(
            yield* lease({ package: "@none/such" }),
            /^ConfigError: invalid configuration at software\[1\]\.package: the package @none\/such is not installed in .*node_modules or above; run `npm install @none\/such`, or give the path of a folder$/
          )
          assert.match(
            yield* lease({ package: "./no-such-folder" }),
            /software\[1\]\.package: no folder at .*\/no-such-folder; give the path of a folder of WebAssembly commands$/
          )
          assert.match(
            yield* lease({ package: "a/../b" }),
            /software\[1\]\.package: "a\/\.\.\/b" is no name of a package/
          )
          assert.match(
            yield* lease({ package: JQ, version: "9.9.9" }),
            /software\[1\]\.version: the package @rivet-dev\/agent-os-jq has version 0\.0\.260331072558, not 9\.9\.9; install/
          )
        }))

      it.scoped("a fork of a VM has its software", () =>
        Effect.gen(function*() {
          const vm = yield* leased()
          const fork = yield* vm.fork
          assert.strictEqual(yield* sh(fork, "echo x | copy"), "x\n")
        }))

      it.scoped("more programs at one time than a VM may have are refused, and the others go on", () =>
        Effect.gen(function*() {
          const vm = yield* leased()
          const stages = Array.from({ length: 18 }, () => "copy").join(" | ")
          const said = yield* sh(vm, `${stages} < /etc/hostname; echo $?`)
          assert.include(said, "bash: copy: Resource temporarily unavailable: 16 WebAssembly programs run\n")
          // those whose workers are about to end count, and are waited for
          const full = Array.from({ length: 16 }, () => "copy").join(" | ")
          assert.strictEqual(yield* sh(vm, `for i in 1 2; do ${full} < /etc/hostname; done`), "agent-os\nagent-os\n")
          assert.strictEqual(yield* sh(vm, "copy < /etc/hostname"), "agent-os\n")
        }))

      it.scoped("the workers of killed programs are ended", () =>
        Effect.gen(function*() {
          const vm = yield* leased()
          const kills = "for i in $(seq 18); do spin & sleep 0.05; kill -KILL $!; wait $!; done 2> /dev/null"
          assert.strictEqual(yield* sh(vm, `${kills}; echo well | copy`), "well\n")
        }))

      it.scoped("time is the VM's", () =>
        Effect.gen(function*() {
          const vm = yield* leased()
          const [before, own, after] = (yield* sh(vm, "date +%s; clock | od -An -td8; date +%s")).trim().split(/\s+/)
          const seconds = Number(own) / 1e9
          assert.isTrue(Number(before) <= seconds && seconds <= Number(after) + 1)
          assert.match(yield* told(vm.processes.exec("linger", { timeout: 300 })), /^ProcessError: /)
        }))
    })
  })
}
