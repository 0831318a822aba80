import { it } from "@effect/vitest"
import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { inVm } from "./support.ts"
const encode = (text: string) => new TextEncoder().encode(text)
it.live("bin", () => inVm(() => Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  yield* fs.writeFile("/tmp/b", new Uint8Array([1, 128, 255, 195, 188]))
  for (const c of [Command.make("cat", "/tmp/b"), Command.make("printf", "\\200"), Command.make("sh", "-c", "cat /tmp/b"), Command.make("cat").pipe(Command.stdin(Stream.make(new Uint8Array([1, 128, 255]))))])
  console.log(yield* Stream.runFold(Command.stream(c), "", (t, b) => t + Array.from(b).join(" ")))
})), 15000)
it.live("vm", () => inVm(() => Effect.scoped(Effect.gen(function*() {
  const text = <E>(bytes: Stream.Stream<Uint8Array, E>) => Stream.mkString(Stream.decodeText(bytes))
  const process = yield* Command.start(Command.make("sh", "-c", "cat; echo oops >&2; exit 3"))
  console.log("started")
  yield* Stream.run(Stream.make(encode("fed "), encode("in pieces")), process.stdin)
  console.log("fed")
  console.log(yield* text(process.stdout))
  console.log(yield* text(process.stderr), yield* process.exitCode)
  const killed = yield* Command.start(Command.make("sleep", "60"))
  console.log("s")
  yield* killed.kill()
  console.log("k")
  const exit = yield* Effect.exit(killed.exitCode)
  console.log(exit)
}))), 5000)
