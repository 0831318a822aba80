/**
 * Leasing a VM from a connected sidecar, and the VM's services over it.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { LeaseError } from "../../services/Sidecar.ts"
import type { VmShape } from "../../services/Vm.ts"
import type { RootLower } from "../../src/config/RootFilesystem.ts"
import { unsupportedParts } from "../../src/config/UnsupportedParts.ts"
import type { VmConfig } from "../../src/config/VmConfig.ts"
import { NotYetSupported } from "../../src/errors/NotYetSupported.ts"
import { SidecarError } from "../../src/errors/SidecarError.ts"
import type { VmSpec } from "../../src/wire/Control.ts"
import * as TimerScheduler from "../scheduler/TimerScheduler.ts"
import * as RemoteFilesystem from "./RemoteFilesystem.ts"
import { mount, type ReadDirectory } from "./RemoteMounts.ts"
import * as RemoteProcesses from "./RemoteProcesses.ts"
import { diff, importBootstrap, importLower, restore, takeSnapshot } from "./RemoteSnapshots.ts"
import { observed } from "./Telemetry.ts"
import { type Connected, control, type ControlClient, type ControlError, lost, type VmLink } from "./VmLink.ts"

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
 * What a VM is leased with: how folders of the host are read, and how another lease is taken on the same sidecar.
 *
 * @since 0.1.0
 * @category models
 */
export interface Lessor {
  readonly readDirectory: ReadDirectory
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
    const link = yield* hold(
      connected,
      config,
      (client) => client.Lease({ spec: specOf(config), sealed: !staged })
    )
    if (staged) yield* setUp(link, lessor.readDirectory, config)
    return yield* services(link, lessor, config)
  })

/** A second VM with the files of the first, on the same sidecar, which must still be the one that hosts the first. */
const fork = (
  connected: Connected,
  origin: VmLink,
  lessor: Lessor,
  config: VmConfig
): Effect.Effect<Leased, LeaseError, Scope.Scope> =>
  connected.transport !== origin.transport
    ? lost(origin)
    : Effect.flatMap(
      hold(connected, config, (client) => client.Fork({ vm: origin.vm })),
      (link) => services(link, lessor, config)
    )

/** Acquires a VM by a call of the control plane; releases it with the Scope. */
const hold = (
  connected: Connected,
  config: VmConfig,
  acquire: (client: ControlClient) => Effect.Effect<{ readonly vm: number; readonly vmId: string }, ControlError>
): Effect.Effect<VmLink, LeaseError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.map(
      control(connected, acquire),
      (leased): VmLink => ({
        ...connected,
        ...leased,
        owner: { uid: config.user.uid, gid: config.user.gid },
        bounds: { bytes: config.limits.filesystemBytes, inodes: config.limits.inodes }
      })
    ),
    (link) => Effect.ignoreLogged(release(link))
  )

/** Fills the lowers, puts the root together, and mounts what is to be mounted. */
const setUp = (link: VmLink, readDirectory: ReadDirectory, config: VmConfig): Effect.Effect<void, LeaseError> =>
  Effect.gen(function*() {
    for (const lower of lowersOf(config)) {
      if (lower.kind === "snapshot-export") yield* importLower(link, lower.source)
    }
    if (config.rootFilesystem.bootstrapEntries.length > 0) {
      yield* importBootstrap(link, config.rootFilesystem.bootstrapEntries)
    }
    yield* control(link, (client) => client.Seal({ vm: link.vm }))
    for (const part of config.mounts) {
      if (!("plugin" in part)) return yield* new NotYetSupported({ feature: "this kind of mount", path: "mounts" })
      yield* mount(link, readDirectory, part).pipe(
        Effect.catchTag("PathError", Effect.die)
      )
    }
  })

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

const services = (
  link: VmLink,
  lessor: Lessor,
  config: VmConfig
): Effect.Effect<Leased, never, Scope.Scope> => {
  const processes = observed("Processes", link.vmId, RemoteProcesses.make(link, config.limits.outputBytes))
  return Effect.map(TimerScheduler.make(processes), (scheduler) => ({
    vm: {
      vmId: link.vmId,
      sidecarId: link.transport.peer.sidecarId,
      filesystem: observed("Filesystem", link.vmId, RemoteFilesystem.make(link, lessor.readDirectory)),
      processes,
      scheduler,
      snapshot: takeSnapshot(link, "/"),
      snapshotMount: (path) => takeSnapshot(link, path),
      restore: (snapshot) => restore(link, snapshot),
      fork: lessor.start((connected) => fork(connected, link, lessor, config)).pipe(
        Effect.withSpan("Vm.fork", { captureStackTrace: false, attributes: { "vm.id": link.vmId } })
      ),
      diff: (since) => diff(link, since)
    },
    release: release(link)
  }))
}

/** The lowers of the root, highest precedence first; the bundled base comes last unless it is switched off. */
const lowersOf = ({ rootFilesystem }: VmConfig): ReadonlyArray<RootLower> => {
  const named = rootFilesystem.lowers.some((lower) => lower.kind === "bundled-base-filesystem")
  return named || rootFilesystem.disableDefaultBaseLayer
    ? rootFilesystem.lowers
    : [...rootFilesystem.lowers, { kind: "bundled-base-filesystem" }]
}

const needsStaging = (config: VmConfig): boolean =>
  config.mounts.length > 0 || config.rootFilesystem.bootstrapEntries.length > 0 ||
  config.rootFilesystem.lowers.some((lower) => lower.kind === "snapshot-export")

const specOf = (config: VmConfig): VmSpec => {
  const { argvBytes, envBytes, filesystemBytes, inodes, openFiles, processes, readBytes, readdirEntries, stdinBytes } =
    config.limits
  return {
    hostname: config.hostname,
    user: config.user,
    env: config.env,
    limits: {
      argvBytes,
      envBytes,
      filesystemBytes,
      inodes,
      openFiles,
      processes,
      readBytes,
      readdirEntries,
      stdinBytes
    },
    mode: config.rootFilesystem.mode ?? "ephemeral",
    lowers: lowersOf(config).map((lower) => lower.kind === "snapshot-export" ? "import" : "bundled-base-filesystem")
  }
}
