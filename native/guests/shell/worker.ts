/**
 * Entry of the shell worker: loads the engine, says `ready`, and serves one VM from then on.
 */
import { parentPort } from "node:worker_threads"
import type { Dated, FromWorker, ToWorker } from "../protocol.ts"
import { setSurroundings } from "../wasm/workers.ts"
import { installClock } from "./clock.ts"
import { Gate } from "./gate.ts"
import { installRandom } from "./random.ts"
import { Rehearsal } from "./rehearsal.ts"
import { ShellWorker } from "./shell-worker.ts"

const port = parentPort!
const worker = new ShellWorker((message, transfer) => port.postMessage(message, transfer))
installClock()
const rehearsal = new Rehearsal((post) => new ShellWorker(post), (run) => {
  const timer = setTimeout(run)
  return () => clearTimeout(timer)
})
await rehearsal.first()
const gate = new Gate(
  (message) => {
    if (message._tag === "bind") installRandom(message.seed)
    worker.receive(message)
  },
  (id) => {
    worker.flush()
    port.postMessage({ _tag: "settled", id } satisfies FromWorker)
  }
)
setSurroundings({ program: new URL("./wasm-worker.js", import.meta.url), ticket: gate.ticket })
port.on("message", (message: Dated<ToWorker>) => {
  rehearsal.stop()
  gate.receive(message)
})
port.postMessage({ _tag: "ready" } satisfies FromWorker)
void rehearsal.rest()
