/** What the flags of `agent-os run` mean. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import { readFileSync, statSync } from "node:fs"
import { resolve } from "node:path"
import { fromParseIssue } from "../../src/config/ConfigIssue.ts"
import { Limits } from "../../src/config/Limits.ts"
import { PermissionsConfig } from "../../src/config/PermissionsConfig.ts"
import type { VmConfigInput } from "../../src/config/VmConfig.ts"
import type { Failure } from "../exit.ts"
import { usage } from "../exit.ts"

export interface Mount {
  readonly hostPath: string
  readonly path: string
  readonly writable: boolean
}

const attempt = <A>(run: () => A): Effect.Effect<A, Failure> =>
  Effect.try({ try: run, catch: (cause) => usage(cause instanceof Error ? cause.message : String(cause)) })

const refuse = (message: string): never => {
  throw new Error(message)
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

/** `HOST:GUEST`, `HOST:GUEST:ro` or `HOST:GUEST:rw`. The folder must be there. */
export const parseMount = (given: string): Effect.Effect<Mount, Failure> =>
  attempt(() => {
    const parts = /^(.+?):(\/[^:]*)(?::(ro|rw))?$/.exec(given)
    if (parts === null) {
      return refuse(`--mount ${given}: write HOST:GUEST, HOST:GUEST:ro or HOST:GUEST:rw, GUEST being absolute`)
    }
    const hostPath = resolve(parts[1])
    if (!isFolder(hostPath)) refuse(`--mount ${given}: there is no folder ${hostPath}`)
    return { hostPath, path: parts[2].replace(/(?<=.)\/+$/, ""), writable: parts[3] === "rw" }
  })

/** Mounts as a configuration has them; what is written below writable ones stays in the VM. */
export const mountsOf = (
  mounts: ReadonlyArray<Mount>,
  exclude: ReadonlyArray<string>
): NonNullable<VmConfigInput["mounts"]> =>
  mounts.map(({ hostPath, path, writable }) => {
    const config = { hostPath, exclude }
    return writable
      ? { path, filesystem: { type: "overlay", lowers: [{ kind: "host_dir", config }] } }
      : { path, plugin: { id: "host_dir", config } }
  })

/** `NAME=VALUE` pairs; the last of a name counts. */
export const parseEnv = (given: ReadonlyArray<string>): Effect.Effect<Record<string, string>, Failure> =>
  attempt(() =>
    Object.fromEntries(given.map((pair) => {
      const at = pair.indexOf("=")
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(pair.slice(0, Math.max(at, 0)))) refuse(`--env ${pair}: write NAME=VALUE`)
      return [pair.slice(0, at), pair.slice(at + 1)]
    }))
  )

const sizes: Readonly<Record<string, number>> = { "": 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 }

/** `NAME=VALUE` pairs, a value being a number or a size such as `64M` or `64MiB`. */
export const parseLimits = (
  given: ReadonlyArray<string>
): Effect.Effect<NonNullable<VmConfigInput["limits"]>, Failure> =>
  attempt(() =>
    Object.fromEntries(given.map((pair) => {
      const [name, value = ""] = pair.split("=", 2)
      if (!Object.hasOwn(Limits.fields, name)) {
        refuse(`--limit ${pair}: there is no limit ${name}; there are ${Object.keys(Limits.fields).join(", ")}`)
      }
      const parts = /^(\d+)([KMG]?)(?:iB)?$/.exec(value)
      return [
        name,
        parts === null
          ? refuse(`--limit ${pair}: write NAME=VALUE, as in ${name}=64M`)
          : Number(parts[1]) * sizes[parts[2]]
      ]
    }))
  )

const MAX_POLICY_BYTES = 1024 * 1024

/** A permission policy in a file: JSON as `VmConfig.permissions` is written. */
export const parsePermissions = (path: string): Effect.Effect<NonNullable<VmConfigInput["permissions"]>, Failure> =>
  attempt(() => {
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat?.isFile() !== true) return refuse(`--permissions ${path}: there is no such file`)
    if (stat.size > MAX_POLICY_BYTES) return refuse(`--permissions ${path}: more than ${MAX_POLICY_BYTES} bytes`)
    const input = JSON.parse(readFileSync(path, "utf8"))
    const checked = ParseResult.decodeUnknownEither(PermissionsConfig, { onExcessProperty: "error" })(input)
    if (Either.isRight(checked)) return input
    const { detail, path: at } = fromParseIssue(checked.left)
    return refuse(`--permissions ${path}: ${at === "" ? "the policy" : at}: ${detail}`)
  })

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** A number of seconds, or one with a unit: `500ms`, `1.5s`, `2m`, `1h`. */
export const parseDuration = (given: string): Effect.Effect<Duration.Duration, Failure> =>
  attempt(() => {
    const parts = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(given)
    const milliseconds = parts === null ? 0 : Number(parts[1]) * units[parts[2] ?? "s"]
    if (milliseconds <= 0) refuse(`--timeout ${given}: write a time such as 500ms, 30s, 2m or 1h`)
    return Duration.millis(milliseconds)
  })
