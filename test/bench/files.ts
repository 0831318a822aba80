/** Files: latency of small ones, throughput of large ones, batches. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { FilesystemShape } from "../../services/Filesystem.ts"
import { Vm } from "../../services/Vm.ts"
import type { Group, Settings } from "./bench.ts"
import { KiB, MiB, noise, times } from "./bench.ts"
import { atLeast, atMost, quantile, row, sample } from "./measure.ts"

/** Makes `count` files of 1 KiB, in directories of 1,000. */
export const fill = (filesystem: FilesystemShape, count: number) =>
  Effect.gen(function*() {
    const content = noise(KiB)
    for (let made = 0; made < count; made += 1000) {
      const entries = Array.from({ length: Math.min(1000, count - made) }, (_, i) => ({
        path: `/data/d${made / 1000}/file-${i}`,
        content
      }))
      const failed = (yield* filesystem.writeFiles(entries)).find(({ success }) => !success)
      if (failed !== undefined) return yield* Effect.dieMessage(`${failed.path}: ${failed.error}`)
    }
  })

/** Paths spread over what `fill` made, so that no single one stays in a cache. */
export const somewhere = (count: number) => {
  let next = 0
  return () => {
    next = (next + 7919) % count
    return `/data/d${Math.floor(next / 1000)}/file-${next % 1000}`
  }
}

const readsAmong = (settings: Settings, files: number) =>
  Effect.gen(function*() {
    const { filesystem } = yield* Vm.make({
      limits: { inodes: files + 10_000, filesystemBytes: files * KiB + 64 * MiB }
    })
    yield* fill(filesystem, files)
    const path = somewhere(files)
    return yield* sample(times(settings, 4000), Effect.suspend(() => filesystem.readFile(path())))
  }).pipe(Effect.scoped)

const small = (settings: Settings) =>
  Effect.gen(function*() {
    const many = settings.quick ? 10_000 : 100_000
    const few = yield* readsAmong(settings, 100)
    const crowded = yield* readsAmong(settings, many)
    const { filesystem } = yield* Vm.make({})
    const content = noise(KiB)
    const written = yield* sample(times(settings, 4000), filesystem.writeFile("/home/user/file", content))
    const ratio = quantile(crowded, 0.5) / quantile(few, 0.5)
    return [
      row("readFile 1 KiB", few, { bar: atMost(0.06) }),
      row(`readFile 1 KiB among ${many.toLocaleString("en")} files`, crowded, {
        bar: atMost(0.06),
        note: `${ratio.toFixed(2)} times that among 100`
      }),
      row("writeFile 1 KiB", written, { bar: atMost(0.07) })
    ]
  }).pipe(Effect.scoped)

const batches = (settings: Settings) =>
  Effect.gen(function*() {
    const { filesystem } = yield* Vm.make({})
    const content = noise(100)
    const entries = Array.from({ length: 1000 }, (_, i) => ({ path: `/home/user/batch/file-${i}`, content }))
    const written = yield* sample(times(settings, 50), filesystem.writeFiles(entries))
    const listed = yield* sample(times(settings, 200), filesystem.readdir("/home/user/batch"))
    return [
      row("writeFiles of 1,000 small files", written, { bar: atMost(20) }),
      row("readdir of 1,000 entries", listed, { bar: atMost(1) })
    ]
  }).pipe(Effect.scoped)

const large = (settings: Settings) =>
  Effect.gen(function*() {
    const size = 64
    const { filesystem } = yield* Vm.make({ limits: { filesystemBytes: 4 * size * MiB } })
    const content = noise(size * MiB)
    const rate = (ms: number) => (size * 1000) / ms
    const count = settings.quick ? 3 : 12
    const write = yield* sample(count, filesystem.writeFile("/home/user/large", content), 2)
    const read = yield* sample(count, filesystem.readFile("/home/user/large"), 2)
    const pieces = Array.from({ length: size * 16 }, (_, at) => content.subarray(at * 64 * KiB, (at + 1) * 64 * KiB))
    const stream = Stream.fromIterable(pieces).pipe(Stream.run(filesystem.writeStream("/home/user/large")))
    const streamIn = yield* sample(count, stream, 2)
    const streamOut = yield* sample(count, Stream.runDrain(filesystem.readStream("/home/user/large")), 2)
    const options = { unit: "MiB/s", bar: atLeast(400) }
    return [
      row("64 MiB file, in", write.map(rate), options),
      row("64 MiB file, out", read.map(rate), options),
      row("64 MiB file, in by writeStream, pieces of 64 KiB", streamIn.map(rate), options),
      row("64 MiB file, out by readStream", streamOut.map(rate), options)
    ]
  }).pipe(Effect.scoped)

export const files: Group = { name: "files", run: small }

export const batch: Group = { name: "batch", run: batches }

export const stream: Group = { name: "stream", run: large }
