/**
 * The sidecar's requests, carried out by the methods of a driver.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { VirtualStat } from "../../src/config/FileStat.ts"
import type { Driver, DriverEntry } from "../../src/Driver.ts"
import { errnoOf } from "../../src/Driver.ts"
import { KernelError } from "../../src/errors/KernelError.ts"
import { inOwnFiber } from "../../src/OwnFiber.ts"
import type { TypeOf } from "../../src/wire/Codec.ts"
import type * as Operations from "../../src/wire/DriverOperations.ts"

type Stat = TypeOf<typeof Operations.statCodec>
type Lookup = TypeOf<typeof Operations.lookup.request>
type List = TypeOf<typeof Operations.list.request>
type Page = TypeOf<typeof Operations.list.response>
type Read = TypeOf<typeof Operations.read.request>
type Change = TypeOf<typeof Operations.change.request>

/** Listings that are kept for the pages to come. */
const KEPT_LISTINGS = 16
/** Calls of a driver that one request makes at once. */
const CONCURRENCY = 16

/**
 * A driver with what is remembered of its directories between two pages of one.
 *
 * @since 0.1.0
 * @category models
 */
export class Directory {
  private readonly listings = new Map<string, ReadonlyArray<string>>()

  constructor(readonly driver: Driver) {}

  /** The names of a directory in order, as they were for the page before, if there was one. */
  names(path: string, after: string | undefined): Effect.Effect<ReadonlyArray<string>, unknown> {
    const kept = after === undefined ? undefined : this.listings.get(path)
    if (kept !== undefined) return Effect.succeed(kept)
    return Effect.map(this.driver.readDir(path), (names) => {
      const sorted = names.filter((name) => name !== "." && name !== "..").sort()
      this.listings.delete(path)
      this.listings.set(path, sorted)
      for (const old of this.listings.keys()) {
        if (this.listings.size <= KEPT_LISTINGS) break
        this.listings.delete(old)
      }
      return sorted
    })
  }

  forget(path: string): void {
    this.listings.delete(path)
  }
}

const missing: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "ELOOP"])

const unlessMissing = <A>(effect: Effect.Effect<A, unknown>): Effect.Effect<A | undefined, unknown> =>
  Effect.catchAll(effect, (error) => missing.has(errnoOf(error)) ? Effect.succeed(undefined) : Effect.fail(error))

const below = (path: string, name: string): string => path === "/" ? `/${name}` : `${path}/${name}`

const typeOf = ({ isDirectory, isSymbolicLink, mode }: VirtualStat): Stat["type"] | undefined => {
  if (isSymbolicLink) return "symlink"
  if (isDirectory) return "directory"
  const bits = mode & 0o170000
  return bits === 0 || bits === 0o100000 ? "file" : undefined
}

/** On the wire; nothing for what is neither a file, a directory nor a link. */
const wire = ({ stat, target }: Omit<DriverEntry, "name">): Stat | undefined => {
  const type = typeOf(stat)
  if (type === undefined) return undefined
  const { atimeMs, birthtimeMs, ctimeMs, dev, gid, ino, mode, mtimeMs, nlink, size, uid } = stat
  const times = { atimeMs, mtimeMs, ctimeMs, birthtimeMs }
  return { type, mode: mode & 0o7777, size, uid, gid, ino, dev, nlink, ...times, target }
}

const entry = (driver: Driver, path: string, name: string): Effect.Effect<DriverEntry | undefined, unknown> =>
  unlessMissing(Effect.flatMap(driver.lstat(path), (stat) =>
    stat.isSymbolicLink
      ? Effect.map(driver.readlink(path), (target) => ({ name, stat, target }))
      : Effect.succeed({ name, stat })))

const descend = (driver: Driver, path: string, names: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const found: Array<DriverEntry> = []
    let at = path
    for (const name of names) {
      at = below(at, name)
      const next = yield* entry(driver, at, name)
      if (next === undefined) break
      found.push(next)
      if (!next.stat.isDirectory) break
    }
    return found
  })

const entries = (driver: Driver, path: string, names: ReadonlyArray<string>) =>
  Effect.map(
    inOwnFiber(Effect.forEach(names, (name) => entry(driver, below(path, name), name), { concurrency: CONCURRENCY })),
    (found) => found.filter((one) => one !== undefined)
  )

/** @since 0.1.0 @category handlers */
export const lookup = (
  { driver }: Directory,
  { names, path }: Lookup
): Effect.Effect<Array<Stat | undefined>, unknown> =>
  Effect.gen(function*() {
    const top = yield* entry(driver, path, "")
    const known = top === undefined ? undefined : wire(top)
    if (known?.type !== "directory") return [known]
    const found = yield* driver.shortcuts?.descend(path, names) ?? descend(driver, path, names)
    const stats = found.map(wire)
    const complete = found.length === names.length || stats[stats.length - 1]?.type !== "directory" && stats.length > 0
    return complete ? [known, ...stats] : [known, ...stats, undefined]
  })

/** @since 0.1.0 @category handlers */
export const list = (directory: Directory, { after, max, path }: List): Effect.Effect<Page, unknown> =>
  Effect.gen(function*() {
    const { driver } = directory
    const all = yield* directory.names(path, after)
    const first = after === undefined ? 0 : firstAfter(all, after)
    const names = all.slice(first, first + max)
    const more = first + max < all.length
    if (!more) directory.forget(path)
    const found = yield* driver.shortcuts?.entries(path, names) ?? entries(driver, path, names)
    const page = found.flatMap((one) => {
      const stat = wire(one)
      return stat === undefined ? [] : [{ name: one.name, stat }]
    })
    // all of a page may have gone away: the next one then takes its place
    return more && page.length === 0
      ? yield* list(directory, { driver: 0, path, after: names[names.length - 1], max })
      : { more, entries: page }
  })

const firstAfter = (names: ReadonlyArray<string>, after: string): number => {
  let low = 0
  let high = names.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (names[middle] <= after) low = middle + 1
    else high = middle
  }
  return low
}

/** @since 0.1.0 @category handlers */
export const read = (
  { driver }: Directory,
  { length, offset, path }: Read
): Effect.Effect<TypeOf<typeof Operations.read.response>, unknown> =>
  Effect.gen(function*() {
    const { content, stat } = yield* driver.shortcuts?.read(path, offset, length) ??
      Effect.zipWith(driver.lstat(path), driver.pread(path, offset, length), (stat, content) => ({ stat, content }))
    const known = wire({ stat })
    if (known === undefined) return yield* new KernelError({ errno: "EACCES", syscall: "read", path })
    return { stat: known, content }
  })

/** What not every filesystem has. */
const optional: ReadonlySet<string> = new Set(["ENOSYS", "ENOTSUP", "EPERM"])

const ifPossible = (effect: Effect.Effect<void, unknown>): Effect.Effect<void, unknown> =>
  Effect.catchAll(effect, (error) => optional.has(errnoOf(error)) ? Effect.void : Effect.fail(error))

const setMade = (driver: Driver, { gid, mode, path, uid }: Change): Effect.Effect<void, unknown> =>
  Effect.zipRight(
    mode === undefined ? Effect.void : ifPossible(driver.chmod(path, mode)),
    uid === undefined || gid === undefined ? Effect.void : ifPossible(driver.chown(path, uid, gid))
  )

const set = (driver: Driver, { atimeMs, gid, mode, mtimeMs, path, uid }: Change): Effect.Effect<void, unknown> =>
  Effect.gen(function*() {
    if (mode !== undefined) yield* driver.chmod(path, mode)
    if (uid !== undefined && gid !== undefined) yield* driver.chown(path, uid, gid)
    if (atimeMs !== undefined && mtimeMs !== undefined) yield* driver.utimes(path, atimeMs, mtimeMs)
  })

const perform = (driver: Driver, request: Change): Effect.Effect<unknown, unknown> => {
  const { content, dest = "", kind, offset = 0, path } = request
  switch (kind) {
    case "create":
      return Effect.zipRight(driver.writeFile(path, content), setMade(driver, request))
    case "mkdir":
      return Effect.zipRight(driver.createDir(path), setMade(driver, request))
    case "unlink":
      return driver.removeFile(path)
    case "rmdir":
      return driver.removeDir(path)
    case "rename":
      return driver.rename(path, dest)
    case "symlink":
      return driver.symlink(dest, path)
    case "link":
      return driver.link(path, dest)
    case "write":
      return driver.pwrite(path, offset, content)
    case "truncate":
      return driver.truncate(path, offset)
    case "set":
      return set(driver, request)
    case "sync":
      return driver.sync?.(path) ?? Effect.void
  }
}

/** @since 0.1.0 @category handlers */
export const change = ({ driver }: Directory, request: Change): Effect.Effect<object, unknown> =>
  Effect.as(perform(driver, request), {})
