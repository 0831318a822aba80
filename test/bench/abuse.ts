/** What a VM can be made to do that its neighbours might notice. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { VmShape } from "../../services/Vm.ts"
import { KiB, MiB, noise } from "./bench.ts"

/** 3,000 files written by 3,000 fibers, once. */
export const writesAtOnce = ({ filesystem }: VmShape) => {
  const content = noise(KiB)
  const paths = Array.from({ length: 3000 }, (_, i) => `/home/user/file-${i}`)
  return Effect.forEach(paths, (path) => filesystem.writeFile(path, content), {
    concurrency: "unbounded",
    discard: true
  })
}

/** Each goes on until it is interrupted. */
export const abuses: Record<string, (vm: VmShape) => Effect.Effect<unknown, unknown>> = {
  "a busy loop": ({ processes }) => Effect.forever(processes.exec("while true; do :; done")),
  "a flood of output": ({ processes }) =>
    Stream.runDrain(Stream.forever(processes.run("while true; do echo flood; done"))),
  "3,000 writes at once by this program": (vm) => Effect.forever(writesAtOnce(vm)),
  "files made by a guest": ({ processes }) =>
    Effect.forever(processes.exec("i=0; while [ $i -lt 2000 ]; do echo $i > f$i; i=$((i+1)); done")),
  "big writes": ({ filesystem }) => {
    const content = noise(32 * MiB)
    return Effect.forever(filesystem.writeFile("/home/user/large", content))
  }
}
