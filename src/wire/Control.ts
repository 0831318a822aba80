/**
 * The control plane: what is done with whole VMs, as an RpcGroup over the same connection. Calls here are rare and carry
 * structure; bytes of files and processes go by `Operations`.
 *
 * @since 0.1.0
 */
import * as Rpc from "@effect/rpc/Rpc"
import * as RpcGroup from "@effect/rpc/RpcGroup"
import * as Schema from "effect/Schema"
import { KernelError } from "../errors/KernelError.ts"

const UInt32 = Schema.Int.pipe(Schema.between(0, 2 ** 32 - 1))
const Count = Schema.Int.pipe(Schema.nonNegative())

/**
 * The handle of a leased VM, as the data plane names it. Random, and good on its own connection only.
 *
 * @since 0.1.0
 * @category schemas
 */
export const VmHandle = UInt32

/**
 * The limits of a VM that the kernel counts. The names are those of the `limits` configuration.
 *
 * @since 0.1.0
 * @category schemas
 */
export const KernelLimits = Schema.Struct({
  filesystemBytes: Count,
  inodes: Count,
  processes: Count,
  openFiles: Count,
  readdirEntries: Count,
  argvBytes: Count,
  envBytes: Count,
  stdinBytes: Count,
  readBytes: Count
})

/**
 * @since 0.1.0
 * @category models
 */
export type KernelLimits = typeof KernelLimits.Type

/**
 * What a VM is made of. `lowers` lists its read-only trees, highest precedence first; each `import` is filled, in order,
 * by an `importTree` operation before the VM is sealed.
 *
 * @since 0.1.0
 * @category schemas
 */
export const VmSpec = Schema.Struct({
  hostname: Schema.String,
  user: Schema.Struct({
    name: Schema.String,
    uid: UInt32,
    gid: UInt32,
    home: Schema.String,
    shell: Schema.String
  }),
  env: Schema.Record({ key: Schema.String, value: Schema.String }),
  limits: KernelLimits,
  mode: Schema.Literal("ephemeral", "read-only"),
  lowers: Schema.Array(Schema.Literal("import", "bundled-base-filesystem"))
})

/**
 * @since 0.1.0
 * @category models
 */
export type VmSpec = typeof VmSpec.Type

/**
 * A request named a VM or a snapshot that the sidecar does not have.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnknownVm extends Schema.TaggedError<UnknownVm>("effect-agent-os/wire/UnknownVm")("UnknownVm", {
  detail: Schema.String
}) {}

const failure = Schema.Union(KernelError, UnknownVm)
const onVm = { vm: VmHandle }

/**
 * A new VM. With nothing to import and no mounts it is ready at once; else `seal` makes it so.
 *
 * @since 0.1.0
 * @category rpcs
 */
export const Lease = Rpc.make("Lease", {
  payload: { spec: VmSpec, sealed: Schema.Boolean },
  success: Schema.Struct({ vm: VmHandle, vmId: Schema.String }),
  error: failure
})

/**
 * Ends the setting up of a VM: its lowers are put together and its mode takes effect.
 *
 * @since 0.1.0
 * @category rpcs
 */
export const Seal = Rpc.make("Seal", { payload: onVm, error: failure })

/**
 * Ends a VM: its processes are killed and its memory is freed.
 *
 * @since 0.1.0
 * @category rpcs
 */
export const Release = Rpc.make("Release", { payload: onVm, error: failure })

/**
 * Keeps the present state of a VM's root filesystem, in constant time. It lives as long as the VM.
 *
 * @since 0.1.0
 * @category rpcs
 */
export const TakeSnapshot = Rpc.make("TakeSnapshot", {
  payload: { vm: VmHandle, path: Schema.String },
  success: Schema.Struct({ snapshot: UInt32 }),
  error: failure
})

/**
 * A second VM with the same files, mounts and snapshots, in constant time; the two are independent from then on.
 *
 * @since 0.1.0
 * @category rpcs
 */
export const Fork = Rpc.make("Fork", {
  payload: onVm,
  success: Schema.Struct({ vm: VmHandle, vmId: Schema.String }),
  error: failure
})

/**
 * Makes the root filesystem what a snapshot of it holds, in constant time. Files that are open in it are closed.
 *
 * @since 0.1.0
 * @category rpcs
 */
export const Restore = Rpc.make("Restore", { payload: { vm: VmHandle, snapshot: UInt32 }, error: failure })

/**
 * Mounts an empty in-memory tree.
 *
 * @since 0.1.0
 * @category rpcs
 */
export const MountMemory = Rpc.make("MountMemory", {
  payload: { vm: VmHandle, path: Schema.String, readOnly: Schema.Boolean },
  error: failure
})

/**
 * @since 0.1.0
 * @category rpcs
 */
export const Unmount = Rpc.make("Unmount", { payload: { vm: VmHandle, path: Schema.String }, error: failure })

/**
 * A mounted tree.
 *
 * @since 0.1.0
 * @category schemas
 */
export const MountInfo = Schema.Struct({
  path: Schema.String,
  type: Schema.String,
  source: Schema.String,
  readOnly: Schema.Boolean
})

/**
 * @since 0.1.0
 * @category rpcs
 */
export const ListMounts = Rpc.make("ListMounts", {
  payload: onVm,
  success: Schema.Array(MountInfo),
  error: failure
})

/**
 * What the sidecar holds and uses at the moment.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Health = Schema.Struct({
  sidecarId: Schema.String,
  nodeVersion: Schema.String,
  uptimeMs: Schema.Number,
  rssBytes: Count,
  vms: Count,
  processes: Count,
  workers: Schema.Struct({ warm: Count, busy: Count })
})

/**
 * @since 0.1.0
 * @category rpcs
 */
export const GetHealth = Rpc.make("GetHealth", { success: Health })

/**
 * The whole control plane.
 *
 * @since 0.1.0
 * @category groups
 */
export const ControlGroup = RpcGroup.make(
  Lease,
  Seal,
  Release,
  TakeSnapshot,
  Fork,
  Restore,
  MountMemory,
  Unmount,
  ListMounts,
  GetHealth
)
