/**
 * A second host program on a sidecar that runs: writes 3,000 files at once, over and over, until it is killed. Takes the
 * path of the sidecar's socket as its argument and the token on its standard input; prints a line when the writes go on.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { randomUUID } from "node:crypto"
import { text } from "node:stream/consumers"
import { NodeTransport } from "../../../layers/node/index.ts"
import { plugins } from "../../../layers/node/plugins.ts"
import * as ControlClient from "../../../layers/remote/ControlClient.ts"
import * as SidecarPool from "../../../layers/remote/SidecarPool.ts"
import { Sidecar } from "../../../services/Sidecar.ts"
import { Vm } from "../../../services/Vm.ts"
import { writesAtOnce } from "../abuse.ts"

const token = (await text(process.stdin)).trim()

const connect = Effect.gen(function*() {
  const transport = yield* NodeTransport.makeUnix(process.argv[2], { token })
  return { transport, control: yield* ControlClient.make(transport), exited: Effect.never }
})

const sidecar = Layer.scoped(
  Sidecar,
  SidecarPool.make({
    connect: () => connect,
    plugins,
    uuid: Effect.sync(randomUUID)
  })
)

const program = Effect.gen(function*() {
  const vm = yield* Vm.make({})
  const round = writesAtOnce(vm)
  yield* round
  console.log("ready")
  yield* Effect.forever(round)
})

await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(sidecar)))
