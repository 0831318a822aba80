/** `agent-os doctor`. */
import * as Effect from "effect/Effect"
import type { Failure } from "../exit.ts"
import { ExitCode } from "../exit.ts"
import { toStdout } from "../output.ts"
import type { Check } from "./checks.ts"
import { checks } from "./checks.ts"

const line = ({ advice, detail, milliseconds, name, status }: Check): string => {
  const time = milliseconds === undefined ? "" : ` (${milliseconds} ms)`
  return `${status.padEnd(5)} ${name.padEnd(18)} ${detail}${time}\n${
    advice === undefined ? "" : `${" ".repeat(25)}-> ${advice}\n`
  }`
}

/** Checks the machine and tells the outcome; gives the exit code. */
export const doctor = (json: boolean): Effect.Effect<number, Failure> =>
  Effect.gen(function*() {
    const found = yield* checks
    const ok = found.every(({ status }) => status === "ok" || status === "warn")
    yield* toStdout(
      json
        ? `${JSON.stringify({ ok, checks: found }, undefined, 2)}\n`
        : `${found.map(line).join("")}\n${ok ? "VMs can run here." : "VMs cannot run here yet."}\n`
    )
    return ok ? 0 : ExitCode.unhealthy
  })
