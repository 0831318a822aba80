/** The interactive shell beside the host's bash: the same keys make the same screen. */
import { assert, describe, layer } from "@effect/vitest"
import xterm from "@xterm/headless"
import * as Effect from "effect/Effect"
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Vm } from "../../services/Vm.ts"
import { atHostTerminal } from "../bash/support/host-shell.ts"
import { live, subjects } from "./layers.ts"
import { makeScreen } from "./screen.ts"

const size = { cols: 40, rows: 24 }

/** Keys that are typed one after the other, each when the screen has come to rest. */
const cases: Readonly<Record<string, ReadonlyArray<string>>> = {
  "prompt escapes": [
    "PS1='[\\W:$?\\j\\!\\#\\\\] '; cd /usr; cd bin\r",
    "echo x\r",
    "PS1='\\w \\[\\e[1m\\]>\\[\\e[0m\\] '; cd ~\r",
    "cd d\r",
    "PROMPT_DIRTRIM=1; mkdir -p a/b; cd a/b\r",
    "PS1='\\s-\\v-\\V \\101\\n$((1+2)) $(echo sub) '\r",
    "PS1='\\d'; PS1='% '\r"
  ],
  "continued lines": [
    "for i in 1 2\r",
    "do echo $i\r",
    "done\r",
    "echo 'a\r",
    "b'\r",
    "echo x \\\r",
    "y\r",
    "PS2='more '; if true\r",
    "then echo yes; fi\r"
  ],
  "syntax errors": ["echo )\r", "echo $?\r", "if; then\r", "echo $?\r"],
  "here-document": ["cat <<E\r", "one\r", "E\r", "cat <<-X | cat\r", "\x16\ttwo\r", "X\r"],
  "errors go on": [
    "no-such-cmd\r",
    "echo ${x?gone}\r",
    "set -u; echo $nope\r",
    "set +u; exec no-such\r",
    "shift 5; echo $?\r"
  ],
  "prompt command": ["PROMPT_COMMAND='echo pc:$?'\r", "false\r", "PROMPT_COMMAND=\r", "PS0='run> '\r", "echo a\r"],
  "interrupt": [
    "some words",
    "\x03",
    "echo $?\r",
    "for i in 1\r",
    "\x03",
    "echo $?\r",
    "sleep 5\r",
    "\x03",
    "echo $?\r"
  ],
  "end of input": ["set -o ignoreeof\r", "\x04", "IGNOREEOF=1\r", "\x04", "set +o ignoreeof\r", "(exit 3)\r", "\x04"],
  "stopped jobs": ["sleep 50\r", "\x1a", "jobs\r", "exit\r", "jobs\r", "fg\r", "\x03", "exit\r"],
  "background": [
    "true & while kill -0 $! 2> /dev/null; do :; done; wait\r",
    "\r",
    "kill %9\r",
    "fg\r",
    "bg\r"
  ],
  "moving and cutting": [
    "echo one two three",
    "\x01\x1bf\x1bf",
    "X",
    "\x0b",
    "\x19\x19",
    "\x17",
    "\x05!",
    "\r",
    "abc\x14\x02\x02\x14",
    "\x15echo \x19\x1by",
    "\r"
  ],
  "words": ["echo one.two three", "\x1bb\x1bb\x1bd", "\x1bu\x1bc", "\x1f\x1f", "\x1b\x7f", "\x05\x1bt", "\r"],
  "wider than the screen": [
    "echo 0123456789 0123456789 0123456789 0123456789 0123456789",
    "\x01\x1bf\x1bf--",
    "\x05\x7f\x7f",
    "\x1b[D\x1b[D\x1b[DZ",
    "\r"
  ],
  "exactly as wide": ["echo 6789012345678901234567890123456789", "0", "\x7f", "\x01\x05", "01\x02\x7f", "\r"],
  "wide characters": [
    "echo 日本語日本語日本語日本語日本語日本語日本語",
    "\x02\x02\x7f",
    "\x01\x06\x06\x06\x06\x06 x",
    "\r"
  ],
  "history": [
    "echo one\r",
    "echo two\r",
    "\x1b[A\x1b[A\r",
    "\x10\x10\x10\x0e\r",
    "fc -l\r",
    "history 3\r",
    "\x1b<",
    "\x1b>",
    "\x15!!\r",
    "!e:s/one/1/\r",
    "^1^uno^\r",
    "echo !$ !#\r",
    "!nope\r",
    "echo \"!\" '!!'\r",
    "!-2:p\r",
    "history -d 1; history 2\r"
  ],
  "search": [
    "echo alpha\r",
    "echo beta\r",
    "\x12al",
    "\x12\x12",
    "\x07",
    "\x12be\x05!\r",
    "\x12zzz\x07",
    "\x12lph",
    "\x7f\x7f",
    "\r"
  ],
  "yank argument": ["echo one 'two three'\r", "echo \x1b.", "\x1b.\r", "echo a b c\r", "echo \x1b.\x1b.\r"],
  "many lines in the history": ["if true\r", "then echo 'x\r", "y'\r", "fi\r", "history 2\r", "\x1b[A\x1b[A", "\r"],
  "history control": [
    "HISTCONTROL=ignoreboth; HISTIGNORE='ls*:&'\r",
    " echo hidden\r",
    "echo a\r",
    "echo a\r",
    "ls -d .\r",
    "history\r",
    "history -c; history\r"
  ],
  "completes files": [
    "echo al\t",
    "\t",
    "\t",
    "o\t",
    "\r",
    "echo my\t",
    "\t",
    "\r",
    "cat < al\t\x15"
  ],
  "completes commands": [
    "unali\t",
    "\x15readarr\t",
    "\x15no-such-x\t",
    "\x15$HOSTTYP\t",
    "\x15echo ${HOSTTYP\t\r",
    "echo $HOME/al\t\x15"
  ],
  "programmable": [
    "_f() { COMPREPLY=($(compgen -W 'alpha beta=1 gamma' -- \"$2\")); }; complete -F _f x\r",
    "x b\t",
    "\x15x \t",
    "\t",
    "\x15complete -W 'one two' y; complete -p y\r",
    "y t\t",
    "\x15compgen -W 'aa ab b' -- a\r",
    "complete -r y; complete -p\r"
  ],
  "paste": ["\x1b[200~echo a\recho b\x1b[201~", "\r", "\x1b[200~tab\there\x1b[201~", "\x15"],
  "clears": ["echo a\r", "words\x0c", "\x01\x0b\r"],
  "keys without meaning": ["a\x1b[99~b\x1b[1;5Pc\x1bz", "\x15\x07\x18\x18", "echo\x16\x09x\r"],
  "alias and function": ["alias hi='echo hello'\r", "hi you\r", "f() { echo f:$1; }\r", "f 1\r", "type hi\r"],
  "fc": ["echo one two\r", "echo three\r", "fc -s one=1 -2\r", "fc -ln -2\r", "fc -l 1 2\r", "fc -lr\r"],
  "options": [
    "echo $- $PS2\r",
    "set -o | head -4 | tail -2\r",
    "shopt expand_aliases\r",
    "echo $COLUMNS $LINES\r",
    "stty size\r"
  ],
  "exit in a function": ["f() { exit 4; }\r", "f\r"],
  "nohup at a terminal": [
    "nohup echo a; cat nohup.out\r",
    "nohup sh -c 'cat; echo $?' > o; cat o\r",
    "nohup echo b < /dev/null; cat nohup.out\r",
    "nohup echo c < /dev/null > o; cat o\r",
    "nohup echo d > o 2> e; cat o e; rm nohup.out\r",
    "nohup echo e 2> e; cat e nohup.out; stat -c %a nohup.out\r"
  ],
  "leaves with running jobs": [
    "shopt -s checkjobs\r",
    "sleep 50 &\r",
    "exit\r",
    "jobs\r",
    "exit\r",
    "\r",
    "exit\r",
    "exit\r"
  ],
  "completions filtered": [
    "complete -W 'alpha beta al-b gamma' -X '*-b' x; complete -W 'alpha beta gamma' -X '!a*' y\r",
    "x al\t\r",
    "y \t\r",
    "complete -X '!*two' -f z; z al\t\r",
    "complete -G 'al*-t*' g; g \t\r",
    "complete -G 'al*' -P '<' -S '>' -X '*one' h; h \t\r",
    "complete -W 'pre.a pre.b other' -X '!&*' k; k pre.\t\x15complete -p h k\r"
  ],
  "the terminal as a file": [
    "t=$(tty); echo hi > $t; [ -c $t ] && stat -c '%F %t' $t\r",
    "ls -l $t | grep -Eo '^c|136, +'\r",
    "ls /dev/pts | grep -cx ${t##*/}; stat -c '%F %t %T %a' /dev/pts/ptmx\r",
    "cd /dev/pts; echo there >> ./${t##*/}; rm 4711\r"
  ],
  "keys that are bound": [
    "bind '\"\\C-xk\": backward-kill-line'; bind '\"\\C-xm\": \"echo one\\C-mecho \"'; bind 'nope'\r",
    "ab cd\x1bb\x18k\x15",
    "\x18mtwo\r",
    "bind -x '\"\\C-t\": echo $READLINE_LINE $READLINE_POINT; READLINE_LINE=new; READLINE_POINT=1; false'\r",
    "abc\x02\x14",
    "x\x15\x0b",
    "bind '\"zj\": \"X\"'; bind -r '\\C-e'; bind 'set comment-begin :'\r",
    "zj zk z",
    "j\x01\x05Y\x1b#",
    "z",
    "\x15bind -q unix-line-discard; bind -s; bind -X; bind 'set disable-completion on'\r",
    "a\tb\x15bind '\"\\e[A\": history-search-backward'; bind -v | grep history-size\r",
    "bind -q\x1b[A\x15\x0b",
    "bind '\"\\C-xp\": history-substring-search-backward'; bind '\"\\C-xn\": history-substring-search-forward'\r",
    "echo one two\recho two one\rne two\x18p",
    "X\r",
    "one\x18p\x18p!\r",
    "wo\x18p\x18p\x18n\x18n\x18n+\r",
    "\x18p\x18p-\r"
  ],
  "completion as it is set": [
    "bind 'set completion-ignore-case on'; mkdir AlphaX\r",
    "echo ALPHAX\t\r",
    "bind 'set show-all-if-ambiguous on'\r",
    "echo ALP\t\r",
    "bind 'set mark-directories off'; bind 'set completion-ignore-case off'\r",
    "echo AL\t\x15",
    "bind '\"\\C-xr\": \"echo a\\C-xr\"'; bind '\"é\": \"e\"'\r",
    "é\x7f\x12bind 's\x05\x15",
    "printf '%s\\n' '\"\\C-xh\": \"hello \"' nope > .inputrc; INPUTRC= bash --norc\r",
    "ab\x18\x7fecho \x18h\r",
    "echo '\"\\C-xh\": \"again \"' > .inputrc\r",
    "\x18\x12echo \x18h\r",
    "exit\r"
  ],
  "nohup without descriptors": [
    "rm -f nohup.out; nohup echo a 2>&-; echo $? $(cat nohup.out)\r",
    "nohup echo b >&- 2> e; echo $?; grep nohup: e\r",
    "mkdir x; cd x; mkdir nohup.out; nohup echo c 2> ../e; wc -l < ../e; cat ../nohup.out\r",
    "HOME=/nowhere nohup echo d; echo $?\r",
    "cd ..; rmdir x/nohup.out; nohup no-such; nohup; nohup /tmp < /dev/null > o; echo $?\r"
  ]
}

const isBash = (): boolean => {
  try {
    return /version 5\.2/.test(execFileSync("bash", ["--version"], { encoding: "utf8" }))
  } catch {
    return false
  }
}

const env = { PS1: "% ", PS2: "> ", TERM: "xterm-256color", LANG: "C.UTF-8", LC_ALL: "C.UTF-8" }

const onEmulator = async (output: string): Promise<ReadonlyArray<string>> => {
  const emulator = new xterm.Terminal({ ...size, allowProposedApi: true })
  await new Promise<void>((resolve) => emulator.write(output, resolve))
  const { active } = emulator.buffer
  const lines = Array.from({ length: active.length }, (_, at) => active.getLine(at)?.translateToString(true) ?? "")
  emulator.dispose()
  return lines.slice(0, lines.findLastIndex((line) => line !== "") + 1)
}

const files = ["alpha-one", "alpha-two", "my dir/in side"]

const fill = (home: string): void => {
  mkdirSync(join(home, "my dir"))
  for (const name of files) writeFileSync(join(home, name), "")
  mkdirSync(join(home, "d"))
}

/** What differs by nature: numbers of processes, the home directory. */
const plain = (lines: ReadonlyArray<string>, home: string): string =>
  lines.map((line) => line.trimEnd()).join("\n").replaceAll(home, "/home/user").replace(/^\[(\d+)\] \d+$/gm, "[$1] PID")
    .trimEnd()

/** Waits until nothing has changed for so many milliseconds. */
const atRest = (lines: () => ReadonlyArray<string>, milliseconds: number): Effect.Effect<void> =>
  Effect.gen(function*() {
    let before = ""
    for (let same = 0; same < milliseconds / 25;) {
      yield* Effect.sleep(25)
      const now = lines().join("\n")
      same = now === before ? same + 1 : 0
      before = now
    }
  })

const ours = (keys: ReadonlyArray<string>, rest: number) =>
  Effect.scoped(Effect.gen(function*() {
    const { filesystem, processes } = yield* Vm.make({})
    for (const folder of ["my dir", "d"]) yield* filesystem.mkdir(`/home/user/${folder}`)
    for (const file of files) yield* filesystem.writeFile(`/home/user/${file}`, "")
    const terminal = yield* processes.openTerminal({ ...size, args: ["--norc"], env: { ...env, HISTFILE: "" } })
    const screen = yield* makeScreen(terminal, size)
    yield* screen.shows("%")
    for (const each of keys) {
      yield* Effect.ignore(terminal.write(each))
      yield* atRest(screen.lines, rest)
    }
    return plain(screen.lines(), "/home/user")
  }))

const onHost = (names: ReadonlyArray<string>, rest: number) =>
  Effect.gen(function*() {
    const homes = names.map(() => mkdtempSync(join(tmpdir(), "agent-os-bash-")))
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => homes.forEach((home) => rmSync(home, { recursive: true, force: true })))
    )
    homes.forEach(fill)
    const results = yield* Effect.promise(() =>
      atHostTerminal(names.map((name, at) => ({
        ...size,
        argv: ["bash", "--norc", "--noprofile", "-i"],
        cwd: homes[at],
        env: { ...env, HOME: homes[at], PATH: process.env["PATH"] ?? "", INPUTRC: "/dev/null", HISTFILE: "" },
        rest,
        steps: cases[name].map((keys) => ({ keys }))
      })))
    )
    return results === undefined
      ? undefined
      : yield* Effect.promise(() =>
        Promise.all(results.map(async ({ output }, at) => plain(await onEmulator(output), homes[at])))
      )
  })

/** The cases of which the screens differ, with both; undefined where there are no terminals. */
const compare = (names: ReadonlyArray<string>, rest: number) =>
  Effect.scoped(Effect.gen(function*() {
    const expected = yield* onHost(names, rest)
    if (expected === undefined) return undefined
    const actual = yield* Effect.forEach(names, (name) => ours(cases[name], rest))
    return names.flatMap((name, at) =>
      actual[at] === expected[at]
        ? []
        : [{ name, text: `--- ${name}: bash\n${expected[at]}\n--- ${name}: ours\n${actual[at]}` }]
    )
  }))

describe("the interactive shell beside bash", () => {
  layer(subjects[0].layer, live)((it) => {
    it.effect("makes the same screens of the same keys", (context) =>
      Effect.gen(function*() {
        if (!isBash()) return context.skip("there is no bash 5.2 here")
        const first = yield* compare(
          Object.keys(cases).filter((name) => name.includes(process.env["SCREENS"] ?? "")),
          100
        )
        if (first === undefined) return context.skip("there is no python3 with terminals here")
        // where a machine was too busy for the keys to be answered in time, there is more of it
        const differing = first.length === 0 ? [] : (yield* compare(first.map(({ name }) => name), 600)) ?? []
        assert.deepStrictEqual(differing.map(({ name }) => name), [], differing.map(({ text }) => text).join("\n"))
      }), 240_000)
  })
})
