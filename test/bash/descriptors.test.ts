/** Descriptors as POSIX has them: shared positions, updates in place, named pipes, limits, nothing left open. */
import { assert, describe, it } from "@effect/vitest"
import { afterEach } from "vitest"
import { ShellVm } from "./support/vm.ts"

describe("descriptors", () => {
  let vm = new ShellVm()
  afterEach(() => {
    assert.strictEqual(vm.filesystem.usage().openFiles, 0, "a file is left open")
    vm = new ShellVm()
  })

  const run = async (script: string): Promise<string> => {
    const { stderr, stdout } = await vm.run(script)
    return stdout + stderr
  }

  it("share their position between processes", async () => {
    assert.strictEqual(
      await run(
        "seq 5 > f; exec 3< f; read -r a <&3; (read -r b <&3; echo \"$b\"); read -r c <&3; cat <&3; echo $a $c"
      ),
      "2\n4\n5\n1 3\n"
    )
    assert.strictEqual(await run("{ echo a; (echo b); sh -c 'echo c'; echo d; } > g; cat g"), "a\nb\nc\nd\n")
  })

  it("read and write in place", async () => {
    assert.strictEqual(
      await run(
        "printf 'abcdef\\n' > f; exec 3<> f; read -r -n 2 x <&3; printf XY >&3; cat <&3; exec 3>&-; cat f; echo $x"
      ),
      "ef\nabXYef\nab\n"
    )
    assert.strictEqual(await run("exec 4> g; exec 5> g; printf aaaa >&4; printf b >&5; exec 4>&- 5>&-; cat g"), "baaa")
  })

  it("append each write to the end, whoever writes", async () => {
    const script = "for i in 1 2 3 4; do (for j in 1 2 3 4 5; do echo $i >> log; done) & done; wait; sort log | uniq -c"
    assert.strictEqual((await run(script)).replace(/ +/g, " "), " 5 1\n 5 2\n 5 3\n 5 4\n")
  })

  it("see what others write meanwhile", async () => {
    assert.strictEqual(
      await run(
        "echo one > f; exec 3< f; read -r a <&3; echo two >> f; read -r b <&3; read -r c <&3 || echo end; echo $a $b"
      ),
      "end\none two\n"
    )
    assert.strictEqual(await run("echo a > r; exec 3< r; rm r; cat <&3"), "a\n")
  })

  it("take of a huge file only what is read", async () => {
    await run("truncate -s 30000000 huge; printf 'first\\n' > h2; cat huge >> h2")
    vm.calls.length = 0
    assert.strictEqual(await run("head -1 h2; while read -r l; do echo \"$l\"; break; done < h2"), "first\nfirst\n")
    assert.deepStrictEqual(vm.calls.filter((name) => name === "open" || name === "pread"), ["open", "open"])
  })

  it("follow a file that grows", async () => {
    assert.strictEqual(
      await run(
        "echo a > f; tail -f f & p=$!; sleep 0.1; echo b >> f; sleep 0.4; echo c >> f; sleep 0.4; kill $p; wait $p; echo $?"
      ),
      "a\nb\nc\n143\n"
    )
  })

  it("meet in named pipes", async () => {
    assert.strictEqual(
      await run("mkfifo p; (echo one; echo two) > p & cat p; wait; [ -p p ] && echo is; rm p"),
      "one\ntwo\nis\n"
    )
    assert.strictEqual(
      await run(
        "mkfifo a b; (while read -r l; do echo \"<$l>\"; done < a > b) & exec 3> a; exec 4< b; echo x >&3; read -r y <&4; echo $y; echo z >&3; read -r y <&4; echo $y; exec 3>&-; wait"
      ),
      "<x>\n<z>\n"
    )
    assert.strictEqual(await run("mkfifo q; exec 3<> q; echo held >&3; read -r x <&3; echo $x"), "held\n")
    const abort = new AbortController()
    setTimeout(() => abort.abort(), 50)
    assert.strictEqual((await vm.run("mkfifo alone; cat alone", { signal: abort.signal })).exitCode, 137)
  })

  it("are named by paths", async () => {
    assert.strictEqual(
      await run("echo in | cat /dev/stdin; echo out > /dev/stdout; echo x | { cat /dev/fd/0; }"),
      "in\nout\nx\n"
    )
    assert.strictEqual(
      await run("echo e > f; exec 5< f; cat /proc/self/fd/5; [ -e /dev/fd/5 ] && [ ! -e /dev/fd/6 ] && echo ok"),
      "e\nok\n"
    )
  })

  it("are given the mode that the umask leaves", async () => {
    assert.strictEqual(
      await run("umask 000; > a; mkdir d; umask 077; > b; mkfifo c; stat -c '%a %n' a b c d"),
      "666 a\n600 b\n600 c\n777 d\n"
    )
  })

  it("are limited for each process", async () => {
    const { exitCode, stdout } = await vm.run(
      "n=0; while exec {fd}< /dev/null; do n=$((n+1)); done 2> errors; cat errors; echo $n"
    )
    assert.match(stdout, /Too many open files\n1\d\d\d\n$|cannot assign fd to variable\n1\d\d\d\n$/)
    assert.strictEqual(exitCode, 0)
  })

  it("refuse what they were not opened for", async () => {
    assert.strictEqual(
      await run("exec 3> f; read -r x <&3; exec 4< f; echo y >&4; cat < /; cat nofile"),
      "bash: line 1: read: read error: 0: Bad file descriptor\nbash: line 1: echo: write error: Bad file descriptor\ncat: -: Is a directory\ncat: nofile: No such file or directory\n"
    )
  })
})
