// Testing a program that uses a VM: the same services from a sidecar inside the test's own process. With a test runner
// the body of `check` is the test; here it is run as it is.
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"
import { Filesystem, Processes, Vm } from "effect-agent-os"
import { TestSidecar } from "effect-agent-os/testing"
import { strictEqual } from "node:assert"

/** What is tested: it knows nothing of where its VM comes from. */
const countWords = (text: string) =>
  Effect.gen(function*() {
    const files = yield* Filesystem
    const processes = yield* Processes
    yield* files.writeFile("/tmp/text", text)
    const { stdout } = yield* processes.exec("wc -w < /tmp/text")
    return Number(stdout)
  })

const check = Effect.gen(function*() {
  strictEqual(yield* countWords("to be or not to be"), 6)
  strictEqual(yield* countWords(""), 0)
  // errors are values to test for, too
  const files = yield* Filesystem
  const error = yield* Effect.flip(files.readFile("/tmp/missing"))
  strictEqual(error._tag === "KernelError" && error.errno, "ENOENT")
  yield* Console.log("all is as expected")
})

check.pipe(Effect.provide(Vm.layer({})), Effect.provide(TestSidecar.layer()), NodeRuntime.runMain)
