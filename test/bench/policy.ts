/** What a decision of a policy costs. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { PermissionsConfig } from "../../src/config/PermissionsConfig.ts"
import { compile } from "../../src/policy/Policy.ts"
import type { Group } from "./bench.ts"
import { times } from "./bench.ts"
import { atMost, row } from "./measure.ts"

const policy = compile(
  Schema.decodeUnknownSync(PermissionsConfig)({
    fs: {
      default: "allow",
      rules: [
        { mode: "deny", paths: ["/etc/secrets", "/etc/secrets/**"] },
        { mode: "deny", operations: ["write", "rm", "rename"], paths: ["/repo/.git/**", "**/*.lock"] },
        { mode: "ask", operations: ["write"], paths: ["/repo/*/package.json"] },
        ...Array.from(
          { length: 17 },
          (_, index) => ({ mode: "deny", paths: [`/vault/${index}/**`, `**/*.key${index}`] })
        )
      ]
    }
  })
)

const paths = [
  "/etc/secrets/a",
  "/repo/src/index.ts",
  "/repo/packages/core/src/deep/er/still/file.test.ts",
  "/tmp/x.lock"
]

/** Decisions of one sample. */
const BATCH = 1000

export const decisions: Group = {
  name: "policy",
  run: (settings) =>
    Effect.sync(() => {
      const samples: Array<number> = []
      for (let i = 0; i < times(settings, 200); i++) {
        const start = performance.now()
        for (let j = 0; j < BATCH; j++) policy.decide("fs", "read", paths[j & 3])
        samples.push((performance.now() - start) * 1000 / BATCH)
      }
      return [row("policy decision, 20 rules of wildcards", samples, { unit: "us", bar: atMost(5) })]
    })
}
