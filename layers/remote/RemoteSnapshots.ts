/**
 * Trees on their way out of and into a VM: the portable export, snapshot lowers, and differences between kept states.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import type { FilesystemError } from "../../services/Filesystem.ts"
import type { FilesystemEntry, RootSnapshotExport } from "../../src/config/Snapshot.ts"
import { makeExport, modeBits, modeString } from "../../src/config/Snapshot.ts"
import { KernelError } from "../../src/errors/KernelError.ts"
import type { Change, VmSnapshot } from "../../src/VmSnapshot.ts"
import type { TypeOf } from "../../src/wire/Codec.ts"
import * as Operations from "../../src/wire/Operations.ts"
import { RecordParser } from "../../src/wire/Stream.ts"
import { records } from "./Bytes.ts"
import { call, control, type LinkError, type VmLink } from "./VmLink.ts"

type TreeEntry = TypeOf<typeof Operations.entryCodec>

/** The largest record that a sidecar may send: a file of the largest readable size, with its path. */
const MAX_RECORD = 2 ** 31

/**
 * The root filesystem in the seeds' portable format.
 *
 * @since 0.1.0
 * @category combinators
 */
export const exportRoot = (link: VmLink): Effect.Effect<RootSnapshotExport, FilesystemError> =>
  Effect.suspend(() => {
    const entries: Array<FilesystemEntry> = []
    const parser = new RecordParser(Operations.entryCodec, MAX_RECORD, (entry) => void entries.push(portable(entry)))
    return Effect.map(
      call(link, Operations.exportTree, { vm: link.vm, path: "/" }, { down: (bytes) => parser.push(bytes) }),
      () => makeExport(entries)
    )
  })

/**
 * Fills the next lower of a VM that is being set up.
 *
 * @since 0.1.0
 * @category combinators
 */
export const importLower = (link: VmLink, source: RootSnapshotExport["source"]): Effect.Effect<void, LinkError> =>
  importEntries(link, "lower", source.filesystem.entries)

/**
 * Puts entries over the lowers of a VM that is being set up.
 *
 * @since 0.1.0
 * @category combinators
 */
export const importBootstrap = (
  link: VmLink,
  entries: ReadonlyArray<FilesystemEntry>
): Effect.Effect<void, LinkError> => importEntries(link, "bootstrap", entries)

const importEntries = (link: VmLink, target: "lower" | "bootstrap", entries: ReadonlyArray<FilesystemEntry>) =>
  sendEntries(link, { target, path: "/", readOnly: true, source: "snapshot-export" }, entries)

/**
 * Mounts a tree of some snapshots, the first over the others.
 *
 * @since 0.1.0
 * @category combinators
 */
export const importMount = (
  link: VmLink,
  path: string,
  readOnly: boolean,
  sources: ReadonlyArray<RootSnapshotExport["source"]>
): Effect.Effect<void, LinkError> =>
  sendEntries(
    link,
    { target: "mount", path, readOnly, source: "overlay" },
    [...sources].reverse().flatMap(({ filesystem }) => filesystem.entries)
  )

const sendEntries = (
  link: VmLink,
  target: Omit<TypeOf<typeof Operations.importTree.request>, "vm">,
  entries: ReadonlyArray<FilesystemEntry>
) =>
  Effect.suspend(() => {
    const compact = function*() {
      for (const entry of entries) yield compactEntry(entry)
    }
    const request = { vm: link.vm, ...target }
    return Effect.asVoid(call(link, Operations.importTree, request, { up: records(Operations.entryCodec, compact()) }))
  })

/**
 * @since 0.1.0
 * @category combinators
 */
export const takeSnapshot = (link: VmLink, path: string): Effect.Effect<VmSnapshot, LinkError> =>
  Effect.map(
    control(link, (client) => client.TakeSnapshot({ vm: link.vm, path })),
    ({ snapshot }) => ({ vmId: link.vmId, path, snapshot })
  )

/**
 * @since 0.1.0
 * @category combinators
 */
export const dropSnapshot = (link: VmLink, { path, snapshot }: VmSnapshot): Effect.Effect<void, LinkError> =>
  control(link, (client) => client.DropSnapshot({ vm: link.vm, path, snapshot }))

/**
 * @since 0.1.0
 * @category combinators
 */
export const restore = (link: VmLink, { path, snapshot }: VmSnapshot): Effect.Effect<void, LinkError> =>
  path === "/"
    ? control(link, (client) => client.Restore({ vm: link.vm, snapshot }))
    : Effect.fail(new KernelError({ errno: "EINVAL", syscall: "restore", path }))

/**
 * @since 0.1.0
 * @category combinators
 */
export const diff = (link: VmLink, since: VmSnapshot): Effect.Effect<Array<Change>, LinkError> =>
  Effect.suspend(() => {
    const changes: Array<Change> = []
    const parser = new RecordParser(Operations.changeCodec, 64 * 1024, ({ from, ...change }) =>
      void changes.push(from === undefined ? change : { ...change, from }))
    const request = { vm: link.vm, path: since.path, snapshot: since.snapshot }
    return Effect.as(
      call(link, Operations.diff, request, {
        down: (bytes) =>
          parser.push(bytes)
      }),
      changes
    )
  })

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()
const nothing = new Uint8Array(0)

const contentOf = (bytes: Uint8Array): { readonly content: string; readonly encoding: "utf8" | "base64" } => {
  try {
    return { content: strict.decode(bytes), encoding: "utf8" }
  } catch {
    return { content: Encoding.encodeBase64(bytes), encoding: "base64" }
  }
}

const portable = (entry: TreeEntry): FilesystemEntry => {
  const { gid, path, uid } = entry
  const mode = modeString(entry.mode)
  switch (entry.type) {
    case "directory":
      return { path, type: "directory", mode, uid, gid }
    case "symlink":
      return { path, type: "symlink", mode, uid, gid, target: entry.target ?? "" }
    case "file":
      return { path, type: "file", mode, uid, gid, ...contentOf(entry.content) }
  }
}

const compactEntry = (entry: FilesystemEntry): TreeEntry => ({
  path: entry.path,
  type: entry.type,
  mode: modeBits(entry.mode),
  uid: entry.uid,
  gid: entry.gid,
  mtimeMs: undefined,
  target: entry.type === "symlink" ? entry.target : undefined,
  content: entry.type === "file" ? bytesOf(entry.content, entry.encoding) : nothing
})

// the configuration's Schema has checked that it is base64
const bytesOf = (content: string, encoding: "utf8" | "base64"): Uint8Array => {
  if (encoding === "utf8") return encoder.encode(content)
  const decoded = Encoding.decodeBase64(content)
  return decoded._tag === "Right" ? decoded.right : nothing
}
