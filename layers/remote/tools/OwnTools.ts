/**
 * The tools of the VM itself, for a model: run, read, write, list, diff. They are a kit like any other, called `vm`, which
 * guests do not have.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { FilesystemError } from "../../../services/Filesystem.ts"
import type { ProcessesError } from "../../../services/Processes.ts"
import type * as ToolKit from "../../../services/ToolKit.ts"
import type { VmShape } from "../../../services/Vm.ts"
import type { BoundKit } from "../../../src/tools/BoundTool.ts"
import { bindHandlers } from "../../../src/tools/BoundTool.ts"
import type { ToolCall } from "../../../src/tools/Tool.ts"
import type { Change, VmSnapshot } from "../../../src/VmSnapshot.ts"
import { Kept } from "./Kept.ts"
import { MAX_LISTED, OwnKit, READ_BYTES, VmToolFailure } from "./OwnKit.ts"

type OwnVm = Pick<VmShape, "filesystem" | "processes" | "snapshot" | "snapshotMount" | "diff">

const failed = (error: FilesystemError | ProcessesError): VmToolFailure =>
  new VmToolFailure({
    code: "errno" in error ? error.errno : error._tag === "ProcessError" ? error.reason : error._tag,
    message: error.message
  })

type RunInput = typeof OwnKit.tools.run extends { readonly input: Schema.Schema<infer Input, any> } ? Input : never

const run = ({ processes }: OwnVm, { command, timeoutMs = 120_000, ...options }: RunInput, call: ToolCall) =>
  Effect.suspend(() => {
    const stdout = new Kept()
    const stderr = new Kept()
    let ended: { readonly exitCode: number; readonly signal?: string } = { exitCode: 0 }
    const decoder = new TextDecoder()
    return processes.run(command, { ...options, timeout: timeoutMs }).pipe(
      Stream.runForEach((event) => {
        switch (event._tag) {
          case "Started":
            return Effect.void
          case "Stdout":
            stdout.add(event.bytes)
            return call.progress(decoder.decode(event.bytes))
          case "Stderr":
            stderr.add(event.bytes)
            return call.progress(decoder.decode(event.bytes))
          case "Exited": {
            const { exitCode, signal } = event
            ended = signal === undefined ? { exitCode } : { exitCode, signal }
            return Effect.void
          }
        }
      }),
      Effect.as(false),
      Effect.catchIf(
        (error) => error._tag === "ProcessError" && error.reason === "TimedOut",
        () => Effect.as(Effect.sync(() => void (ended = { exitCode: 124 })), true)
      ),
      Effect.map((timedOut) => ({
        ...ended,
        timedOut,
        stdout: stdout.text(),
        stderr: stderr.text(),
        truncated: stdout.truncated || stderr.truncated
      }))
    )
  })

const isText = new TextDecoder("utf-8", { fatal: true })

/** As text where it is text; a character that the range cuts makes it none. */
const readable = (bytes: Uint8Array): { readonly content: string; readonly encoding: "utf8" | "base64" } => {
  try {
    return { content: isText.decode(bytes), encoding: "utf8" }
  } catch {
    return { content: base64(bytes), encoding: "base64" }
  }
}

const base64 = (bytes: Uint8Array): string => {
  let text = ""
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(text)
}

/** Where a range ends without cutting a character of UTF-8. */
const whole = (bytes: Uint8Array): number => {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]
    if ((byte & 0xc0) === 0x80) continue
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return length > back ? bytes.length - back : bytes.length
  }
  return bytes.length
}

const read = ({ filesystem }: OwnVm, path: string, offset: number, length: number) =>
  Effect.gen(function*() {
    const { size } = yield* filesystem.stat(path)
    const given = yield* filesystem.pread(path, offset, length)
    const atEnd = offset + given.length >= size
    const cut = atEnd ? given : given.subarray(0, whole(given))
    const bytes = cut.length === 0 ? given : cut
    return { ...readable(bytes), size, next: atEnd ? null : offset + bytes.length }
  })

const bytesOf = (content: string, encoding: "utf8" | "base64"): Effect.Effect<Uint8Array, VmToolFailure> =>
  encoding === "utf8"
    ? Effect.succeed(new TextEncoder().encode(content))
    : Effect.try({
      try: () => Uint8Array.from(atob(content), (character) => character.charCodeAt(0)),
      catch: () => new VmToolFailure({ code: "EINVAL", message: "content is not base64" })
    })

const parentOf = (path: string): string => path.slice(0, Math.max(1, path.lastIndexOf("/")))

const write = ({ filesystem }: OwnVm, path: string, bytes: Uint8Array, append: boolean) =>
  Effect.gen(function*() {
    yield* filesystem.mkdir(parentOf(path), { recursive: true })
    if (!append) yield* filesystem.writeFile(path, bytes)
    else yield* Effect.scoped(Effect.flatMap(filesystem.open(path, { flag: "a" }), (file) => file.write(bytes)))
    return { bytes: bytes.length }
  })

const list = ({ filesystem }: OwnVm, path: string, depth: number) =>
  Effect.map(
    Stream.runCollect(Stream.take(filesystem.walk(path, { maxDepth: depth }), MAX_LISTED + 1)),
    (found) => {
      const entries = [...found]
      return { entries: entries.slice(0, MAX_LISTED), truncated: entries.length > MAX_LISTED }
    }
  )

/** The trees whose changes are told: the root, and what is mounted and stays in the VM. */
const baseline = ({ filesystem, snapshot, snapshotMount }: OwnVm): Effect.Effect<Array<VmSnapshot>, FilesystemError> =>
  Effect.gen(function*() {
    const mounts = yield* filesystem.listMounts
    const kept = mounts.filter(({ path, readOnly, type }) =>
      path !== "/" && !readOnly && (type === "memory" || type === "overlay")
    )
    return yield* Effect.all([snapshot, ...kept.map(({ path }) => snapshotMount(path))])
  })

const differences = (changes: ReadonlyArray<Change>) => ({
  changes: changes.slice(0, MAX_LISTED).map(({ from, kind, path, size, type }) => ({
    kind,
    path,
    type,
    size,
    ...(from === undefined ? {} : { from })
  })),
  truncated: changes.length > MAX_LISTED
})

/**
 * The kit of a VM. What `diff` compares with is the state before the first call of any of them.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (vm: OwnVm): Effect.Effect<() => BoundKit> =>
  Effect.map(Effect.cached(Effect.suspend(() => baseline(vm))), (before) => () => {
    // where the policy forbids a snapshot, only the comparison fails
    const begun = <A>(effect: Effect.Effect<A, FilesystemError | ProcessesError | VmToolFailure>) =>
      Effect.mapError(
        Effect.zipRight(Effect.ignore(before), effect),
        (error) => error._tag === "VmToolFailure" ? error : failed(error)
      )
    const handlers = {
      run: (input, call) => begun(run(vm, input, call)),
      read: ({ length = READ_BYTES, offset = 0, path }) => begun(read(vm, path, offset, length)),
      write: ({ append = false, content, encoding = "utf8", path }) =>
        begun(Effect.flatMap(bytesOf(content, encoding), (bytes) => write(vm, path, bytes, append))),
      list: ({ depth = 0, path }) => begun(list(vm, path, depth)),
      diff: () =>
        begun(Effect.map(
          Effect.flatMap(before, (states) => Effect.forEach(states, (state) => vm.diff(state))),
          (changes) => differences(changes.flat())
        ))
    } satisfies ToolKit.HandlersOf<typeof OwnKit["tools"]>
    return bindHandlers(OwnKit, handlers)
  })
