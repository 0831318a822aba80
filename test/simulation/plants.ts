/** VMs with a bug. A simulation that does not find them would find nothing. */
import * as Effect from "effect/Effect"
import type { SeededRandom } from "../../layers/testing/SeededRandom.ts"
import type { VmShape } from "../../services/Vm.ts"

type Plant = (vm: VmShape, random: SeededRandom) => VmShape

const withFiles =
  (change: (vm: VmShape, random: SeededRandom) => Partial<VmShape["filesystem"]>): Plant => (vm, random) => ({
    ...vm,
    filesystem: { ...vm.filesystem, ...change(vm, random) }
  })

export const plants: Readonly<Record<string, Plant>> = {
  "a write is acknowledged and lost": withFiles(({ filesystem }, random) => ({
    writeFile: (path, content) =>
      Effect.suspend(() => random.below(20) === 0 ? Effect.void : filesystem.writeFile(path, content))
  })),
  "a rename leaves the old name": withFiles(({ filesystem }) => ({
    move: (from, to, options) =>
      Effect.flatMap(Effect.option(filesystem.readFile(from)), (content) =>
        Effect.zipLeft(
          filesystem.move(from, to, options),
          content._tag === "Some" ? Effect.ignore(filesystem.writeFile(from, content.value)) : Effect.void
        ))
  })),
  "a removal fails when it has removed": withFiles(({ filesystem }) => ({
    delete: (path, options) => Effect.zipRight(Effect.ignore(filesystem.delete(path, options)), filesystem.delete(path))
  })),
  "a restore does nothing": (vm) => ({ ...vm, restore: () => Effect.void }),
  "a lock is held by everybody": withFiles(() => ({ lock: () => Effect.void })),
  "a fork shares its files": (vm) => ({
    ...vm,
    fork: Effect.map(vm.fork, (fork) => ({ ...fork, filesystem: vm.filesystem }))
  }),
  "a job is paused for ever": (vm) => ({ ...vm, scheduler: { ...vm.scheduler, resume: () => Effect.void } })
}
