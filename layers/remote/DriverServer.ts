/**
 * Answers what a sidecar asks the drivers of this program.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { TransportShape } from "../../services/Transport.ts"
import type { Driver } from "../../src/Driver.ts"
import { errnoOf } from "../../src/Driver.ts"
import * as Operations from "../../src/wire/DriverOperations.ts"
import { WireFailure } from "../../src/wire/Failure.ts"
import * as Requests from "./DriverRequests.ts"

/**
 * The drivers that are mounted over one connection, each under a number. A driver that several VMs use, as forks do, ends
 * with the last of them.
 *
 * @since 0.1.0
 * @category models
 */
export interface DriverServer {
  /** Acquires a driver; it has one user. */
  readonly add: <E>(acquire: Effect.Effect<Driver, E, Scope.Scope>) => Effect.Effect<Served, E>
  /** One more user. */
  readonly retain: (id: number) => Effect.Effect<void>
  /** One user less. */
  readonly release: (id: number) => Effect.Effect<void>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Served {
  readonly id: number
  readonly driver: Driver
}

interface Entry {
  readonly directory: Requests.Directory
  readonly scope: Scope.CloseableScope
  users: number
}

/**
 * Serves the drivers of a connection until the Scope closes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (transport: TransportShape): Effect.Effect<DriverServer, never, Scope.Scope> =>
  Effect.gen(function*() {
    const entries = new Map<number, Entry>()
    let next = 1
    yield* Effect.addFinalizer((exit) =>
      Effect.forEach(entries.values(), ({ scope }) => Scope.close(scope, exit), { discard: true })
    )
    const serve = <A extends { readonly driver: number; readonly path: string }, B>(
      operation: Parameters<typeof transport.serve<A, B>>[0],
      run: (directory: Requests.Directory, request: A) => Effect.Effect<B, unknown>
    ) =>
      transport.serve(operation, (request) => {
        const entry = entries.get(request.driver)
        if (entry === undefined) return Effect.fail(failure("ENODEV", operation.name))
        // the sidecar is not trusted to have resolved it
        if (!isPlain(request.path)) return Effect.fail(failure("EACCES", operation.name))
        return Effect.catchAllCause(
          Effect.suspend(() => run(entry.directory, request)),
          (cause) => explain(operation.name, cause)
        )
      })
    yield* serve(Operations.lookup, Requests.lookup)
    yield* serve(Operations.list, Requests.list)
    yield* serve(Operations.read, Requests.read)
    yield* serve(Operations.change, Requests.change)
    return {
      add: (acquire) =>
        Effect.uninterruptibleMask((restore) =>
          Effect.gen(function*() {
            const scope = yield* Scope.make()
            const driver = yield* restore(Scope.extend(acquire, scope)).pipe(
              Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
            )
            const id = next++
            entries.set(id, { directory: new Requests.Directory(driver), scope, users: 1 })
            return { id, driver }
          })
        ),
      retain: (id) =>
        Effect.sync(() => {
          const entry = entries.get(id)
          if (entry !== undefined) entry.users++
        }),
      release: (id) =>
        Effect.suspend(() => {
          const entry = entries.get(id)
          if (entry === undefined || --entry.users > 0) return Effect.void
          entries.delete(id)
          return Scope.close(entry.scope, Exit.void)
        })
    }
  })

/** Whether a path is absolute and has no part that leads back. */
const isPlain = (path: string): boolean =>
  path.startsWith("/") && !path.split("/").some((name) => name === ".." || name === ".")

const failure = (errno: WireFailure["errno"], syscall: string) => new WireFailure("kernel", "", errno, syscall)

/** What a driver dies of is its own affair: the guest sees an error, the log tells the rest. */
const explain = (name: string, cause: Cause.Cause<unknown>): Effect.Effect<never, WireFailure> => {
  if (Cause.isInterruptedOnly(cause)) return Effect.interrupt
  const failed = Cause.failureOption(cause)
  return failed._tag === "Some"
    ? Effect.fail(failure(errnoOf(failed.value), name))
    : Effect.zipRight(Effect.logError(`a mounted driver died in ${name}`, cause), Effect.fail(failure("EIO", name)))
}
