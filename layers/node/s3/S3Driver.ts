/**
 * A tree in a bucket of an S3-compatible store as a driver: `s3`. What it changes is in the store before it is answered,
 * but for bytes written into a file, which follow within seconds or at a sync (see `Files`). Failures are error numbers to
 * guests, and lines of the log to the host; neither has a secret in it.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import type * as Scope from "effect/Scope"
import { fromParseIssue } from "../../../src/config/ConfigIssue.ts"
import { S3Config, type S3Credentials } from "../../../src/config/MountPlugins.ts"
import type { Driver, DriverEntry } from "../../../src/Driver.ts"
import { errnoOf } from "../../../src/Driver.ts"
import type { Errno } from "../../../src/Errno.ts"
import { ConfigError } from "../../../src/errors/ConfigError.ts"
import { KernelError } from "../../../src/errors/KernelError.ts"
import { CodedError } from "../hostdir/BeneathRoot.ts"
import * as Blocks from "./Blocks.ts"
import * as Commits from "./Commits.ts"
import type { Edit } from "./Edits.ts"
import * as Edits from "./Edits.ts"
import * as Endpoint from "./Endpoint.ts"
import { Files } from "./Files.ts"
import * as NodeHttp from "./NodeHttp.ts"
import * as ObjectStore from "./ObjectStore.ts"
import type { StoreError } from "./StoreError.ts"
import * as Tree from "./Tree.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface S3DriverOptions {
  /** Nothing is written. Default `false`. */
  readonly readOnly?: boolean | undefined
  /** How long and how often the store is asked. */
  readonly patience?: Partial<ObjectStore.Patience> | undefined
}

/**
 * A tree in a store, until the Scope closes: then what is held is written, within ten seconds. What the configuration has
 * wrong, also by what the store says of it, is a `ConfigError`; a store that does not answer is a `KernelError` that may
 * be tried again.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  config: typeof S3Config.Encoded,
  options: S3DriverOptions = {}
): Effect.Effect<Driver, ConfigError | KernelError, Scope.Scope> =>
  Effect.flatMap(
    Effect.mapError(decode(config), fromParseIssue),
    (config) => open(config, options)
  )

const decode = ParseResult.decodeUnknown(S3Config, { onExcessProperty: "error" })

/**
 * The same with a configuration that has been checked.
 *
 * @since 0.1.0
 * @category constructors
 */
export const open = (
  config: S3Config,
  { patience, readOnly = false }: S3DriverOptions = {}
): Effect.Effect<Driver, ConfigError | KernelError, Scope.Scope> =>
  Effect.gen(function*() {
    const endpoint = yield* Endpoint.make(config)
    const credentials = config.credentials ?? (yield* fromEnvironment)
    const store = ObjectStore.make({
      client: yield* NodeHttp.make((address) => Endpoint.refusedAddress(address, endpoint.allowPrivate)),
      endpoint,
      region: config.region,
      credentials,
      patience: { ...ObjectStore.defaultPatience, ...patience }
    })
    const prefix = config.prefix.replace(/^\/+|\/+$/g, "").replace(/(.)$/, "$1/")
    const blocks = yield* Blocks.make(store, prefix)
    const { refreshMs } = config
    const commits = yield* Effect.catchAll(
      Commits.make({ store, prefix, refreshMs, onLost: (names) => blocks.discard(names) }),
      unusable
    )
    if (!readOnly) {
      yield* tryConditions(store, prefix)
      yield* Effect.forkScoped(sweep(blocks, commits))
    }
    const files = new Files({ commits, blocks, chunkSize: config.chunkSize, inlineThreshold: config.inlineThreshold })
    if (!readOnly) yield* files.background
    return driverOf(commits, files, readOnly)
  })

const fromEnvironment: Effect.Effect<typeof S3Credentials.Type, ConfigError> = Effect.mapError(
  Config.all({
    accessKeyId: Config.nonEmptyString("AWS_ACCESS_KEY_ID"),
    secretAccessKey: Config.redacted(Config.nonEmptyString("AWS_SECRET_ACCESS_KEY")),
    sessionToken: Config.option(Config.redacted(Config.nonEmptyString("AWS_SESSION_TOKEN")))
  }),
  () =>
    new ConfigError({
      path: "plugin.config.credentials",
      detail: "are missing; give them, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    })
).pipe(Effect.map(({ sessionToken, ...keys }) => ({ ...keys, sessionToken: Option.getOrUndefined(sessionToken) })))

/** What the store says of the configuration, or that it says nothing. */
const unusable = (error: Commits.CommitError): Effect.Effect<never, ConfigError | KernelError> => {
  if (error._tag === "KernelError") return Effect.fail(error)
  if (error._tag === "BadManifest") {
    return Effect.fail(new ConfigError({ path: "plugin.config.prefix", detail: error.message }))
  }
  const part = partOf(error)
  if (part !== undefined) return Effect.fail(new ConfigError({ path: `plugin.config.${part}`, detail: error.message }))
  return Effect.zipRight(
    Effect.logWarning(error.message),
    Effect.fail(new KernelError({ errno: error.errno, syscall: "mount" }))
  )
}

const partOf = ({ code, detail, reason, status }: StoreError): string | undefined => {
  if (reason === "Denied") return detail === undefined ? "credentials" : "endpoint"
  if (reason === "Missing") return "bucket"
  if (status === 301 || status === 307 || code === "AuthorizationHeaderMalformed") return "region"
  return reason === "Refused" ? "endpoint" : reason === "TooLarge" ? "prefix" : undefined
}

/**
 * Whether the store keeps to conditions, without which two mounts could undo each other's changes: a write of what is not
 * there must not succeed. It also tells whether anything may be written at all.
 */
const tryConditions = (
  store: ObjectStore.ObjectStore,
  prefix: string
): Effect.Effect<void, KernelError | ConfigError> => {
  const key = `${prefix}condition`
  return Effect.matchEffect(store.put(key, new Uint8Array(0), "\"00000000000000000000000000000000\""), {
    onSuccess: () =>
      Effect.zipRight(
        Effect.ignore(store.remove(key)),
        Effect.fail(
          new ConfigError({
            path: "plugin.config.endpoint",
            detail: "the store ignores If-Match, without which it cannot be written safely; mount it with readOnly"
          })
        )
      ),
    onFailure: (error) =>
      error.reason === "Conflict" || (error.reason === "Missing" && error.code !== "NoSuchBucket")
        ? Effect.void
        : unusable(error)
  })
}

const sweep = (blocks: Blocks.Blocks, commits: Commits.Commits): Effect.Effect<void> =>
  blocks.sweep(Effect.map(commits.latest, blocksOf)).pipe(
    Effect.catchAll((error) => Effect.logDebug(`s3: left-over blocks stay for now: ${error.message}`))
  )

const blocksOf = (tree: Tree.Tree): ReadonlySet<string> => {
  const names = new Set<string>()
  for (const node of HashMap.values(tree.nodes)) {
    if (node.type !== "file" || node.content.inline !== undefined) continue
    for (const name of node.content.blocks) if (name !== null) names.add(name)
  }
  return names
}

/** For the log only: a guest is told the number. */
const explained = <A>(effect: Effect.Effect<A, Commits.CommitError>): Effect.Effect<A, Commits.CommitError> =>
  Effect.tapErrorCause(effect, (cause) => {
    const failure = Cause.failureOption(cause)
    return Option.isSome(failure) && failure.value._tag !== "KernelError"
      ? Effect.logWarning(failure.value.message)
      : Effect.void
  })

const refusal = (errno: Errno, syscall: string, path: string) => Effect.fail(new KernelError({ errno, syscall, path }))

const driverOf = (commits: Commits.Commits, files: Files, readOnly: boolean): Driver => {
  /** Looks at the tree as it is. */
  const at = <A>(syscall: string, path: string, look: (tree: Tree.Tree) => A) =>
    explained(Effect.flatMap(commits.current, (tree) =>
      Effect.try({
        try: () => look(files.view(tree)),
        catch: (thrown) => new KernelError({ errno: errnoOf(thrown), syscall, path })
      })))
  const writing = <A>(syscall: string, path: string, effect: Effect.Effect<A, Commits.CommitError>) =>
    readOnly ? refusal("EROFS", syscall, path) : explained(effect)
  const edit = (syscall: string, path: string, edit: Edit) =>
    writing(syscall, path, files.edit({ syscall, path, edit }))
  const read = (path: string, offset: number, length: number) => explained(files.read(path, offset, length))
  const bytes = (path: string, offset: number, length: number) =>
    Effect.map(read(path, offset, length), (found) => found.bytes)
  const readFile = (path: string) => bytes(path, 0, Number.MAX_SAFE_INTEGER)
  const stat = (path: string, follow: boolean) =>
    at(follow ? "stat" : "lstat", path, (tree) => {
      const { ino, node } = Tree.find(tree, path, follow)
      return Tree.statOf(tree, ino, node)
    })
  return {
    owner: "vm",
    readFile,
    readTextFile: (path) => Effect.map(readFile(path), (bytes) => new TextDecoder().decode(bytes)),
    readDir: (path) =>
      at("scandir", path, (tree) => HashMap.toEntries(Tree.findDirectory(tree, path).entries).map(([name]) => name)),
    readDirWithTypes: (path) =>
      at("scandir", path, (tree) =>
        HashMap.toEntries(Tree.findDirectory(tree, path).entries).map(([name, ino]) => {
          const { type } = Tree.nodeAt(tree, ino)
          return { name, isDirectory: type === "directory", isSymbolicLink: type === "symlink" }
        })),
    exists: (path) =>
      Effect.catchIf(
        Effect.as(stat(path, true), true),
        (error) => error._tag === "KernelError" && ["ENOENT", "ENOTDIR", "ELOOP"].includes(error.errno),
        () => Effect.succeed(false)
      ),
    stat: (path) => stat(path, true),
    lstat: (path) => stat(path, false),
    realpath: (path) =>
      at("realpath", path, (tree) => {
        const place = Tree.walk(tree, path, true)
        Tree.find(tree, place.path, false)
        return place.path
      }),
    readlink: (path) => at("readlink", path, (tree) => linkOf(Tree.find(tree, path, false).node)),
    pread: bytes,
    writeFile: (path, content) => writing("open", path, files.replace(path, content)),
    createDir: (path) => edit("mkdir", path, Edits.makeDirectory(path)),
    mkdir: (path, recursive) =>
      edit("mkdir", path, recursive ? Edits.makeDirectories(path) : Edits.makeDirectory(path)),
    removeFile: (path) => edit("unlink", path, Edits.removeFile(path)),
    removeDir: (path) => edit("rmdir", path, Edits.removeDirectory(path)),
    rename: (from, to) => edit("rename", from, Edits.rename(from, to)),
    symlink: (target, path) => edit("symlink", path, Edits.makeLink(target, path)),
    link: (existing, path) => edit("link", existing, Edits.makeHardLink(existing, path)),
    chmod: (path, mode) => edit("chmod", path, Edits.setAttributes(path, { mode: mode & 0o7777 })),
    chown: (path, uid, gid) => edit("chown", path, Edits.setAttributes(path, { uid, gid })),
    utimes: (path, atimeMs, mtimeMs) =>
      Number.isFinite(atimeMs) && Number.isFinite(mtimeMs)
        ? edit("utime", path, Edits.setAttributes(path, { atimeMs, mtimeMs }))
        : refusal("EINVAL", "utime", path),
    truncate: (path, length) => writing("truncate", path, files.truncate(path, length)),
    pwrite: (path, offset, content) => writing("write", path, files.write(path, offset, content)),
    sync: () => readOnly ? Effect.void : explained(files.sync),
    shortcuts: {
      entries: (path, names) => at("scandir", path, (tree) => entriesOf(tree, Tree.findDirectory(tree, path), names)),
      descend: (path, names) => at("lookup", path, (tree) => descend(tree, path, names)),
      read: (path, offset, length) =>
        Effect.map(read(path, offset, length), ({ bytes, ino, tree }) => ({
          stat: Tree.statOf(tree, ino, Tree.nodeAt(tree, ino)),
          content: bytes
        }))
    }
  }
}

const linkOf = (node: Tree.Node): string => {
  if (node.type !== "symlink") throw new CodedError("EINVAL")
  return node.target
}

const entryOf = (tree: Tree.Tree, directory: Tree.DirectoryNode, name: string): DriverEntry | undefined => {
  const ino = Tree.childOf(directory, name)
  if (ino === undefined) return undefined
  const node = Tree.nodeAt(tree, ino)
  const stat = Tree.statOf(tree, ino, node)
  return node.type === "symlink" ? { name, stat, target: node.target } : { name, stat }
}

const entriesOf = (tree: Tree.Tree, directory: Tree.DirectoryNode, names: ReadonlyArray<string>) =>
  names.flatMap((name) => entryOf(tree, directory, name) ?? [])

/** The first name, the next in that, and so on, until one is missing. */
const descend = (tree: Tree.Tree, path: string, names: ReadonlyArray<string>): Array<DriverEntry> => {
  const found: Array<DriverEntry> = []
  let directory = Tree.findDirectory(tree, path)
  for (const name of names) {
    const entry = entryOf(tree, directory, name)
    if (entry === undefined) break
    found.push(entry)
    const next = Tree.nodeAt(tree, Tree.childOf(directory, name)!)
    if (next.type !== "directory") break
    directory = next
  }
  return found
}
