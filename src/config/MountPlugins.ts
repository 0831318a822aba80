/**
 * The kinds of filesystems that can be mounted, each with its settings.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Driver } from "../Driver.ts"
import { optionalKey } from "../OptionalKey.ts"
import { integerBetween, listOf, secret, text, withDefault } from "./Primitives.ts"

const methods: ReadonlyArray<keyof Driver> = [
  "readFile",
  "readTextFile",
  "readDir",
  "readDirWithTypes",
  "writeFile",
  "createDir",
  "mkdir",
  "exists",
  "stat",
  "lstat",
  "removeFile",
  "removeDir",
  "rename",
  "realpath",
  "symlink",
  "readlink",
  "link",
  "chmod",
  "chown",
  "utimes",
  "truncate",
  "pread",
  "pwrite"
]

/**
 * A filesystem implemented in the host program (see `Driver`). It lives in that program and cannot cross a wire.
 *
 * @since 0.1.0
 * @category schemas
 */
export const MountDriver: Schema.Schema<Driver> = Schema.declare(
  (u: unknown): u is Driver =>
    typeof u === "object" && u !== null && methods.every((name) => typeof (u as Driver)[name] === "function"),
  {
    identifier: "MountDriver",
    description: "a filesystem driver: an object with the 23 methods of Driver",
    arbitrary: () => (fc) =>
      fc.constant(Object.fromEntries(methods.map((name) => [name, () => Effect.never])) as unknown as Driver)
  }
)

/**
 * The plugins that mounts may name.
 *
 * @since 0.1.0
 * @category constants
 */
export const supportedPlugins = ["memory", "host_dir", "s3"] as const

/**
 * Plugins that are known and have no behaviour in this version.
 *
 * @since 0.1.0
 * @category constants
 */
export const unsupportedPlugins = ["google_drive", "sandbox_agent", "js_bridge", "module_access"] as const

/**
 * `memory`: a fresh, empty filesystem. It has no settings.
 *
 * @since 0.1.0
 * @category schemas
 */
export const MemoryConfig = Schema.Struct({}).pipe(
  Schema.filter((config) => {
    const [key] = Object.keys(config)
    return key === undefined ? undefined : { path: [key], message: "unknown key; no keys are known here" }
  }, { description: "an empty object", arbitrary: () => (fc) => fc.constant({}) })
)

const isBasename = (name: string): boolean =>
  name.length > 0 && name.length <= 255 && !name.includes("/") && !name.includes("\0") && name !== "." && name !== ".."

/**
 * The name of a file or directory, without a path.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Basename: Schema.filter<typeof Schema.String> = Schema.String.pipe(
  Schema.filter((name) => isBasename(name), {
    identifier: "Basename",
    description: "a file name without a slash",
    arbitrary: () => (fc) => fc.stringMatching(/^[a-z_]{1,12}$/)
  })
)

/**
 * `host_dir`: a directory of the host, read-only unless said otherwise. Entries named in `exclude` are left out at any
 * depth: the guest cannot list, read or create them.
 *
 * @since 0.1.0
 * @category schemas
 */
export const HostDirConfig = Schema.Struct({
  hostPath: text(4096),
  readOnly: withDefault(Schema.Boolean, () => true),
  exclude: withDefault(listOf(Basename, 1024), () => [])
})

/**
 * @since 0.1.0
 * @category models
 */
export interface HostDirConfig extends Schema.Schema.Type<typeof HostDirConfig> {}

const MIB = 1024 * 1024

const named = (pattern: RegExp, example: RegExp, description: string) =>
  Schema.String.pipe(Schema.filter((value) => pattern.test(value), {
    description,
    arbitrary: () => (fc) => fc.stringMatching(example)
  }))

/** A part of a host's name or of a path: nothing that could lead to another host, bucket or key. */
const Bucket = named(
  /^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  /^[a-z0-9]{3,12}$/,
  "the name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens"
)

const Region = named(/^[a-z0-9-]{1,64}$/, /^[a-z0-9-]{1,12}$/, "a region such as us-east-1")

const isPrefix = (prefix: string): boolean =>
  prefix.length <= 512 && !/[\u0000-\u001f\u007f]/.test(prefix) &&
  prefix.split("/").every((name) => name !== "." && name !== "..")

const Prefix = Schema.String.pipe(Schema.filter(isPrefix, {
  description: "a prefix of keys: at most 512 characters, without control characters, `.` and `..`",
  arbitrary: () => (fc) => fc.stringMatching(/^[a-z/]{0,12}$/)
}))

const isEndpoint = (value: string): boolean => {
  if (value.length > 2048 || !URL.canParse(value)) return false
  const { hash, password, pathname, protocol, search, username } = new URL(value)
  return (protocol === "https:" || protocol === "http:") && username + password + search + hash === "" &&
    pathname === "/"
}

const Endpoint = Schema.String.pipe(Schema.filter(isEndpoint, {
  description: "an address such as https://store.example.com, without path, query and credentials",
  arbitrary: () => (fc) => fc.constant("https://store.example.com")
}))

/**
 * Keys to an S3-compatible store. The secrets appear in no message, log or span. `sessionToken` comes with temporary keys.
 *
 * @since 0.1.0
 * @category schemas
 */
export const S3Credentials = Schema.Struct({
  accessKeyId: text(256),
  secretAccessKey: secret(256),
  sessionToken: optionalKey(secret(8192))
})

/**
 * `s3`: a tree in a bucket of an S3-compatible store. Its directories, names and attributes are one manifest
 * (`filesystem-manifest.json`, at most 64 MiB); content up to `inlineThreshold` bytes (default 64 KiB) is in it too, larger
 * content in objects of `chunkSize` bytes (default 4 MiB) below `blocks/`. A file has at most 1 GiB. All objects lie below
 * `prefix`. Any number of mounts may share a prefix and write to it: each change is one conditional write of the manifest,
 * so the store must honour `If-Match`, which is tried when a mount that may write is made. What other mounts change is seen
 * after `refreshMs` (default 1,000; 0 asks the store at each operation).
 *
 * Without `endpoint` the store is Amazon's in `region` (default `us-east-1`). With one, the bucket is a part of the path
 * unless `pathStyle` is false. An endpoint on this machine or in a private network is refused without
 * `allowPrivateEndpoint`; link-local addresses, where clouds have their metadata, always are. Without `credentials`, they
 * are those of the environment: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const S3Config = Schema.Struct({
  bucket: Bucket,
  prefix: withDefault(Prefix, () => ""),
  region: withDefault(Region, () => "us-east-1"),
  credentials: optionalKey(S3Credentials),
  endpoint: optionalKey(Endpoint),
  pathStyle: optionalKey(Schema.Boolean),
  allowPrivateEndpoint: withDefault(Schema.Boolean, () => false),
  chunkSize: withDefault(integerBetween(64 * 1024, 64 * MIB), () => 4 * MIB),
  inlineThreshold: withDefault(integerBetween(0, MIB), () => 64 * 1024),
  refreshMs: withDefault(integerBetween(0, 3_600_000), () => 1000)
}).pipe(
  Schema.filter(({ chunkSize, inlineThreshold }) =>
    inlineThreshold <= chunkSize
      ? undefined
      : { path: ["inlineThreshold"], message: "is larger than chunkSize" }
  )
)

/**
 * @since 0.1.0
 * @category models
 */
export interface S3Config extends Schema.Schema.Type<typeof S3Config> {}

/**
 * A filesystem served by the sidecar or the host, by id.
 *
 * @since 0.1.0
 * @category schemas
 */
export const MountPlugin = Schema.Union(
  Schema.Struct({ id: Schema.Literal("memory"), config: withDefault(MemoryConfig, () => ({})) }),
  Schema.Struct({ id: Schema.Literal("host_dir"), config: HostDirConfig }),
  Schema.Struct({ id: Schema.Literal("s3"), config: S3Config }),
  ...unsupportedPlugins.map((id) => Schema.Struct({ id: Schema.Literal(id), config: optionalKey(Schema.Unknown) }))
)

/**
 * @since 0.1.0
 * @category models
 */
export type MountPlugin = typeof MountPlugin.Type
