/**
 * The control plane's server: RpcServer over the event channel of a session.
 */
import type { FromClientEncoded } from "@effect/rpc/RpcMessage"
import * as RpcServer from "@effect/rpc/RpcServer"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Mailbox from "effect/Mailbox"
import { KernelError } from "../../src/errors/KernelError.ts"
import { ControlGroup, UnknownVm } from "../../src/wire/Control.ts"
import type { WireFailure } from "../../src/wire/Failure.ts"
import { CONTROL_CHANNEL } from "../../src/wire/Operations.ts"
import { Fault } from "../kernel/fault.ts"
import { begun, finish, once, type Steps } from "../kernel/filesystem/steps.ts"
import { Tree } from "../kernel/filesystem/tree.ts"
import type { Vm } from "../kernel/vm.ts"
import { driverPort } from "./drivers.ts"
import type { SidecarServer } from "./server.ts"
import type { Session } from "./session.ts"

/** What the process itself can tell of its use. */
export interface Usage {
  readonly nodeVersion: string
  readonly uptimeMs: () => number
  readonly rssBytes: () => number
}

/** One session is one client of the RPC server. */
const CLIENT = 0

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Serves the control plane of a session until it is interrupted. */
export const serve = (server: SidecarServer, session: Session, usage: Usage): Effect.Effect<never> =>
  Effect.scoped(Effect.gen(function*() {
    const protocol = yield* RpcServer.Protocol.make((writeRequest) => makeProtocol(session, writeRequest))
    return yield* RpcServer.make(ControlGroup, { disableFatalDefects: true, disableTracing: true }).pipe(
      Effect.provideService(RpcServer.Protocol, protocol),
      Effect.provide(handlers(server, session, usage))
    )
  }))

const makeProtocol = (
  session: Session,
  writeRequest: (client: number, message: FromClientEncoded) => Effect.Effect<void>
) =>
  Effect.gen(function*() {
    const run = yield* FiberSet.makeRuntime<never, void, never>()
    session.onControl = (body) => {
      const message = parse(body)
      if (message === undefined) session.connection.goaway("Protocol", "control message is not JSON")
      // what is no request at all fails here, and alone
      else run(Effect.suspend(() => writeRequest(CLIENT, message)))
    }
    return {
      disconnects: yield* Mailbox.make<number>(),
      send: (_client: number, response: unknown) =>
        Effect.sync(() => session.connection.event(CONTROL_CHANNEL, encoder.encode(JSON.stringify(response)))),
      end: () => Effect.void,
      clientIds: Effect.succeed(new Set([CLIENT])),
      initialMessage: Effect.succeedNone,
      supportsAck: false,
      supportsTransferables: false,
      supportsSpanPropagation: false
    }
  })

const parse = (body: Uint8Array): FromClientEncoded | undefined => {
  try {
    return JSON.parse(decoder.decode(body))
  } catch {
    return undefined
  }
}

const handlers = (server: SidecarServer, session: Session, usage: Usage) => {
  const attempt = <A>(run: () => A): Effect.Effect<A, KernelError | UnknownVm> =>
    Effect.suspend((): Effect.Effect<A, KernelError | UnknownVm> => {
      try {
        return Effect.succeed(run())
      } catch (thrown) {
        return failed(server.failureOf(thrown))
      }
    })
  const onVm = <A>(handle: number, run: (vm: Vm) => A) => attempt(() => run(session.vm(handle)))
  /** Runs work in steps, in the turns of its VM. */
  const inTurns = <A>(vm: Vm, run: () => Steps<A>): Effect.Effect<A, KernelError | UnknownVm> =>
    Effect.async((resume) => {
      server.enqueue(vm, () => {
        const work = function*(): Steps {
          try {
            resume(Effect.succeed(yield* run()))
          } catch (thrown) {
            resume(failed(server.failureOf(thrown)))
          }
        }
        return begun(work())
      })
    })
  const inSteps = <A>(handle: number, run: (vm: Vm) => Steps<A>): Effect.Effect<A, KernelError | UnknownVm> =>
    Effect.flatMap(onVm(handle, (vm) => vm), (vm) => inTurns(vm, () => run(vm)))
  return ControlGroup.toLayer({
    Lease: ({ sealed, spec }) =>
      attempt(() => {
        const { handle, vm } = server.lease(session, spec)
        try {
          if (sealed) finish(vm.seal())
        } catch (thrown) {
          server.release(session, handle)
          throw thrown
        }
        return { vm: handle, vmId: vm.vmId }
      }),
    Seal: ({ vm }) => Effect.flatMap(onVm(vm, (found) => found), (found) => inTurns(found, () => found.seal())),
    Release: ({ vm }) => attempt(() => server.release(session, vm)),
    Fork: ({ vm }) =>
      onVm(vm, (origin) => {
        const forked = server.lease(session, origin.spec, origin)
        return { vm: forked.handle, vmId: forked.vm.vmId }
      }),
    Restore: ({ snapshot, vm }) => onVm(vm, (found) => found.restore(snapshot)),
    TakeSnapshot: ({ path, vm }) => onVm(vm, (found) => ({ snapshot: found.keep(path) })),
    DropSnapshot: ({ path, snapshot, vm }) => onVm(vm, (found) => server.forget(found, snapshot, path)),
    MountMemory: ({ path, readOnly, vm }) =>
      inSteps(
        vm,
        (found) =>
          found.perform(() =>
            once(() => {
              found.filesystem.mayMount(found.host, path)
              found.filesystem.mount(path, Tree.empty(server.options.now()).snapshot(), {
                readOnly,
                type: "memory",
                source: "memory"
              })
            })
          )
      ),
    MountDriver: ({ driver, live, owner, path, readOnly, timeoutMs, type, vm }) =>
      inSteps(vm, function*(found) {
        found.filesystem.mayMount(found.host, path)
        const port = driverPort(session, driver, timeoutMs)
        const [root] = yield* port.lookup(found.filesystem.calls, "/", [])
        if (root?.type !== "directory") throw new Fault("ENOTDIR", "mount", path)
        const foreign = { port, live, root, owner: owner ?? undefined }
        yield* found.perform(() =>
          once(() => found.filesystem.mountForeign(path, foreign, { readOnly, type, source: type }))
        )
      }),
    Unmount: ({ path, vm }) =>
      onVm(vm, (found) => {
        found.filesystem.mayMount(found.host, path)
        if (found.processes.worksWithin(path)) throw new Fault("EBUSY", "unmount", path)
        found.filesystem.unmount(path)
      }),
    SetPermissions: ({ begins, permissions, vm }) => onVm(vm, (found) => found.replacePolicy(permissions, begins)),
    AdmitTool: ({ tool, vm }) => onVm(vm, (found) => found.admitTool(tool)),
    NoteAll: ({ vm }) => onVm(vm, (found) => found.noteAll()),
    TellNotes: ({ vm }) => onVm(vm, (found) => found.tellNotes()),
    ListMounts: ({ vm }) =>
      onVm(vm, (found) => found.filesystem.mounts().slice().sort((a, b) => a.path < b.path ? -1 : 1)),
    GetHealth: () =>
      Effect.sync(() => {
        const { inUse, warm } = server.options.pool.stats()
        return {
          sidecarId: server.options.sidecarId,
          nodeVersion: usage.nodeVersion,
          uptimeMs: usage.uptimeMs(),
          rssBytes: usage.rssBytes(),
          vms: server.vms,
          processes: server.processes,
          workers: { warm, busy: inUse }
        }
      })
  })
}

const failed = ({ denial, detail, dest, errno, limit, path, reason, syscall }: WireFailure) =>
  reason === "kernel"
    ? Effect.fail(new KernelError({ errno, syscall, path, dest, limit, denied: denial }))
    : reason === "gone"
    ? Effect.fail(new UnknownVm({ detail }))
    : Effect.dieMessage(detail)
