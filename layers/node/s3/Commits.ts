/**
 * The manifest of an `s3` mount: what it said last, and how it is changed. Each change is one write on the condition that
 * nobody else has written meanwhile; if somebody has, the same edits are made on what is there now. So any number of
 * mounts, on any number of hosts, see one sequence of trees. Edits that come while a write is under way go together in the
 * next one.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Queue from "effect/Queue"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import { errnoOf } from "../../../src/Driver.ts"
import type { Errno } from "../../../src/Errno.ts"
import { KernelError } from "../../../src/errors/KernelError.ts"
import { inOwnFiber } from "../../../src/OwnFiber.ts"
import { Turns } from "../../../src/Turns.ts"
import { Draft, type Edit } from "./Edits.ts"
import * as Manifest from "./Manifest.ts"
import type { ObjectStore } from "./ObjectStore.ts"
import type { StoreError } from "./StoreError.ts"
import { empty, type Tree } from "./Tree.ts"

/**
 * What a change can fail with.
 *
 * @since 0.1.0
 * @category models
 */
export type CommitError = StoreError | Manifest.BadManifest | KernelError

/**
 * @since 0.1.0
 * @category models
 */
export interface Commits {
  /** The tree, as it was within the last `refreshMs` milliseconds. */
  readonly current: Effect.Effect<Tree, CommitError>
  /** The tree as it is now. */
  readonly latest: Effect.Effect<Tree, CommitError>
  /**
   * Asks for changes, in their order, each for itself done or refused. Gives, for each, what ends when the store has it.
   */
  readonly ask: (
    changes: ReadonlyArray<Change>
  ) => Effect.Effect<ReadonlyArray<Effect.Effect<void, CommitError>>>
}

/**
 * An edit, and whose it is.
 *
 * @since 0.1.0
 * @category models
 */
export interface Change {
  readonly syscall: string
  readonly path: string
  readonly edit: Edit
}

interface State {
  readonly tree: Tree
  readonly revision: string | undefined
  /** Nothing: there is no manifest yet. */
  readonly etag: string | undefined
  /** When it was asked for last: the number of the question, and the time. Nothing is known where they are negative. */
  readonly checked: number
  readonly checkedMs: number
}

interface Request {
  readonly edit: Edit
  /** Questions asked later than this number tell what is there now. */
  readonly since: number
  readonly refused: (errno: Errno) => KernelError
  readonly done: Deferred.Deferred<void, CommitError>
}

/** Edits that one write carries, and that may wait for the next. */
const MAX_BATCH = 256
/** How often others may have been faster. */
const MAX_CONFLICTS = 30
const UNCHECKED = { checked: -1, checkedMs: Number.NEGATIVE_INFINITY }

/**
 * Loads the manifest. `onLost` is told the blocks that nothing refers to any more.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: {
  readonly store: ObjectStore
  readonly prefix: string
  readonly refreshMs: number
  readonly onLost: (blocks: ReadonlySet<string>) => Effect.Effect<void>
}): Effect.Effect<Commits, CommitError, Scope.Scope> =>
  Effect.gen(function*() {
    const manifest = new Shared(options)
    yield* manifest.latest
    const queue = yield* Queue.bounded<Request>(MAX_BATCH)
    const closed = yield* Deferred.make<never, KernelError>()
    yield* Effect.addFinalizer(() => Deferred.fail(closed, new KernelError({ errno: "ECANCELED", syscall: "write" })))
    yield* Effect.forkScoped(Effect.forever(
      Effect.flatMap(Queue.takeBetween(queue, 1, MAX_BATCH), (batch) => manifest.commit(Array.from(batch)))
    ))
    return {
      current: manifest.current,
      latest: manifest.latest,
      ask: (changes) =>
        Effect.gen(function*() {
          const requests = changes.map(({ edit, path, syscall }): Request => ({
            edit,
            since: manifest.question(),
            refused: (errno) => new KernelError({ errno, syscall, path }),
            done: Deferred.unsafeMake(FiberId.none)
          }))
          yield* Queue.offerAll(queue, requests)
          return requests.map(({ done }) => inOwnFiber(Effect.raceFirst(Deferred.await(done), Deferred.await(closed))))
        })
    }
  })

/** What a batch of edits makes of a tree. */
interface Outcome {
  readonly tree: Tree
  readonly lost: ReadonlySet<string>
  readonly refusals: ReadonlyMap<Request, KernelError>
}

const apply = (tree: Tree, batch: ReadonlyArray<Request>, now: number): Outcome => {
  const refusals = new Map<Request, KernelError>()
  const lost = new Set<string>()
  let at = tree
  for (const request of batch) {
    const draft = new Draft(at, now)
    try {
      request.edit(draft)
      at = draft.tree
      for (const block of draft.lost) lost.add(block)
    } catch (thrown) {
      refusals.set(request, request.refused(errnoOf(thrown)))
    }
  }
  return { tree: at, lost, refusals }
}

class Shared {
  private state: State = { tree: empty, revision: undefined, etag: undefined, ...UNCHECKED }
  private questions = 0
  private readonly turns = new Turns()
  private readonly key: string

  constructor(
    private readonly options: {
      readonly store: ObjectStore
      readonly prefix: string
      readonly refreshMs: number
      readonly onLost: (blocks: ReadonlySet<string>) => Effect.Effect<void>
    }
  ) {
    this.key = `${options.prefix}${Manifest.MANIFEST}`
  }

  /** Numbers grow in the order in which things are wanted and asked. */
  question(): number {
    return this.questions++
  }

  /** Asks the store what the manifest is now, in its turn. */
  private get reload(): Effect.Effect<State, CommitError> {
    return Effect.gen(this, function*() {
      const asked = { checked: this.question(), checkedMs: yield* Clock.currentTimeMillis }
      const { etag } = this.state
      const found = yield* this.options.store.get(this.key, { max: Manifest.MAX_MANIFEST_BYTES, unless: etag }).pipe(
        Effect.catchIf(
          ({ code, reason }) => reason === "Missing" && code !== "NoSuchBucket",
          () => Effect.succeed(undefined)
        )
      )
      if (found === undefined) this.state = { tree: empty, revision: undefined, etag: undefined, ...asked }
      else if (found.bytes === undefined) this.state = { ...this.state, ...asked }
      else this.state = { ...(yield* Manifest.decode(found.bytes)), etag: found.etag, ...asked }
      return this.state
    })
  }

  private since(isFresh: (state: State, now: number) => boolean): Effect.Effect<Tree, CommitError> {
    return Effect.flatMap(Clock.currentTimeMillis, (now) => {
      if (isFresh(this.state, now)) return Effect.succeed(this.state.tree)
      const wanted = this.question()
      // whoever had the turn before may have asked after we wanted to know
      const ask = Effect.suspend(() => this.state.checked > wanted ? Effect.succeed(this.state) : this.reload)
      return Effect.map(this.turns.take(ask), ({ tree }) => tree)
    })
  }

  get current(): Effect.Effect<Tree, CommitError> {
    const { refreshMs } = this.options
    return this.since(({ checkedMs }, now) => refreshMs > 0 && now - checkedMs < refreshMs)
  }

  get latest(): Effect.Effect<Tree, CommitError> {
    return this.since(() => false)
  }

  /** Makes the edits of a batch, and tells each of its requests how they ended. Fails never. */
  commit(batch: ReadonlyArray<Request>): Effect.Effect<void> {
    return this.turns.take(this.write(batch)).pipe(
      Effect.flatMap((outcome) =>
        outcome === "too large"
          // one of them may be what is too much
          ? Effect.forEach(batch, (request) => this.commit([request]), { discard: true })
          : Effect.zipRight(
            Effect.forEach(batch, (request) => settle(request, outcome), { discard: true }),
            this.options.onLost(outcome.lost)
          )
      ),
      Effect.catchAll((error) => Effect.forEach(batch, ({ done }) => Deferred.fail(done, error), { discard: true }))
    )
  }

  private write(batch: ReadonlyArray<Request>): Effect.Effect<Outcome | "too large", CommitError> {
    return Effect.gen(this, function*() {
      const since = Math.max(...batch.map((request) => request.since))
      if (this.state.checked < 0) yield* this.reload
      for (let attempt = 0; attempt < MAX_CONFLICTS; attempt++) {
        const { checked, etag, tree } = this.state
        const now = yield* Clock.currentTimeMillis
        const outcome = apply(tree, batch, now)
        // nothing is refused because of what may have changed
        if (outcome.refusals.size > 0 && checked < since) {
          yield* this.reload
          continue
        }
        if (outcome.tree === tree) return outcome
        const revision = yield* newName
        const bytes = Manifest.encode(outcome.tree, revision)
        if (bytes.length > Manifest.MAX_MANIFEST_BYTES) {
          return batch.length > 1 ? "too large" : yield* Effect.fail(batch[0].refused("ENOSPC"))
        }
        if (yield* this.put(bytes, etag, { tree: outcome.tree, revision, checked: this.question(), checkedMs: now })) {
          return outcome
        }
        yield* Effect.sleep(Duration.millis(yield* Random.nextIntBetween(1, 20 + attempt * 20)))
      }
      return yield* batch[0].refused("EBUSY")
    })
  }

  /** Whether the manifest is now what it should become. */
  private put(
    bytes: Uint8Array,
    etag: string | undefined,
    next: Omit<State, "etag">
  ): Effect.Effect<boolean, CommitError> {
    return this.options.store.put(this.key, bytes, etag ?? null).pipe(
      Effect.map((written) => {
        this.state = { ...next, etag: written }
        return true
      }),
      Effect.catchAll((error) => {
        this.state = { ...this.state, ...UNCHECKED }
        const conflict = error.reason === "Conflict" || (error.reason === "Missing" && error.code !== "NoSuchBucket")
        // an attempt of which no answer came may have been the one that changed it
        return conflict
          ? Effect.map(this.reload, ({ revision }) => revision === next.revision)
          : Effect.fail(error)
      })
    )
  }
}

const settle = (request: Request, { refusals }: Outcome): Effect.Effect<boolean> => {
  const refusal = refusals.get(request)
  return refusal === undefined ? Deferred.succeed(request.done, undefined) : Deferred.fail(request.done, refusal)
}

/**
 * A name that nobody else has: 128 random bits.
 *
 * @since 0.1.0
 * @category constructors
 */
export const newName: Effect.Effect<string> = Effect.sync(() => crypto.randomUUID())
