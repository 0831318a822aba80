/** The interactive shell, as who sits at a terminal sees it: prompts, keys, jobs, history, completion. */
import { assert, describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { ProcessesShape, TerminalOptions } from "../../services/Processes.ts"
import { Vm } from "../../services/Vm.ts"
import { live, subjects } from "./layers.ts"
import { makeScreen } from "./screen.ts"

const size = { cols: 80, rows: 24 }

/** A shell with a prompt that nothing else shows. */
const openShell = (processes: ProcessesShape, options: Partial<TerminalOptions> = {}) =>
  Effect.gen(function*() {
    const given = { ...size, ...options }
    const terminal = yield* processes.openTerminal({ ...given, env: { PS1: "% ", ...options.env } })
    const screen = yield* makeScreen(terminal, given)
    yield* screen.shows("%")
    return { terminal, screen }
  })

for (const subject of subjects) {
  describe(`the interactive shell over ${subject.name}`, () => {
    layer(subject.layer, live)((it) => {
      it.scoped("prompts, runs, and goes on after errors", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          const { screen, terminal } = yield* openShell(processes)
          yield* screen.type("echo \"$-\" $COLUMNS $LINES $SHLVL\r", /^himBHs 80 24 1$/m)
          yield* screen.type("no-such\r", "bash: no-such: command not found")
          yield* screen.type("echo ${no?gone}; echo not reached\r", /^bash: no: gone\n% $/m)
          yield* screen.type("echo 'a\r", /\n> $/)
          yield* screen.type("b'; )\r", "bash: syntax error near unexpected token `)'")
          yield* screen.type("cat <<E | tr a-z A-Z\r", /\n> $/)
          yield* screen.type("here $?\rE\r", /^HERE 2$/m)
          yield* screen.type("for i in 1 2\rdo echo $i-$i\rdone\r", /^1-1\n2-2\n% $/m)
          yield* screen.type("f() { return 7; }; f\r", /% $/)
          yield* screen.type("echo $?\r", /^7$/m)
          yield* screen.type("exec no-such\r", "bash: exec: no-such: not found")
          yield* screen.type("exit 3\r", /% exit 3\nexit$/)
          assert.deepStrictEqual(yield* terminal.wait, { exitCode: 3 })
        }))

      it.scoped("is ended by ^D at an empty line, unless that is ignored", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          const { screen, terminal } = yield* openShell(processes)
          yield* screen.type("set -o ignoreeof\r", /ignoreeof\n% $/)
          yield* screen.type("\x04", "Use \"exit\" to leave the shell.")
          yield* screen.type("set +o ignoreeof; false\r", /false\n% $/)
          yield* screen.type("abc\x01\x04\x04\x04\x04", /% \nexit$/)
          assert.deepStrictEqual(yield* terminal.wait, { exitCode: 1 })
        }))

      it.scoped("is interrupted, stopped and continued", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          const { screen, terminal } = yield* openShell(processes)
          yield* screen.type("some words", "some words")
          yield* screen.type("\x03", /^% some words\^C\n% $/m)
          yield* screen.type("echo [$?]\r", "[130]")
          yield* screen.type("sleep 100; echo not reached\r", "sleep 100")
          yield* Effect.sleep(100)
          yield* screen.type("\x03", /\n\^C\n% $/)
          yield* screen.type("while :; do :; done\r", "done")
          yield* Effect.sleep(50)
          yield* screen.type("\x03", /done\n\^C\n% $/)
          yield* screen.type("x=$(sleep 100); echo not reached\r", /sleep 100.*reached$/m)
          yield* Effect.sleep(100)
          yield* screen.type("\x03", /\n\^C\n% $/)
          yield* screen.type("trap 'echo heard' INT\r", /INT\n% $/)
          yield* screen.type("\x03", /\^C\nheard\n% $/)
          yield* screen.type("trap - INT; sleep 200\r", /sleep 200$/m)
          yield* Effect.sleep(100)
          yield* screen.type("\x1a", /\^Z\n\[1\]\+ {2}Stopped +sleep 200\n% $/)
          yield* screen.type("exit\r", /exit\nexit\nThere are stopped jobs\.\n% $/)
          yield* screen.type("bg\r", /\[1\]\+ sleep 200 &\n% $/)
          yield* screen.type("fg\r", /^sleep 200$/m)
          yield* Effect.sleep(100)
          yield* screen.type("\x03", /\^C\n% $/)
          // the end of a job is told before the next prompt
          yield* screen.type("sleep 0.2 &\r", /\[1\] \d+\n% $/)
          yield* Effect.sleep(400)
          yield* screen.type("\r", /\[1\]\+ {2}Done +sleep 0.2\n% $/)
          yield* screen.type("\x1a\x1c\x13\x11echo on\r", /^on$/m)
          yield* screen.type("sleep 300\r", /sleep 300$/)
          yield* Effect.sleep(100)
          yield* screen.type("\x1a", /Stopped +sleep 300\n% $/)
          yield* screen.type("\x04", /exit\nThere are stopped jobs\.\n% $/)
          yield* screen.type("\x04", /exit$/)
          yield* terminal.wait
        }))

      it.scoped("tells of jobs at once with set -b, and otherwise at the next prompt", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          const { screen } = yield* openShell(processes)
          const job = "until [ -e go ]; do sleep 0.02; done"
          yield* screen.type(`set -b; ${job} &\r`, /^\[1\] \d+\n% $/m)
          yield* screen.type("half a li", /half a li$/)
          yield* processes.exec("touch ~/go")
          yield* screen.shows(/^\[1\]\+ {2}Done +until/m)
          yield* screen.type("ne\x15rm go; set +b\r", /set \+b\n% $/)
          yield* screen.type(`${job} &\r`, /^\[1\] \d+\n% $/m)
          yield* processes.exec("touch ~/go")
          yield* screen.type("wait; echo typed\r", /^typed$/m)
          yield* screen.type("\r", /(?:\[1\]\+ {2}Done +until[^]*){2}% $/)
        }))

      it.scoped("hangs its jobs up when it is left, if that is asked for in a login shell", () =>
        Effect.gen(function*() {
          const { filesystem, processes } = yield* Vm.make({})
          const leave = (args: ReadonlyArray<string>, option: string) =>
            Effect.gen(function*() {
              const { screen, terminal } = yield* openShell(processes, { args: ["--noprofile", "--norc", ...args] })
              const job = "(trap 'touch ~/hung; exit' HUP; touch ~/ready; while :; do sleep 0.02; done) &"
              yield* screen.type(`shopt ${option} huponexit; rm -f ready hung; ${job}\r`, /^\[1\] \d+$/m)
              yield* processes.exec("until [ -e ~/ready ]; do sleep 0.02; done")
              yield* screen.type("exit\r", /^(?:exit|logout)$/m)
              yield* terminal.wait
            })
          yield* leave(["-l"], "-s")
          yield* processes.exec("until [ -e ~/hung ]; do sleep 0.02; done")
          for (const [args, option] of [[["-l"], "-u"], [[], "-s"]] as const) {
            yield* leave(args, option)
            yield* processes.exec("sleep 0.1")
            assert.isFalse(yield* filesystem.exists("/home/user/hung"))
            assert.include((yield* processes.list).map(({ command }) => command).join(), "bash")
            yield* processes.exec("pkill -KILL bash; pkill -KILL -f 'while :'")
          }
        }))

      it.scoped("edits lines, also such that are wider than the screen", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          const { screen } = yield* openShell(processes, { cols: 20 })
          yield* screen.type("echo 0123456789 日本語 abc", /^% echo 0123456789 日\n本語 abc$/m)
          yield* screen.type("\x01\x1bf\x1bf -\x05.\x1b[D\x1b[D\x1b[D\x7f\r", /^0123456789 - 日本語 \nbc\.$/m)
          yield* screen.type("clear; echo \"[\x16\t]\"\r", /^\[ +\]$/m)
          yield* screen.type("one two\x17\x17echo \x19\r", "one two")
          yield* screen.type("echo here\x0c", /^% echo here$/)
          yield* screen.type("\x15\x1b[200~echo a\necho b\x1b[201~", /^% echo a\necho b$/)
          yield* screen.type("\r", /\na\nb\n% $/)
          yield* screen.type("echo 0123456789abcdefghijklmnopq", "defghijklmnopq")
          yield* screen.resize({ cols: 40, rows: 24 })
          yield* screen.shows(/^% echo 0123456789abcdefghijklmnopq$/m)
          yield* screen.type("\rstty size; echo $COLUMNS\r", /^24 40\n40$/m)
        }))

      it.scoped("remembers lines, finds them again, and keeps them in a file", () =>
        Effect.gen(function*() {
          const { filesystem, processes } = yield* Vm.make({})
          const { screen, terminal } = yield* openShell(processes, { env: { HISTCONTROL: "ignoreboth" } })
          yield* screen.type("echo one two\r", /^one two$/m)
          yield* screen.type(" echo secret\r", /^secret$/m)
          yield* screen.type("\x1b[A\r", /^% echo one two\none two\n% $/m)
          yield* screen.type("\x12one", /^\(reverse-i-search\)`one': echo one two$/m)
          yield* screen.type("\x05 three\r", /^one two three$/m)
          yield* screen.type("!!:s/one/1/\r", /^echo 1 two three\n1 two three$/m)
          yield* screen.type("echo !$ !no-such\r", "bash: !no-such: event not found")
          yield* screen.type("echo '!!' \"!\" \\!x\r", /^!! ! !x$/m)
          yield* screen.type("if true\rthen echo yes\rfi\r", /^yes$/m)
          yield* screen.type("history 2\r", / 5 {2}if true; then echo yes; fi\n +6 {2}history 2$/m)
          yield* screen.type("fc -l 1 2\r", /^1\t? +echo one two\n2/m)
          yield* screen.type("fc -s one=uno 1\r", /^echo uno two\nuno two$/m)
          yield* screen.type("exit\r", /\nexit$/)
          yield* terminal.wait
          assert.deepStrictEqual(
            (yield* filesystem.readFileString("/home/user/.bash_history")).split("\n").slice(0, 3),
            [
              "echo one two",
              "echo one two three",
              "echo 1 two three"
            ]
          )
          const again = yield* openShell(processes)
          yield* again.screen.type("\x1b[A\x1b[A", /^% echo uno two$/m)
        }))

      it.scoped("completes commands, files and variables, and what functions say", () =>
        Effect.gen(function*() {
          const { filesystem, processes } = yield* Vm.make({})
          yield* filesystem.mkdir("/home/user/my dir")
          yield* filesystem.writeFile("/home/user/my dir/some file", "found\n")
          yield* filesystem.writeFile("/home/user/alpha-one", "")
          yield* filesystem.writeFile("/home/user/alpha-two", "")
          const { screen } = yield* openShell(processes)
          yield* screen.type("unali\t", /^% unalias $/m)
          yield* screen.type("\x15cat my\ts\t\r", /^% cat my\\ dir\/some\\ file \nfound$/m)
          yield* screen.type("cat \"my d\ts\t\r", /^% cat "my dir\/some file" \nfound$/m)
          yield* screen.type("ls al\t", /^% ls alpha-$/m)
          yield* screen.type("\t\t", /^alpha-one {2}alpha-two\n% ls alpha-$/m)
          yield* screen.type("o\t\r", /^% ls alpha-one \nalpha-one\n% $/m)
          yield* screen.type("echo ${HOSTN\t\r", /^% echo \$\{HOSTNAME\} \nagent-os$/m)
          yield* screen.type(
            "_go() { COMPREPLY=($(compgen -W 'start stop:now' -- \"$2\")); }; complete -F _go go\r",
            /% $/
          )
          yield* screen.type("go st\t", /^% go st$/m)
          yield* screen.type("o\t", /^% go stop:now $/m)
          yield* screen.type("\x15no-such-thing\t", /^% no-such-thing$/m)
          yield* screen.type("\x15compgen -A function; complete -p go\r", /^_go\ncomplete -F _go go$/m)
        }))

      it.scoped("reads lines as the terminal gives them where the cursor cannot be moved", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          const { screen, terminal } = yield* openShell(processes, { term: "dumb" })
          yield* screen.type("echo onx\x7fe\r", /^one\n% $/m)
          yield* screen.type("lost", "lost")
          yield* screen.type("\x03", /lost\^C\n% $/)
          yield* screen.type("echo $?\r", /^130$/m)
          yield* screen.type("\x04", /% exit$/)
          assert.deepStrictEqual(yield* terminal.wait, { exitCode: 0 })
        }))

      it.scoped("leaves room for others while it waits, whatever is typed", () =>
        Effect.gen(function*() {
          const { processes } = yield* Vm.make({})
          const { screen, terminal } = yield* openShell(processes)
          const flood = yield* Effect.fork(Effect.forever(terminal.write("ab\x02\x14\x1bt\x05 ".repeat(500))))
          for (let time = 0; time < 5; time++) {
            const { stdout } = yield* Effect.timeout(processes.exec("echo alive"), "10 seconds")
            assert.strictEqual(stdout, "alive\n")
          }
          yield* Fiber.interrupt(flood)
          yield* Effect.timeout(terminal.write("\x03"), "10 seconds")
          yield* screen.type("\x15echo still\r", /^still$/m)
          yield* terminal.kill("SIGHUP")
          assert.deepStrictEqual(yield* terminal.wait, { signal: "SIGHUP" })
        }))
    })
  })
}
