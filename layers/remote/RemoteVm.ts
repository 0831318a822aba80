/**
 * Leasing a VM from a connected sidecar, and the VM's services over it.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Scope from "effect/Scope"
import { ScheduleDriver } from "../../services/ScheduleDriver.ts"
import type { LeaseError } from "../../services/Sidecar.ts"
import type { VmShape } from "../../services/Vm.ts"
import { fromParseIssue } from "../../src/config/ConfigIssue.ts"
import { PermissionsConfig } from "../../src/config/PermissionsConfig.ts"
import type { RootLower } from "../../src/config/RootFilesystem.ts"
import { defaultPath, softwarePath } from "../../src/config/Software.ts"
import { unsupportedParts } from "../../src/config/UnsupportedParts.ts"
import type { VmConfig } from "../../src/config/VmConfig.ts"
import type { ConfigError } from "../../src/errors/ConfigError.ts"
import { SidecarError } from "../../src/errors/SidecarError.ts"
import { once } from "../../src/Once.ts"
import type { VmSpec } from "../../src/wire/Control.ts"
import * as TimerScheduler from "../scheduler/TimerScheduler.ts"
import { VmAudit } from "./audit/VmAudit.ts"
import type { Served } from "./DriverServer.ts"
import { ProcessSpans } from "./ProcessSpans.ts"
import * as RemoteFilesystem from "./RemoteFilesystem.ts"
import { mount, type MountPlugins, mountSoftware } from "./RemoteMounts.ts"
import * as RemoteProcesses from "./RemoteProcesses.ts"
import { diff, dropSnapshot, importBootstrap, importLower, restore, takeSnapshot } from "./RemoteSnapshots.ts"
import { observed } from "./Telemetry.ts"
import * as OwnTools from "./tools/OwnTools.ts"
import * as VmTools from "./tools/VmTools.ts"
import {
  type Connected,
  control,
  type ControlClient,
  type ControlError,
  type LinkError,
  lost,
  type VmLink
} from "./VmLink.ts"

/** How long the release of a VM may take before it is left to the sidecar. */
const RELEASE_TIMEOUT = Duration.seconds(2)

/**
 * A leased VM, and its early release.
 *
 * @since 0.1.0
 * @category models
 */
export interface Leased {
  readonly vm: VmShape
  /** Ends the VM. A VM that is gone already is no failure. */
  readonly release: Effect.Effect<void, SidecarError>
}

/**
 * What a VM is leased with: who serves its mounts, and how another lease is taken on the same sidecar.
 *
 * @since 0.1.0
 * @category models
 */
export interface Lessor {
  readonly plugins: MountPlugins
  /** A random UUID. */
  readonly uuid: Effect.Effect<string>
  readonly start: (
    acquire: (connected: Connected) => Effect.Effect<Leased, LeaseError, Scope.Scope>
  ) => Effect.Effect<VmShape, LeaseError, Scope.Scope>
}

/**
 * A VM for as long as the Scope is open.
 *
 * @since 0.1.0
 * @category constructors
 */
export const lease = (
  connected: Connected,
  lessor: Lessor,
  config: VmConfig
): Effect.Effect<Leased, LeaseError, Scope.Scope> =>
  Effect.gen(function*() {
    const [unsupported] = unsupportedParts(config)
    if (unsupported !== undefined) return yield* Effect.fail(unsupported)
    const staged = needsStaging(config)
    const host = yield* VmTools.bind(config)
    const link = yield* hold(
      connected,
      config,
      // what sets the VM up is not subject to its policy
      (client) =>
        client.Lease({
          spec: {
            ...specOf(config),
            ...host.spec,
            ...(staged ? {} : { permissions: config.permissions, ...(config.audit === "all" ? { audit: "all" } : {}) })
          },
          sealed: !staged
        })
    )
    if (staged) {
      yield* setUp(link, lessor.plugins, config)
      yield* setPermissions(link, config.permissions, true)
      if (config.audit === "all") yield* VmTools.noteAll(link)
    }
    return yield* services(link, lessor, config, host)
  })

/** A second VM with the files of the first, on the same sidecar, which must still be the one that hosts the first. */
const fork = (
  connected: Connected,
  origin: VmLink,
  lessor: Lessor,
  config: VmConfig,
  host: VmTools.HostTools
): Effect.Effect<Leased, LeaseError, Scope.Scope> =>
  connected.transport !== origin.transport
    ? lost(origin)
    : Effect.gen(function*() {
      const mounted = new Map(origin.mounted)
      const retain = Effect.forEach(mounted.values(), ({ id }) => connected.drivers.retain(id), { discard: true })
      const link = yield* hold(
        connected,
        config,
        (client) =>
          Effect.onError(Effect.zipRight(retain, client.Fork({ vm: origin.vm })), () => giveUp(connected, mounted)),
        mounted
      )
      return yield* services(link, lessor, config, host)
    })

const setPermissions = (
  link: VmLink,
  permissions: VmConfig["permissions"],
  begins: boolean
): Effect.Effect<void, LinkError> =>
  control(link, (client) => client.SetPermissions({ vm: link.vm, permissions, begins }))

/**
 * Acquires a VM by a call of the control plane; releases it with the Scope. Whoever is interrupted while it waits leaves
 * at once; a VM that is leased to it all the same is given back.
 */
const hold = (
  connected: Connected,
  config: VmConfig,
  acquire: (client: ControlClient) => Effect.Effect<{ readonly vm: number; readonly vmId: string }, ControlError>,
  mounted: Map<string, Served> = new Map()
): Effect.Effect<VmLink, LeaseError, Scope.Scope> =>
  Effect.uninterruptibleMask((restore) => {
    const leased = Effect.gen(function*() {
      const { vm, vmId } = yield* control(connected, acquire)
      const afterwards = yield* Scope.make()
      const spans = new ProcessSpans(vmId)
      const audit = new VmAudit(vmId, spans)
      yield* Scope.extend(connected.audits.register(vm, audit), afterwards)
      const link: VmLink = {
        ...connected,
        vm,
        vmId,
        spans,
        audit,
        afterwards,
        owner: { uid: config.user.uid, gid: config.user.gid },
        bounds: { bytes: config.limits.filesystemBytes, inodes: config.limits.inodes },
        mounted
      }
      return link
    })
    const end = (link: VmLink) =>
      Effect.ignoreLogged(release(link)).pipe(
        Effect.zipRight(giveUp(connected, mounted)),
        Effect.zipRight(Scope.close(link.afterwards, Exit.void))
      )
    return Effect.flatMap(Effect.forkDaemon(leased), (fiber) =>
      restore(Fiber.join(fiber)).pipe(
        // the call ends with the connection at the latest
        Effect.onInterrupt(() => Effect.forkDaemon(Effect.flatMap(Fiber.join(fiber), end))),
        Effect.tap((link) => Effect.addFinalizer(() => end(link)))
      ))
  })

/** Fills the lowers, puts the root together, and mounts what is to be mounted. */
const setUp = (link: VmLink, plugins: MountPlugins, config: VmConfig): Effect.Effect<void, LeaseError> =>
  Effect.gen(function*() {
    for (const lower of lowersOf(config)) {
      if (lower.kind === "snapshot-export") yield* importLower(link, lower.source)
    }
    if (config.rootFilesystem.bootstrapEntries.length > 0) {
      yield* importBootstrap(link, config.rootFilesystem.bootstrapEntries)
    }
    yield* control(link, (client) => client.Seal({ vm: link.vm }))
    for (const part of config.mounts) {
      yield* Effect.catchTag(mount(link, plugins, part), "PathError", Effect.die)
    }
    for (const [index, part] of config.software.entries()) {
      yield* Effect.catchTag(mountSoftware(link, plugins, part, index), "PathError", Effect.die)
    }
  })

const giveUp = ({ drivers }: Connected, mounted: Map<string, Served>): Effect.Effect<void> =>
  Effect.suspend(() => {
    const served = Array.from(mounted.values())
    mounted.clear()
    return Effect.forEach(served, ({ id }) => drivers.release(id), { discard: true })
  })

/** A policy that cannot be read leaves the present one in place: nothing has been replaced yet. */
const decodePermissions = (input: typeof PermissionsConfig.Encoded): Effect.Effect<PermissionsConfig, ConfigError> =>
  Effect.mapError(
    Effect.suspend(() => ParseResult.decodeUnknownEither(PermissionsConfig, { onExcessProperty: "error" })(input)),
    fromParseIssue
  )

const release = (link: VmLink): Effect.Effect<void, SidecarError> =>
  Effect.suspend(() => link.transport.isOpen() ? link.control.Release({ vm: link.vm }) : Effect.void).pipe(
    Effect.catchTag("UnknownVm", () => Effect.void),
    // a finalizer cannot be cut short unless it says so
    Effect.interruptible,
    Effect.timeoutFail({
      duration: RELEASE_TIMEOUT,
      onTimeout: () => new SidecarError({ reason: "VmLost", detail: `VM ${link.vmId} was not released in time` })
    }),
    Effect.catchAll((error) =>
      error._tag === "SidecarError"
        ? Effect.fail(error)
        : link.transport.isOpen()
        ? Effect.fail(new SidecarError({ reason: "VmLost", detail: `VM ${link.vmId}: ${error.message}` }))
        : Effect.void
    )
  )

/** Each service is made when it is first asked for: of many VMs most use few of them. */
const services = (
  link: VmLink,
  lessor: Lessor,
  config: VmConfig,
  host: VmTools.HostTools
): Effect.Effect<Leased, never, Scope.Scope> => {
  const filesystem = once(() => observed("Filesystem", link.vmId, RemoteFilesystem.make(link, lessor.plugins)))
  const processes = once(() => observed("Processes", link.vmId, RemoteProcesses.make(link, config.limits)))
  const own = observed("Vm", link.vmId, states(link))
  const parts = {
    get filesystem() {
      return filesystem()
    },
    get processes() {
      return processes()
    },
    ...own
  }
  const served = Effect.flatMap(OwnTools.make(parts), (kit) => VmTools.serve(link, lessor, config, host, kit))
  // a driver in the context of the lease decides when jobs run
  const scheduled = Effect.flatMap(
    Effect.serviceOption(ScheduleDriver),
    (driver) => TimerScheduler.makeLazy(processes, { driver: Option.getOrUndefined(driver) })
  )
  return Effect.map(Effect.all([scheduled, served]), ([scheduler, { audit, tools }]) => ({
    vm: {
      vmId: link.vmId,
      sidecarId: link.transport.peer.sidecarId,
      get filesystem() {
        return filesystem()
      },
      get processes() {
        return processes()
      },
      get scheduler() {
        return scheduler()
      },
      get audit() {
        return audit()
      },
      get tools() {
        return tools()
      },
      toolInstructions: host.instructions,
      ...own,
      fork: lessor.start((connected) => fork(connected, link, lessor, config, host)).pipe(
        Effect.withSpan("Vm.fork", { captureStackTrace: false, attributes: { "vm.id": link.vmId } })
      )
    },
    release: release(link)
  }))
}

/** What is done with the VM as a whole. */
const states = (
  link: VmLink
): Pick<VmShape, "setPermissions" | "snapshot" | "snapshotMount" | "dropSnapshot" | "restore" | "diff"> => ({
  setPermissions: (input) =>
    Effect.flatMap(decodePermissions(input), (permissions) => setPermissions(link, permissions, false)),
  snapshot: takeSnapshot(link, "/"),
  snapshotMount: (path) => takeSnapshot(link, path),
  dropSnapshot: (snapshot) => dropSnapshot(link, snapshot),
  restore: (snapshot) => restore(link, snapshot),
  diff: (since) => diff(link, since)
})

/** The lowers of the root, highest precedence first; the bundled base comes last unless it is switched off. */
const lowersOf = ({ rootFilesystem }: VmConfig): ReadonlyArray<RootLower> => {
  const named = rootFilesystem.lowers.some((lower) => lower.kind === "bundled-base-filesystem")
  return named || rootFilesystem.disableDefaultBaseLayer
    ? rootFilesystem.lowers
    : [...rootFilesystem.lowers, { kind: "bundled-base-filesystem" }]
}

/** The commands of packages of software come before the system's. */
const withSoftware = ({ env, software }: VmConfig): VmConfig["env"] =>
  software.length === 0
    ? env
    : { ...env, PATH: [...software.map((_, index) => softwarePath(index)), env.PATH ?? defaultPath].join(":") }

const needsStaging = (config: VmConfig): boolean =>
  config.software.length > 0 || config.mounts.length > 0 || config.rootFilesystem.bootstrapEntries.length > 0 ||
  config.rootFilesystem.lowers.some((lower) => lower.kind === "snapshot-export")

/**
 * What the sidecar is told of a configuration.
 *
 * @since 0.1.0
 * @category constructors
 */
export const specOf = (config: VmConfig): VmSpec => {
  const { limits } = config
  const { argvBytes, envBytes, filesystemBytes, inodes, openFiles, processes, ptys, readBytes, readdirEntries } = limits
  return {
    hostname: config.hostname,
    user: config.user,
    env: withSoftware(config),
    limits: {
      argvBytes,
      envBytes,
      filesystemBytes,
      inodes,
      openFiles,
      processes,
      ptys,
      readBytes,
      readdirEntries,
      sessionBytes: limits.sessionBytes,
      shellSessions: limits.shellSessions,
      wasmMemoryBytes: limits.wasmMemoryBytes
    },
    mode: config.rootFilesystem.mode ?? "ephemeral",
    lowers: lowersOf(config).map((lower) => lower.kind === "snapshot-export" ? "import" : "bundled-base-filesystem")
  }
}
