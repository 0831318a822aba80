import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { given, tree } from "./support.ts"

const files = { "a": "1", "b": "2", "d/a": "3", "d/e/b": "4", "d/e/c": "5", "f/a": "6", "f/g/a": "7" }

const path = FastCheck.array(FastCheck.constantFrom("a", "b", "d", "e", "f", "g"), { minLength: 1, maxLength: 3 })
  .map((names) => names.join("/"))

/** Commands that may well fail: what matters is what is there in the end. */
const command = FastCheck.oneof(
  FastCheck.tuple(FastCheck.constantFrom("mv", "cp -r"), path, path).map(([name, from, to]) => `${name} ${from} ${to}`),
  path.map((path) => `rm -r ${path}`),
  path.map((path) => `mkdir -p ${path}`),
  FastCheck.tuple(FastCheck.nat(99), path).map(([text, path]) => `echo ${text} > ${path}`),
  FastCheck.tuple(path, path).map(([to, path]) => `ln -s ${to} ${path}`),
  FastCheck.tuple(FastCheck.constantFrom("700", "644", "755"), path).map(([mode, path]) => `chmod ${mode} ${path}`)
)

const check = (commands: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const { apply, host, vm } = yield* given(files)
    yield* vm.processes.exec(`( ${commands.join("; ")} ) 2>/dev/null`, { cwd: "/repo", timeout: "5 seconds" })
    const expected: Record<string, string> = {}
    for (const { path, type } of yield* vm.filesystem.readdirRecursive("/repo")) {
      const mode = ((yield* vm.filesystem.lstat(path)).mode & 0o7777).toString(8)
      expected[path.slice("/repo/".length)] = type === "symlink"
        ? `link ${yield* vm.filesystem.readlink(path)}`
        : type === "directory"
        ? `folder ${mode}`
        : `file ${mode} ${yield* vm.filesystem.readFileString(path)}`
    }
    const outcome = yield* Effect.either(apply())
    if (outcome._tag === "Left") assert.fail(`${commands.join("; ")}\n${outcome.left.message}`)
    assert.deepStrictEqual(tree(host), expected, commands.join("; "))
  }).pipe(Effect.scoped)

it.effect("after any commands the host is what the VM is", () =>
  Effect.forEach(
    FastCheck.sample(FastCheck.array(command, { minLength: 1, maxLength: 14 }), { numRuns: 60, seed: 7 }),
    check,
    { discard: true }
  ), 120_000)
