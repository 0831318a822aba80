import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestSidecar from "../../layers/testing/TestSidecar.ts"
import { Vm } from "../../services/Vm.ts"
it.live("raw", () => Effect.gen(function*() {
  const vm = yield* Vm.make({})
  yield* vm.filesystem.writeFile("/tmp/b", new Uint8Array([1, 128, 255, 195, 188]))
  for (const c of ["cat /tmp/b", "'cat' '/tmp/b'", "cat /tmp/b | cat", "sh -c 'cat /tmp/b'", "printf '\\200'", "{ cat /tmp/b; }", "exec cat /tmp/b", "cat /tmp/b; cat /tmp/b", "cat - ; exit 1", "head -c 10 /tmp/b"])
    console.log(c, yield* Stream.runFold(vm.processes.run(c, {stdin: new Uint8Array([200])}), "", (t, e) => e._tag === "Stdout" ? t + Array.from(e.bytes).join(" ") : t))
}).pipe(Effect.scoped, Effect.provide(TestSidecar.layer)), 60000)
