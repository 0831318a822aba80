/**
 * The control plane: what is done with whole VMs, as an RpcGroup over the same connection. Calls here are rare and carry
 * structure; bytes of files and processes go by `Operations`.
 *
 * @since 0.1.0
 */
import * as Rpc from "@effect/rpc/Rpc"
import * as RpcGroup from "@effect/rpc/RpcGroup"
import * as Schema from "effect/Schema"
import { PermissionMode, PermissionsConfig } from "../config/PermissionsConfig.ts"
import { KernelError } from "../errors/KernelError.ts"
import { optionalKey } from "../OptionalKey.ts"

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
  ptys: Count,
  shellSessions: Count,
  sessionBytes: Count,
  readdirEntries: Count,
  argvBytes: Count,
  envBytes: Count,
  readBytes: Count,
  wasmMemoryBytes: Count
})

/**
 * @since 0.1.0
 * @category models
 */
export type KernelLimits = typeof KernelLimits.Type

/**
 * The tools that a VM has: their names, what guests are told of them (JSON), and the files and commands that come with
 * them.
 *
 * @since 0.1.0
 * @category schemas
 */
export const VmTools = Schema.Struct({
  kits: Schema.Array(Schema.Struct({ name: Schema.String, tools: Schema.Array(Schema.String) })),
  catalog: Schema.String,
  files: Schema.Array(Schema.Struct({ path: Schema.String, text: Schema.String }))
})

/**
 * @since 0.1.0
 * @category models
 */
export type VmTools = typeof VmTools.Type

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
  lowers: Schema.Array(Schema.Literal("import", "bundled-base-filesystem")),
  /** Absent: none. */
  tools: optionalKey(VmTools),
  /** Absent: what holds when nothing is said. */
  permissions: optionalKey(PermissionsConfig),
  /** `all`: decisions that allow something are noted for the audit as well. */
  audit: optionalKey(Schema.Literal("all"))
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

/**
 * What a call is made with. The client checks it when it encodes it; `make`, which it calls before, would check it a first
 * time, and a Struct's own works the schema of its type out anew each time: the most of what a lease did here.
 */
const payload = <Fields extends Schema.Struct.Fields>(fields: Fields): Schema.Struct<Fields> =>
  Object.assign(Schema.Struct(fields), { make: <A>(value: A): A => value })

const onVm = payload({ vm: VmHandle })

/**
 * A new VM. With nothing to import and no mounts it is ready at once; else `seal` makes it so.
 *
 * @since 0.1.0
 * @category rpcs
 */
export const Lease = Rpc.make("Lease", {
  payload: payload({ spec: VmSpec, sealed: Schema.Boolean }),
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
  payload: payload({ vm: VmHandle, path: Schema.String }),
  success: Schema.Struct({ snapshot: UInt32 }),
  error: failure
})

/**
 * Forgets a snapshot of a VM. What only it held is freed.
 *
 * @since 0.1.0
 * @category rpcs
 */
export const DropSnapshot = Rpc.make("DropSnapshot", {
  payload: payload({ vm: VmHandle, path: Schema.String, snapshot: UInt32 }),
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
export const Restore = Rpc.make("Restore", { payload: payload({ vm: VmHandle, snapshot: UInt32 }), error: failure })

/**
 * Mounts an empty in-memory tree.
 *
 * @since 0.1.0
 * @category rpcs
 */
export const MountMemory = Rpc.make("MountMemory", {
  payload: payload({ vm: VmHandle, path: Schema.String, readOnly: Schema.Boolean }),
  error: failure
})

/**
 * Mounts a filesystem that the host serves under a number on this connection: `live`, or as an overlay. `owner`: who owns
 * all of it; else whoever the driver says.
 *
 * @since 0.1.0
 * @category rpcs
 */
export const MountDriver = Rpc.make("MountDriver", {
  payload: payload({
    vm: VmHandle,
    path: Schema.String,
    driver: UInt32,
    live: Schema.Boolean,
    readOnly: Schema.Boolean,
    type: Schema.String,
    owner: Schema.NullOr(Schema.Struct({ uid: UInt32, gid: UInt32 })),
    /** Milliseconds that one call of the driver may take. */
    timeoutMs: Schema.Int.pipe(Schema.positive())
  }),
  error: failure
})

/**
 * @since 0.1.0
 * @category rpcs
 */
export const Unmount = Rpc.make("Unmount", { payload: payload({ vm: VmHandle, path: Schema.String }), error: failure })

/**
 * Puts another permission policy in the place of the present one. What has begun goes on; everything after it is decided
 * by the new one. When that cannot be put in place, everything is denied. `begins`: it is the policy that the VM is leased
 * with, after its setting up.
 *
 * @since 0.1.0
 * @category rpcs
 */
export const SetPermissions = Rpc.make("SetPermissions", {
  payload: payload({ vm: VmHandle, permissions: optionalKey(PermissionsConfig), begins: Schema.Boolean }),
  error: failure
})

/**
 * From here on decisions that allow something are noted for the audit as well.
 *
 * @since 0.1.0
 * @category rpcs
 */
export const NoteAll = Rpc.make("NoteAll", { payload: onVm, error: failure })

/**
 * Tells what has been noted for the audit so far, before the answer.
 *
 * @since 0.1.0
 * @category rpcs
 */
export const TellNotes = Rpc.make("TellNotes", { payload: onVm, error: failure })

/**
 * Decides on a tool call that the host makes for somebody who is no process, and numbers it like the calls of guests.
 *
 * @since 0.1.0
 * @category rpcs
 */
export const AdmitTool = Rpc.make("AdmitTool", {
  payload: { vm: VmHandle, tool: Schema.String },
  success: Schema.Struct({
    call: UInt32,
    /** Milliseconds on the VM's clock. */
    now: Schema.Number,
    mode: PermissionMode,
    rule: optionalKey(Count)
  }),
  error: failure
})

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
  DropSnapshot,
  Fork,
  Restore,
  MountMemory,
  MountDriver,
  Unmount,
  SetPermissions,
  NoteAll,
  TellNotes,
  AdmitTool,
  ListMounts,
  GetHealth
)
