/** Operations on a VM's files that may have to wait for a foreign filesystem. */
import { begun, once, type Work } from "../kernel/filesystem/steps.ts"
import type { Vm } from "../kernel/vm.ts"
import { steps } from "./streams.ts"

/** Performs an operation of one step, then `done` with what it came to: at once, where nothing foreign is mounted. */
export const perform = <A>(vm: Vm, run: () => A, done: (value: A) => void): Work | void =>
  vm.filesystem.foreign ? begun(steps(vm.perform(() => once(run)), done)) : done(run())
