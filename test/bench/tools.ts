/** What a call of a host tool costs: from the shell, in a row, from many VMs at once, and when it is denied. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as ToolKit from "../../services/ToolKit.ts"
import { Vm } from "../../services/Vm.ts"
import type { Group } from "./bench.ts"
import { times } from "./bench.ts"
import { atLeast, atMost, quantile, row, sample, timed } from "./measure.ts"

const Desk = ToolKit.make("desk", {
  description: "A desk",
  tools: {
    find: ToolKit.tool({
      description: "Find something",
      input: Schema.Struct({ id: Schema.String }),
      output: Schema.Struct({ id: Schema.String, cents: Schema.Int }),
      limits: { concurrency: 256 }
    }),
    closed: ToolKit.tool({ description: "Find nothing", input: Schema.Struct({ id: Schema.String }) })
  }
})

const handlers = Desk.toLayer({
  find: ({ id }) => Effect.succeed({ id, cents: 500 }),
  closed: () => Effect.void
})

const lease = Vm.make({
  toolKits: [Desk],
  permissions: { tool: { default: "allow", rules: [{ mode: "deny", patterns: ["desk:closed"] }] } }
}).pipe(Effect.provide(handlers))

/** Calls of one script. */
const ROUNDS = 250
/** Scripts at once, each in its own VM. */
const VMS = 4

const loop = (tool: string) => `for ((i = 0; i < ${ROUNDS}; i++)); do desk ${tool} --id 7; done > /dev/null 2>&1`

/** Rounds before the first that counts: until then code is being compiled. */
const WARM = 6

export const tools: Group = {
  name: "tools",
  run: (settings) =>
    Effect.gen(function*() {
      const { processes, tools } = yield* lease
      const one = yield* sample(times(settings, 300), processes.exec("desk find --id 7"))
      const nothing = yield* sample(times(settings, 300), processes.exec(":"))
      const perCall = (samples: ReadonlyArray<number>) => samples.map((ms) => ms / ROUNDS)
      const allowed: Array<number> = []
      const denied: Array<number> = []
      const alone: Array<number> = []
      // in turns, so that what else the machine does falls on all alike
      for (let i = 0; i < times(settings, 20) + WARM; i++) {
        const a = yield* timed(processes.exec(loop("find")))
        const b = yield* timed(processes.exec(loop("closed")))
        // a tool that does not exist is refused by the command itself
        const c = yield* timed(processes.exec(loop("missing")))
        if (i >= WARM) {
          allowed.push(a)
          denied.push(b)
          alone.push(a - c)
        }
      }
      const host = yield* sample(times(settings, 500), tools.call("desk:find", { id: "7" }))
      const vms = yield* Effect.all(Array.from({ length: VMS }, () => lease))
      const all = Effect.forEach(vms, (vm) => vm.processes.exec(loop("find")), { concurrency: VMS })
      const rates = (yield* sample(times(settings, 20), all, WARM)).map((ms) => VMS * ROUNDS * 1000 / ms)
      return [
        row("tool call from the shell, a command of its own", one, {
          bar: atMost(5),
          note: `an empty command: ${quantile(nothing, 0.5).toFixed(2)} ms`
        }),
        row("tool call by a guest, command and all, in a row", perCall(allowed)),
        row("... less its command: the system call", perCall(alone), { bar: atMost(0.5) }),
        row("denied tool call by a guest, in a row", perCall(denied), { bar: atMost(quantile(perCall(allowed), 0.5)) }),
        row("tool call by the host", host),
        row(`tool calls of ${VMS} VMs at once`, rates, { unit: "calls/s", bar: atLeast(2000) })
      ]
    }).pipe(Effect.scoped)
}
