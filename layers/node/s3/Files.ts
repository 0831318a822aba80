/**
 * The content of the files of an `s3` mount. What is written into a file is held in memory until a moment passes without a
 * write to it, until it is synced, or until anything else changes in the mount: then its blocks are written, and after them
 * the tree. Everything that is asked of this mount sees it at once.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import type * as Scope from "effect/Scope"
import { errnoOf } from "../../../src/Driver.ts"
import { KernelError } from "../../../src/errors/KernelError.ts"
import { inOwnFiber } from "../../../src/OwnFiber.ts"
import { Turns } from "../../../src/Turns.ts"
import type { Block, Blocks } from "./Blocks.ts"
import type { Change, CommitError, Commits } from "./Commits.ts"
import { replaceFile, writeContent } from "./Edits.ts"
import { MAX_FILE_BYTES } from "./Manifest.ts"
import type { StoreError } from "./StoreError.ts"
import { type Content, type FileNode, findFile, type Tree } from "./Tree.ts"
import { type Source, WrittenFile } from "./Written.ts"

/** Bytes that are held for all files together, unless two blocks are more. */
const HELD_BYTES = 32 * 1024 * 1024
/** Milliseconds without a write after which a file is written out, and the most that it waits. */
const IDLE_MS = 250
const LONGEST_MS = 5000
/** What the end of a mount waits for the store. */
const FAREWELL_MS = 10_000
const CONCURRENCY = 4
/** Files whose reads are followed. */
const FOLLOWED = 256
/** How often a file may be replaced while it is read. */
const MAX_REPLACED = 5

/**
 * @since 0.1.0
 * @category models
 */
export interface FilesOptions {
  readonly commits: Commits
  readonly blocks: Blocks
  readonly chunkSize: number
  readonly inlineThreshold: number
}

/**
 * @since 0.1.0
 * @category models
 */
export class Files {
  private readonly written = new Map<number, WrittenFile>()
  private readonly turns = new Turns()
  /** Has a permit from the first write on until it is looked after: a sign and no lock, which the next first write gives again. */
  private readonly dirty = Effect.unsafeMakeSemaphore(1)
  /** Where the last read of a file ended. */
  private readonly ends = new Map<number, number>()
  private firstMs = 0
  private lastMs = 0
  /** Why what was held could not be written, until somebody has been told. */
  private failure: CommitError | undefined

  constructor(private readonly options: FilesOptions) {}

  /** Writes out what is held: a moment after it was written, for as long as there is some, and at the end. */
  get background(): Effect.Effect<void, never, Scope.Scope> {
    const tick = Effect.flatMap(
      Clock.currentTimeMillis,
      (now) =>
        this.written.size > 0 && (now - this.lastMs >= IDLE_MS || now - this.firstMs >= LONGEST_MS)
          ? Effect.catchAll(this.flush, (error) => this.note(error))
          : Effect.void
    )
    const ticks = Effect.repeat(Effect.zipRight(Effect.sleep(IDLE_MS / 2), tick), {
      while: () => this.written.size > 0
    })
    const farewell = Effect.suspend(() => this.written.size === 0 ? Effect.void : this.flush).pipe(
      Effect.timeoutFail({
        duration: FAREWELL_MS,
        onTimeout: () => new KernelError({ errno: "ETIMEDOUT", syscall: "fsync" })
      }),
      Effect.interruptible,
      Effect.catchAll((error) => Effect.logError(`s3: what was written last is lost: ${error.message}`))
    )
    return Effect.zipRight(
      Effect.addFinalizer(() => farewell),
      Effect.asVoid(Effect.forkScoped(Effect.forever(Effect.zipRight(this.dirty.take(1), ticks))))
    )
  }

  private note(error: CommitError): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.failure = error
      // not again at once
      this.lastMs = this.firstMs = Math.max(this.lastMs, this.firstMs) + LONGEST_MS
      return Effect.logWarning(`s3: what was written is still held: ${error.message}`)
    })
  }

  /** What was held and could not be written is the error of the next call that writes. */
  private get told(): Effect.Effect<void, CommitError> {
    return Effect.suspend(() => {
      const { failure } = this
      this.failure = undefined
      return failure === undefined ? Effect.void : Effect.fail(failure)
    })
  }

  /** The tree as this mount sees it: with what is held. */
  view(tree: Tree): Tree {
    let { nodes } = tree
    for (const { ino, mtimeMs, size } of this.written.values()) {
      nodes = HashMap.modify(nodes, ino, (node) => node.type === "file" ? { ...node, size, mtimeMs } : node)
    }
    return nodes === tree.nodes ? tree : { ...tree, nodes }
  }

  /** Writes all that is held. */
  get flush(): Effect.Effect<void, CommitError> {
    return this.turns.take(this.flushWith())
  }

  /** Makes a change of the tree after what is held, in one write. */
  edit(change: Change): Effect.Effect<void, CommitError> {
    return Effect.suspend(() =>
      this.written.size === 0
        ? Effect.flatMap(this.options.commits.ask([change]), ([made]) => made)
        : this.turns.take(this.flushWith(change))
    )
  }

  /** In its turn. What is refused of the files is noted where there is a change of somebody's. */
  private flushWith(change?: Change): Effect.Effect<void, CommitError> {
    const { blocks, commits, inlineThreshold } = this.options
    return Effect.gen(this, function*() {
      const files = Array.from(this.written.values())
      const flushes = yield* Effect.forEach(files, (file) =>
        Effect.gen(this, function*() {
          yield* blocks.discard(yield* file.store(blocks, inlineThreshold))
          const small = file.size <= inlineThreshold ? yield* file.small(blocks) : undefined
          return this.begin(file, small)
        }))
      const changes = flushes.map((flush) => flush.change)
      const made = yield* commits.ask(change === undefined ? changes : [...changes, change])
      const own = Effect.forEach(flushes, ({ end }, at) => end(made[at]), { discard: true })
      yield* change === undefined ? own : Effect.catchAll(own, (error) => this.note(error))
      if (change !== undefined) yield* made[flushes.length]
    })
  }

  /** What makes a file in the tree what it has become, and what then becomes of it here. */
  private begin(file: WrittenFile, small: Content | undefined) {
    const { blocks } = this.options
    // of an earlier attempt it is not known whether the tree has its blocks
    const unknown = file.attempted
    file.attempted = true
    const edit = writeContent(file.ino, file.mtimeMs, (_, now) => ({
      size: file.size,
      content: small ?? file.merged(now)
    }))
    const end = (made: Effect.Effect<void, CommitError>) =>
      made.pipe(
        Effect.zipRight(Effect.sync(() => this.written.delete(file.ino))),
        Effect.zipRight(small === undefined ? Effect.void : blocks.discard(file.names)),
        Effect.tapError((error) => {
          if (errnoOf(error) !== "ESTALE") return Effect.void
          this.written.delete(file.ino)
          return unknown ? Effect.void : blocks.discard(file.names)
        })
      )
    return { change: { syscall: "write", path: file.path, edit }, end }
  }

  /** Makes a file of this content, or replaces what it has. */
  replace(path: string, content: Uint8Array): Effect.Effect<void, CommitError> {
    const { blocks, chunkSize, inlineThreshold } = this.options
    return Effect.gen(this, function*() {
      if (content.length > MAX_FILE_BYTES) return yield* tooLarge("open", path)
      if (content.length <= inlineThreshold) {
        const edit = replaceFile(path, content.length, { inline: content.slice() })
        return yield* this.edit({ syscall: "open", path, edit })
      }
      const starts = Array.from({ length: Math.ceil(content.length / chunkSize) }, (_, index) => index * chunkSize)
      const stored = yield* inOwnFiber(Effect.forEach(
        starts,
        (at) => blocks.write(content.subarray(at, at + chunkSize)),
        { concurrency: CONCURRENCY }
      ))
      const names = stored.map(({ name }) => name)
      const edit = replaceFile(path, content.length, { blockSize: chunkSize, blocks: names })
      yield* Effect.tapError(
        this.edit({ syscall: "open", path, edit }),
        // of another error it is not known whether the tree has them
        (error) => error._tag === "KernelError" && error.errno !== "ECANCELED" ? blocks.discard(names) : Effect.void
      )
    })
  }

  write(path: string, offset: number, content: Uint8Array): Effect.Effect<number, CommitError> {
    return Effect.as(
      this.change("write", path, offset + content.length, (file) => file.write(this.options.blocks, offset, content)),
      content.length
    )
  }

  truncate(path: string, length: number): Effect.Effect<void, CommitError> {
    return this.change("truncate", path, length, (file) => file.resize(this.options.blocks, length))
  }

  private change(
    syscall: string,
    path: string,
    end: number,
    run: (file: WrittenFile) => Effect.Effect<void, StoreError>
  ): Effect.Effect<void, CommitError> {
    const { chunkSize, commits } = this.options
    return this.turns.take(Effect.gen(this, function*() {
      yield* this.told
      const { ino, node } = yield* look(syscall, path, yield* commits.current)
      if (end > MAX_FILE_BYTES) return yield* tooLarge(syscall, path)
      const file = this.written.get(ino) ?? new WrittenFile(ino, path, node, chunkSize)
      yield* run(file)
      file.mtimeMs = yield* Clock.currentTimeMillis
      if (this.written.size === 0) {
        this.firstMs = file.mtimeMs
        yield* this.dirty.releaseAll
      }
      this.lastMs = file.mtimeMs
      this.written.set(ino, file)
      yield* this.makeRoom
    }))
  }

  /** Brings blocks into the store when more is held than may be. */
  private get makeRoom(): Effect.Effect<void, CommitError> {
    const { blocks, chunkSize, inlineThreshold } = this.options
    return Effect.gen(this, function*() {
      const files = Array.from(this.written.values())
      const held = files.reduce((total, file) => total + file.held, 0)
      if (held <= Math.max(HELD_BYTES, 2 * chunkSize)) return
      for (const file of files) yield* blocks.discard(yield* file.store(blocks, inlineThreshold))
      const rest = files.reduce((total, file) => total + file.held, 0)
      // many small files
      if (rest > HELD_BYTES / 2) yield* this.flushWith()
    })
  }

  /** After this, the store has what was written. */
  get sync(): Effect.Effect<void, CommitError> {
    return Effect.zipRight(this.told, this.flush)
  }

  /** Bytes of a file, fewer only at its end, and the file as it is while they are read. */
  read(
    path: string,
    offset: number,
    length: number
  ): Effect.Effect<{ readonly tree: Tree; readonly ino: number; readonly bytes: Uint8Array }, CommitError> {
    const { commits } = this.options
    const attempt = (latest: boolean) =>
      Effect.gen(this, function*() {
        const tree = this.view(yield* latest ? commits.latest : commits.current)
        const { ino, node } = yield* look("read", path, tree)
        const end = Math.min(node.size, offset + length)
        const bytes = offset >= end ? new Uint8Array(0) : yield* this.content(ino, node, offset, end)
        return { tree, ino, bytes }
      })
    const again = (left: number): ReturnType<typeof attempt> =>
      Effect.catchIf(
        attempt(left < MAX_REPLACED),
        // somebody has replaced the file, and removed what it was
        (error) => error._tag === "StoreError" && error.reason === "Missing" && error.code !== "NoSuchBucket",
        (error) => left > 0 ? again(left - 1) : Effect.zipRight(Effect.logError(error.message), gone(path))
      )
    return again(MAX_REPLACED)
  }

  private content(ino: number, node: FileNode, from: number, to: number): Effect.Effect<Uint8Array, StoreError> {
    const { blocks } = this.options
    const { content } = node
    const written = this.written.get(ino)
    if (written === undefined && content.inline !== undefined) return Effect.succeed(content.inline.slice(from, to))
    const blockSize = written?.blockSize ?? (content.inline === undefined ? content.blockSize : 1)
    const inOrder = from === 0 || this.ends.get(ino) === from
    this.follow(ino, to)
    const parts: Array<
      { readonly at: number; readonly start: number; readonly length: number; readonly source: Source }
    > = []
    for (let at = from; at < to;) {
      const index = Math.floor(at / blockSize)
      const start = at - index * blockSize
      const length = Math.min(blockSize - start, to - at)
      const source = written === undefined
        ? blockOf(node, index)
        : written.source(index, start, start + length)
      parts.push({ at: at - from, start, length, source })
      at += length
    }
    const bytes = new Uint8Array(to - from)
    return Effect.as(
      inOwnFiber(Effect.forEach(parts, ({ at, length, source, start }) => {
        if (source === undefined) return Effect.void
        if (source instanceof Uint8Array) return Effect.sync(() => bytes.set(source, at))
        return Effect.map(blocks.read(source, start, length, inOrder), (found) => bytes.set(found, at))
      }, { concurrency: CONCURRENCY, discard: true })),
      bytes
    )
  }

  private follow(ino: number, end: number): void {
    this.ends.delete(ino)
    this.ends.set(ino, end)
    for (const old of this.ends.keys()) {
      if (this.ends.size <= FOLLOWED) break
      this.ends.delete(old)
    }
  }
}

const blockOf = ({ content, size }: FileNode, index: number): Block | undefined => {
  if (content.inline !== undefined) return undefined
  const name = content.blocks[index]
  return name === null ? undefined : { name, length: Math.min(content.blockSize, size - index * content.blockSize) }
}

const tooLarge = (syscall: string, path: string) =>
  new KernelError({ errno: "EFBIG", syscall, path, limit: { name: "s3 file bytes", value: MAX_FILE_BYTES } })

const gone = (path: string) => Effect.fail(new KernelError({ errno: "EIO", syscall: "read", path }))

const look = (syscall: string, path: string, tree: Tree) =>
  Effect.try({
    try: () => findFile(tree, path),
    catch: (thrown) => new KernelError({ errno: errnoOf(thrown), syscall, path })
  })
