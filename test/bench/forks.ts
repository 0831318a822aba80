/** Forks, snapshots and large trees, with two in-memory filesystems that others wrote as comparison in the same run. */
import * as Effect from "effect/Effect"
import { InMemoryFs } from "just-bash"
import { randomFillSync } from "node:crypto"
import type { SidecarHandle } from "../../services/Sidecar.ts"
import { Sidecar } from "../../services/Sidecar.ts"
import { Vm, type VmShape } from "../../services/Vm.ts"
import type { Group, Settings } from "./bench.ts"
import { KiB, MiB, noise, times } from "./bench.ts"
import { fill, somewhere } from "./files.ts"
import { atMost, quantile, row, sample, timed } from "./measure.ts"
import { settled } from "./memory.ts"

const limits = (files: number) => ({
  inodes: 2 * files + 10_000,
  filesystemBytes: files * KiB + 512 * MiB,
  readdirEntries: 1_000_000
})

/** The same small writes and reads on any filesystem. */
interface Comparison {
  readonly name: string
  readonly write: (path: string, content: Uint8Array) => Promise<unknown>
  readonly read: (path: string) => Promise<unknown>
  readonly mkdir: (path: string) => Promise<unknown>
}

/** What is used of memfs. Its types need those of a newer Node.js. */
interface Memfs {
  readonly promises: {
    readonly mkdir: (path: string, options: { readonly recursive: boolean }) => Promise<unknown>
    readonly readFile: (path: string) => Promise<unknown>
    readonly writeFile: (path: string, content: Uint8Array) => Promise<unknown>
  }
}

const memfs = "memfs"

const comparisons = Effect.promise(async (): Promise<ReadonlyArray<Comparison>> => {
  const { Volume } = await import(memfs) as { readonly Volume: new() => Memfs }
  const volume = new Volume().promises
  const plain = new InMemoryFs()
  return [
    {
      name: "memfs, in process",
      write: (path, content) => volume.writeFile(path, content),
      read: (path) => volume.readFile(path),
      mkdir: (path) => volume.mkdir(path, { recursive: true })
    },
    {
      name: "just-bash InMemoryFs, in process",
      write: (path, content) => plain.writeFile(path, content),
      read: (path) => plain.readFileBuffer(path),
      mkdir: (path) => plain.mkdir(path, { recursive: true })
    }
  ]
})

/** Rows of a filesystem in this very process: nothing of it crosses to another. */
const compared = (settings: Settings, files: number, { mkdir, name, read, write }: Comparison) =>
  Effect.gen(function*() {
    const content = noise(KiB)
    yield* Effect.promise(async () => {
      for (let at = 0; at < files; at++) {
        if (at % 1000 === 0) await mkdir(`/data/d${at / 1000}`)
        await write(`/data/d${Math.floor(at / 1000)}/file-${at % 1000}`, content)
      }
    })
    const path = somewhere(files)
    const reads = yield* sample(times(settings, 2000), Effect.promise(() => read(path())))
    const written = yield* sample(times(settings, 2000), Effect.promise(() => write("/data/file", content)))
    let next = 0
    const depth = yield* Effect.either(sample(
      times(settings, 20),
      Effect.tryPromise(async () => {
        const deep = `/${next++}${"/d".repeat(1000)}`
        await mkdir(deep)
        await write(`${deep}/f`, content)
        await read(`${deep}/f`)
      })
    ))
    return [
      row(`${name}: readFile 1 KiB among ${files.toLocaleString("en")}`, reads),
      row(`${name}: writeFile 1 KiB`, written),
      row(`${name}: depth 1,000`, depth._tag === "Right" ? depth.right : [], {
        note: depth._tag === "Left" ? "fails" : undefined
      })
    ]
  })

const readsAt = (settings: Settings, files: number) =>
  Effect.gen(function*() {
    const { filesystem } = yield* Vm.make({ limits: limits(files) })
    yield* fill(filesystem, files)
    const path = somewhere(files)
    return yield* sample(times(settings, 3000), Effect.suspend(() => filesystem.readFile(path())))
  }).pipe(Effect.scoped)

/** The three are taken in turn, so that a busy moment of the machine falls on all of them. */
const flat = (settings: Settings) =>
  Effect.gen(function*() {
    const counts = settings.quick ? [100, 1000, 10_000] : [100, 10_000, 100_000]
    const samples: Array<Array<number>> = [[], [], []]
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < counts.length; i++) samples[i].push(...yield* readsAt(settings, counts[i]))
    }
    const least = Math.min(...samples.map((one) => quantile(one, 0.5)))
    return counts.map((count, i) => {
      const ratio = quantile(samples[i], 0.5) / least
      return row(`readFile 1 KiB at ${count.toLocaleString("en")} files, of the fastest`, [ratio], {
        unit: "times",
        bar: atMost(1.3),
        note: `${quantile(samples[i], 0.5).toFixed(3)} ms`
      })
    })
  })

const deepPath = (settings: Settings) =>
  Effect.gen(function*() {
    const { filesystem } = yield* Vm.make({ limits: { inodes: 1_000_000 } })
    let next = 0
    const samples = yield* sample(
      times(settings, 50),
      Effect.suspend(() => {
        const path = `/${next++}${"/d".repeat(1000)}`
        return filesystem.mkdir(path, { recursive: true }).pipe(
          Effect.zipRight(filesystem.writeFile(`${path}/f`, "x")),
          Effect.zipRight(filesystem.readFile(`${path}/f`))
        )
      })
    )
    return [row("path of depth 1,000 created, written and read", samples, { bar: atMost(5) })]
  }).pipe(Effect.scoped)

const firstWrites = (settings: Settings, entries: number) =>
  Effect.gen(function*() {
    const vm = yield* Vm.make({ limits: limits(entries) })
    const names = Array.from({ length: entries }, (_, i) => ({ path: `/big/file-${i}`, content: "" }))
    yield* vm.filesystem.writeFiles(names)
    const forks: Array<number> = []
    const writes: Array<number> = []
    for (let at = 0; at < times(settings, 200); at++) {
      yield* Effect.scoped(Effect.gen(function*() {
        const start = performance.now()
        const twin = yield* vm.fork
        forks.push(performance.now() - start)
        writes.push(yield* timed(twin.filesystem.writeFile(`/big/file-${(at * 7919) % entries}`, "x")))
      }))
    }
    const many = entries.toLocaleString("en")
    return [
      row(`fork of a VM with ${many} files`, forks, { bar: atMost(1) }),
      row(`first write after a fork, directory of ${many}`, writes, { bar: atMost(5) })
    ]
  }).pipe(Effect.scoped)

/** Resident memory once the sidecar has collected its garbage, which it does after a snapshot was dropped. */
const collected = (vm: VmShape, sidecar: SidecarHandle) =>
  vm.snapshot.pipe(Effect.flatMap(vm.dropSnapshot), Effect.zipRight(settled(sidecar)))

const manyForks = (settings: Settings, files: number, sidecar: SidecarHandle) =>
  Effect.gen(function*() {
    const count = settings.quick ? 100 : 1000
    const vm = yield* Vm.make({ limits: limits(files) })
    yield* fill(vm.filesystem, files)
    yield* Effect.scoped(Effect.forEach(Array.from({ length: 200 }), () => vm.fork, { discard: true }))
    const before = yield* collected(vm, sidecar)
    const [took, held] = yield* Effect.scoped(Effect.gen(function*() {
      const took = yield* timed(Effect.forEach(Array.from({ length: count }), () => vm.fork, { discard: true }))
      return [took, yield* collected(vm, sidecar)] as const
    }))
    return [
      row(`${count.toLocaleString("en")} forks of a VM with ${files.toLocaleString("en")} files`, [took], {
        bar: settings.quick ? undefined : atMost(1000)
      }),
      row("fork, resident memory before its first write", [Math.max(0, (held - before) / count / KiB)], {
        unit: "KiB",
        bar: atMost(10)
      })
    ]
  }).pipe(Effect.scoped)

const dropped = (sidecar: SidecarHandle) =>
  Effect.gen(function*() {
    const vm = yield* Vm.make({ limits: { filesystemBytes: 512 * MiB } })
    const content = randomFillSync(new Uint8Array(MiB))
    const write = Effect.forEach(
      Array.from({ length: 100 }, (_, i) => i),
      (i) => vm.filesystem.writeFile(`/home/user/f${i}`, content),
      { discard: true }
    )
    const clear = Effect.forEach(
      Array.from({ length: 100 }, (_, i) => i),
      (i) => vm.filesystem.delete(`/home/user/f${i}`),
      { discard: true }
    )
    const before = yield* collected(vm, sidecar)
    yield* write
    const snapshot = yield* vm.snapshot
    yield* clear
    const held = yield* settled(sidecar)
    yield* vm.dropSnapshot(snapshot)
    const after = yield* settled(sidecar)
    const mib = (bytes: number) => (bytes / MiB).toFixed(0)
    return [
      row("RSS after 100 MiB dropped with a snapshot, of earlier", [(100 * after) / before], {
        unit: "%",
        bar: atMost(120),
        note: `${mib(before)} MiB before, ${mib(held)} with the snapshot, ${mib(after)} after it`
      })
    ]
  }).pipe(Effect.scoped)

export const forks: Group = {
  name: "forks",
  run: (settings) =>
    Effect.gen(function*() {
      const files = settings.quick ? 10_000 : 100_000
      const sidecar = yield* Effect.flatMap(Sidecar, (service) => service.shared())
      // memory first: what else runs leaves a larger heap behind
      const memory = yield* dropped(sidecar)
      const many = yield* manyForks(settings, files, sidecar)
      const first = yield* firstWrites(settings, files)
      const deep = yield* deepPath(settings)
      const reads = yield* flat(settings)
      const others: Array<ReturnType<typeof row>> = []
      for (const comparison of yield* comparisons) others.push(...yield* compared(settings, files, comparison))
      return [...many, ...first, ...deep, ...reads, ...memory, ...others]
    }).pipe(Effect.scoped)
}
