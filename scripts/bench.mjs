/**
 * Bundles the benchmarks of test/bench and runs them against the built package in dist/: what they import of src, services
 * and layers is taken from there, as a program that uses the package would get it.
 *
 * Usage: node scripts/bench.mjs [--only NAME] [--quick] [--json FILE]
 */
import { build } from "esbuild"
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import path from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))

if (!existsSync(path.join(root, "dist/src/index.js")) || !existsSync(path.join(root, "dist/sidecar/main.js"))) {
  console.error("bench: the package is not built; run npm run build first")
  process.exit(1)
}

const fromBuild = {
  name: "from-build",
  setup(builder) {
    builder.onResolve({ filter: /^(\.\.\/)+(src|services|layers)\/.*\.ts$/ }, ({ path: source, resolveDir }) => {
      const file = path.relative(root, path.resolve(resolveDir, source)).replace(/\.ts$/, ".js")
      return { path: path.join(root, "dist", file), external: true }
    })
  }
}

mkdirSync(path.join(root, "tmp"), { recursive: true })
const outdir = mkdtempSync(path.join(root, "tmp/bench-"))
try {
  await build({
    absWorkingDir: root,
    entryPoints: ["main", "programs/fresh-host", "programs/echo-process", "programs/noisy-host"].map((name) =>
      `test/bench/${name}.ts`
    ),
    outdir,
    entryNames: "[name]",
    bundle: true,
    packages: "external",
    platform: "node",
    target: "node20",
    format: "esm",
    logLevel: "warning",
    plugins: [fromBuild]
  })
  // sizes are of what is left when garbage has gone
  const args = ["--expose-gc", path.join(outdir, "main.js"), ...process.argv.slice(2)]
  process.exitCode = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" }).status ?? 1
} finally {
  rmSync(outdir, { recursive: true, force: true })
}
