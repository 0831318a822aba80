/**
 * Bundles the simulation of test/simulation and runs it against the kernel's sources and the built guest workers.
 *
 * Usage: node scripts/simulate.mjs [--seeds N] [--from N] [--seed N] [--shell EVERY] [--jobs N]
 */
import { build } from "esbuild"
import { spawn } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import path from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))

if (!existsSync(path.join(root, "dist/sidecar/shell-worker.js"))) {
  console.error("simulate: the package is not built; run npm run build first")
  process.exit(1)
}

mkdirSync(path.join(root, "tmp"), { recursive: true })
const outdir = mkdtempSync(path.join(root, "tmp/simulate-"))
try {
  await build({
    absWorkingDir: root,
    entryPoints: ["test/simulation/main.ts"],
    outdir,
    entryNames: "[name]",
    bundle: true,
    packages: "external",
    external: ["#sidecar/*"],
    platform: "node",
    target: "node20",
    format: "esm",
    logLevel: "warning"
  })
  const flags = process.argv.slice(2)
  const jobs = flags.includes("--jobs") ? Number(flags[flags.indexOf("--jobs") + 1]) : 1
  const run = (job) =>
    new Promise((resolve) => {
      const args = ["--enable-source-maps", path.join(outdir, "main.js"), ...flags, "--job", String(job)]
      spawn(process.execPath, args, { cwd: root, stdio: "inherit" }).on("exit", (code) => resolve(code ?? 1))
    })
  const codes = await Promise.all(Array.from({ length: jobs }, (_, job) => run(job)))
  process.exitCode = Math.max(...codes)
} finally {
  rmSync(outdir, { recursive: true, force: true })
}
