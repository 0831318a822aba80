/**
 * Ways out of a folder of the host: none leads anywhere, neither to look nor to change something. RACES sets how often a
 * link is swapped in, in CI 100,000 times.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import {
  closeSync,
  constants,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { dirname, join } from "node:path"
import { Worker } from "node:worker_threads"
import { TestSidecar } from "../../layers/testing/index.ts"
import { Vm } from "../../services/Vm.ts"
import type { Driver } from "../../src/Driver.ts"
import {
  changes,
  given,
  looks,
  plantHardLink,
  plantLinks,
  plantSpecial,
  SECRET,
  stateOf,
  waysOut
} from "./escape-support.ts"

const RACES = Number(process.env["RACES"] ?? (process.env["CI"] === undefined ? 2000 : 100_000))
const AT_ONCE = 8

/** What an attempt gave, or why it failed. */
const seen = (effect: Effect.Effect<unknown, unknown>): Effect.Effect<string> =>
  Effect.match(effect, {
    onSuccess: String,
    onFailure: (error) => String((error as Error).message)
  })

/** Without the path that the caller asked for itself, and that of its directory. */
const without = (told: string, path: string): string => {
  const directory = dirname(path)
  const rest = told.replaceAll(path, "")
  return directory.length > 1 ? rest.replaceAll(directory, "") : rest
}

/** Somebody who puts `link` in the place of `dir` and `dir` back again, until the Scope closes. */
const swapping = (root: string) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      new Worker(
        `const { renameSync } = require("node:fs"); const { join } = require("node:path")
         const root = require("node:worker_threads").workerData
         const [dir, link, away] = ["dir", "link", "away"].map((name) => join(root, name))
         const pause = new Int32Array(new SharedArrayBuffer(4))
         for (let turn = 0;; turn++) {
           renameSync(dir, away); renameSync(link, dir)
           if (turn % 4 === 0) Atomics.wait(pause, 0, 0, 0.1)
           renameSync(dir, link); renameSync(away, dir)
           if (turn % 2 === 0) Atomics.wait(pause, 0, 0, 0.1)
         }`,
        { eval: true, workerData: root }
      )
    ),
    (worker) => Effect.promise(() => worker.terminate())
  )

describe("host_dir", () => {
  it.scoped("no path and no link leads out, and no message names the host's folder", () =>
    Effect.gen(function*() {
      const { driver, out, root, top } = yield* given
      plantLinks(root, top)
      const before = stateOf(out)
      const numbers = new Set(before.split("\n").map((line) => line.split(" ")[1]))
      for (const path of waysOut(top)) {
        for (const [name, look] of Object.entries(looks(driver, path))) {
          const told = without(yield* seen(look), path)
          assert.notInclude(told, SECRET, `${name} ${path}`)
          assert.notInclude(told, top, `${name} ${path}`)
          if (told.startsWith("names")) assert.notInclude(told.split(" "), "sub", `${name} ${path}`)
          if (!told.startsWith("sizes")) continue
          for (const number of told.split(" ").slice(1)) assert.isFalse(numbers.has(number), `${name} ${path}`)
        }
      }
      assert.strictEqual(stateOf(out), before)
    }))

  it.scoped("no change reaches what is outside, by any method and any way", () =>
    Effect.gen(function*() {
      const { driver, out, root, top } = yield* given
      const before = stateOf(out)
      const above = readdirSync(top).sort()
      const methods = Object.keys(changes(driver, "/"))
      let refused = 0
      for (const path of waysOut(top)) {
        for (const method of methods) {
          // each finds the folder as it was
          for (const name of readdirSync(root)) yield* Effect.ignore(removed(driver, `/${name}`))
          yield* driver.mkdir("/dir", true)
          writeFileSync(join(root, "dir/file"), "inside")
          plantLinks(root, top)
          const told = yield* seen(changes(driver, path)[method])
          if (/^E[A-Z]+: /.test(told)) refused++
          assert.notInclude(without(told, path), top, `${method} ${path}`)
          assert.strictEqual(stateOf(out), before, `${method} ${path}`)
          assert.deepStrictEqual(readdirSync(top).sort(), above, `${method} ${path}`)
        }
      }
      assert.isAbove(refused, 300)
    }), 300_000)

  it.scoped(
    "pipes, sockets and devices are not there, and nothing waits for them or wakes them",
    () =>
      Effect.gen(function*() {
        const { driver, root } = yield* given
        const special = yield* plantSpecial(root)
        // who reads the pipe must get nothing
        const reader = yield* Effect.acquireRelease(
          Effect.sync(() => openSync(join(root, "fifo"), constants.O_RDWR | constants.O_NONBLOCK)),
          (fd) => Effect.sync(() => closeSync(fd))
        )
        for (const name of special) {
          for (const [method, look] of Object.entries(looks(driver, `/${name}`))) {
            const told = yield* seen(look)
            if (method === "realpath" || method === "readlink" || method.startsWith("readDir")) {
              assert.match(told, /^E(ACCES|INVAL|NOTDIR|NOENT): /, `${method} ${name}`)
            } else assert.match(told, /^(EACCES: |sizes $)/, `${method} ${name}`)
          }
          for (const method of ["writeFile", "pwrite", "truncate", "chmod"]) {
            assert.match(yield* seen(changes(driver, `/${name}`)[method]), /^EACCES: /, `${method} ${name}`)
          }
          assert.match(yield* seen(driver.link(`/${name}`, "/linked")), /^EPERM: /)
          assert.isFalse(yield* driver.exists(`/${name}`))
        }
        assert.throws(() => readSync(reader, new Uint8Array(10)), /EAGAIN/)
        if (special.includes("device")) assert.isTrue(statSync(join(root, "device")).isCharacterDevice())
      }),
    60_000
  )

  it.scoped("a hard link is the file itself, and the only thing that is shared with the outside", () =>
    Effect.gen(function*() {
      const { driver, out, root } = yield* given
      plantHardLink(root, out)
      assert.strictEqual(yield* driver.readTextFile("/hard"), SECRET)
      yield* driver.removeFile("/hard")
      assert.strictEqual(readFileSync(join(out, "file"), "utf8"), SECRET)
    }))

  it.scopedLive(`a directory that is swapped for a link to the outside, ${RACES} times`, () =>
    Effect.gen(function*() {
      const { driver, out, root } = yield* given
      symlinkSync(out, join(root, "link"))
      // nothing of the outside may change, and the names in it are what the races use
      for (const name of ["old", "gone"]) writeFileSync(join(out, name), SECRET)
      const before = stateOf(out)
      yield* swapping(root)
      const counts = { inside: 0, refused: 0 }
      const attempts = races(driver)
      const runner = (first: number) =>
        Effect.gen(function*() {
          for (let race = first; race < RACES; race += AT_ONCE) {
            const told = yield* seen(attempts[race % attempts.length])
            assert.notInclude(told, SECRET)
            assert.notInclude(told, root)
            counts[/^E[A-Z]+: /.test(told) ? "refused" : "inside"]++
            if (race % 5000 === 0) assert.strictEqual(stateOf(out), before, `after ${race} races`)
          }
        })
      yield* Effect.all(Array.from({ length: AT_ONCE }, (_, index) => runner(index)), { concurrency: AT_ONCE })
      assert.strictEqual(stateOf(out), before)
      assert.isAbove(counts.inside, RACES / 100)
      assert.isAbove(counts.refused, RACES / 100)
      console.log(`host_dir: ${RACES} races, ${JSON.stringify(counts)}`)
    }), 600_000)

  it.scopedLive("nor do guests get out, with all programs of their shell", () =>
    Effect.gen(function*() {
      const { out, root, top } = yield* given
      plantLinks(root, top)
      yield* plantSpecial(root)
      const before = stateOf(out)
      const above = readdirSync(top).sort()
      const sidecar = yield* Layer.build(TestSidecar.layer({ warmWorkers: 1 }))
      const { processes } = yield* Effect.provide(
        Vm.make({
          mounts: [{ path: "/data", plugin: { id: "host_dir", config: { hostPath: root, readOnly: false } } }]
        }),
        sidecar
      )
      for (const script of scripts(top)) {
        const { exitCode, stderr, stdout } = yield* processes.exec(script, { cwd: "/data", timeout: 60_000 })
        assert.notInclude(stdout, SECRET, script)
        assert.notInclude(stderr, SECRET, script)
        assert.strictEqual(stateOf(out), before, script)
        assert.deepStrictEqual(readdirSync(top).sort(), above, script)
        assert.isAtMost(exitCode, 127)
      }
      // and now while a link to the outside comes and goes
      symlinkSync(out, join(root, "link"))
      const scope = yield* Scope.make()
      yield* Scope.extend(swapping(root), scope)
      const swapped = yield* processes.exec(whileSwapped, { cwd: "/data", timeout: 150_000 })
      yield* Scope.close(scope, Exit.void)
      assert.notInclude(swapped.stdout, SECRET)
      assert.include(swapped.stdout, "inside")
      assert.strictEqual(stateOf(out), before)
      // the folder itself was theirs all along
      assert.strictEqual(readFileSync(join(root, "mine"), "utf8"), "mine\n")
    }), 400_000)
})

const removed = (driver: Driver, path: string): Effect.Effect<void, unknown> =>
  Effect.gen(function*() {
    const { isDirectory } = yield* driver.lstat(path)
    if (!isDirectory) return yield* driver.removeFile(path)
    for (const name of yield* driver.readDir(path)) yield* removed(driver, `${path}/${name}`)
    yield* driver.removeDir(path)
  })

/** What is tried while the directory is swapped: a look and a change in turn, of what is inside and outside of the same name. */
const races = (driver: Driver): ReadonlyArray<Effect.Effect<unknown, unknown>> => {
  const content = new TextEncoder().encode("inside")
  const look = looks(driver, "/dir/file")
  const change = changes(driver, "/dir/file")
  return [
    look["readFile"],
    change["writeFile"],
    look["pread"],
    change["pwrite"],
    look["read"],
    change["chmod"],
    look["readTextFile"],
    change["utimes"],
    Effect.map(driver.readDir("/dir"), (names) => names.includes("sub") ? SECRET : ""),
    driver.truncate("/dir/file", 6),
    Effect.map(driver.shortcuts!.descend("/", ["dir", "sub", "deep"]), (found) => found.length > 1 ? SECRET : ""),
    driver.writeFile("/dir/new", content),
    Effect.map(driver.shortcuts!.entries("/dir", ["sub"]), (found) => found.length > 0 ? SECRET : ""),
    driver.createDir("/dir/made"),
    driver.readTextFile("/dir/sub/deep"),
    driver.removeDir("/dir/made"),
    driver.createDir("/dir/sub2"),
    driver.symlink("file", "/dir/pointer"),
    driver.removeFile("/dir/pointer"),
    driver.link("/dir/file", "/dir/twin"),
    driver.removeFile("/dir/gone"),
    driver.rename("/dir/old", "/dir/older"),
    driver.removeFile("/dir/twin"),
    driver.chown("/dir/file", process.getuid!(), process.getgid!())
  ]
}

/** What a guest might try while the directory is swapped. */
const whileSwapped = `
for i in {1..60}; do
  cat dir/file; echo inside > dir/file; ls dir | grep sub && echo ${SECRET}
  chmod 700 dir/file; touch dir/file; cp dir/file dir/sub/deep; mv dir/sub dir/taken; rm -rf dir/link; ln dir/file dir/l$i
  cd dir && { cat file; echo inside > file; rm -f sub/deep; cd ..; }
done 2> /dev/null`

/** What a guest might try in the mounted folder. */
const scripts = (top: string): ReadonlyArray<string> => [
  "echo mine > mine",
  "cat relative absolute chain1 directory/file absdir/file up/out/file dir/inner/file dangling",
  `cat ${top}/out/file /proc/self/root${top}/out/file proc${top}/out/file /proc/1/root${top}/out/file`,
  "cat ../out/file ../../out/file /data/../out/file dir/../../out/file",
  "for f in relative absolute chain1 dangling directory/file directory/new absdir/new; do echo overwritten > $f; done",
  "for f in relative absolute chain1 dangling directory/file; do echo more >> $f; done",
  "for f in relative absolute directory/file up/out/file; do : > $f; truncate -s 1 $f; done",
  "chmod 777 relative absolute directory directory/file up up/out; chmod -R 777 directory/ absdir/",
  "touch -d 1971-01-01 relative absolute directory/file; touch -h -d 1971-01-01 relative; touch dangling directory/touched",
  "mkdir -p directory/made/deep absdir/made up/out/made dir/inner/made; mkdir dangling",
  "rm -rf directory/ directory/* absdir/* up/out dir/inner/ directory/sub",
  "cp mine directory/copied; cp mine relative; cp -r dir directory/; cp -rL directory stolen; cat stolen/* stolen/*/*",
  "mv mine directory/moved; mv directory/file stolen; mv directory/sub taken; ls; echo mine > mine",
  "ln -s ../../out fresh; cat fresh/file; ln -s /data/../out fresh2; cat fresh2/file; ls -la fresh/ fresh2/",
  "ln directory/file hard; ln relative hard2; ln -L relative hard3; cat hard hard2 hard3",
  "ln mine directory/linked; ln mine dangling",
  "find -L . -type f -exec cat {} +",
  "tar cf /tmp/all.tar -h directory relative 2>/dev/null; tar xOf /tmp/all.tar",
  "tar cf /tmp/x.tar mine && cd directory && tar xf /tmp/x.tar; tar xf /tmp/x.tar -C /data/absdir; echo done",
  "dd if=relative of=/dev/stdout; dd if=mine of=relative conv=notrunc; dd if=mine of=directory/dd",
  "cat fifo socket device zero proc/version fd/0 < /dev/null | head -c 100; echo x > fifo; echo x > device; ls fifo",
  "cd directory && cat file; cd /data/up && ls out; cd /data/proc && ls; cd ..; cd /data/cwd && cat package.json",
  "printf 'cat %s\\n' '..%2fout/file' '%2e%2e/out/file' | sh; cat $'..\\xc0\\xafout/file' $'\\xc0\\xae\\xc0\\xae/out/file'",
  "sed -i s/o/0/ relative directory/file; tee relative directory/tee < mine; split -b 1 mine directory/x; sort -o relative mine",
  "mkdir swap; for i in 1 2 3 4 5 6 7 8; do rm -rf swap; ln -s ../out swap; cat swap/file; rm swap; mkdir swap; echo y > swap/file; done"
]
