// Builds dist/: the library by tsc; the sidecar, its guest worker and the command, each bundled for a fast start. It takes
// the place of the former dist/ when it is complete.
import { build } from "esbuild"
import { execFileSync } from "node:child_process"
import { chmodSync, renameSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { bundleShell } from "./bundle-shell.mjs"

const require = createRequire(import.meta.url)
const minify = !process.argv.includes("--no-minify")

const out = `dist.${process.pid}`

const bundle = (entry, outfile, options = {}) =>
  build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    minify,
    keepNames: false,
    platform: "node",
    target: "node20",
    format: "esm",
    sourcemap: false,
    legalComments: "none",
    logLevel: "warning",
    ...options
  })

const tsc = () =>
  execFileSync(
    process.execPath,
    [require.resolve("typescript/bin/tsc"), "-p", "tsconfig.build.json", "--outDir", out],
    {
      stdio: "inherit"
    }
  )

try {
  await Promise.all([
    bundle("native/main.ts", `${out}/sidecar/main.js`),
    bundleShell({ outdir: `${out}/sidecar`, minify }),
    bundle("bin/agent-os.ts", `${out}/bin/agent-os.js`, {
      banner: {
        js:
          "#!/usr/bin/env node\nimport{createRequire as __createRequire}from\"node:module\";const require=__createRequire(import.meta.url);"
      }
    })
  ])
  chmodSync(`${out}/bin/agent-os.js`, 0o755)
  tsc()
  rmSync("dist", { recursive: true, force: true })
  renameSync(out, "dist")
} finally {
  rmSync(out, { recursive: true, force: true })
}
