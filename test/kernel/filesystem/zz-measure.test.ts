import { it } from "@effect/vitest"
import { diffSteps } from "../../../native/kernel/filesystem/diff.ts"
import { Tree } from "../../../native/kernel/filesystem/tree.ts"
import { exportNodes, exportTree, importSteps } from "../../../native/kernel/filesystem/tree-entries.ts"
import { bytes, make, root } from "./support.ts"
it("m", () => {
  for (let round = 0; round < 2; round++) {
  const fs = make()
  fs.mkdir(root, "/t")
  for (let i = 0; i < 99; i++) fs.mkdirp(root, `/t/d${i}/e`)
  for (let i = 0; i < 15800; i++) fs.writeFile(root, i < 8000 ? `/t/f${i}` : `/t/d${i % 99}/e/f${i}`, bytes("x"))
  const before = fs.snapshot()
  fs.mount("/m", Tree.empty(0n).snapshot())
  const run = (label: string, steps: Iterator<unknown>) => {
    const times: Array<number> = []
    for (;;) { const t = performance.now(); const d = steps.next().done; times.push(performance.now() - t); if (d) break }
    times.sort((a, b) => a - b)
    console.log(label, "steps", times.length, "total", times.reduce((a, b) => a + b, 0).toFixed(1), "median", times[times.length >> 1].toFixed(3), "p99", times[Math.floor(times.length * .99)].toFixed(3), "max", times.at(-1)!.toFixed(3))
  }
  run("copy", fs.copySteps(root, "/t", "/copy", { recursive: true }))
  run("copy mount", fs.copySteps(root, "/t", "/m/t", { recursive: true }))
  run("move mount", fs.moveSteps(root, "/m/t", "/moved"))
  run("diff", diffSteps(before, fs.snapshot()))
  run("remove", fs.removeSteps(root, "/t", { recursive: true }))
  run("export", exportNodes(fs.snapshot()))
  run("import", importSteps(exportTree(fs.snapshot())))
  }
})
