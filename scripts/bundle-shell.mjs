/**
 * Bundles the shell worker: one entry and lazily loaded chunks, nothing outside the folder needed at run time.
 *
 * just-bash carries runtimes that this shell never offers (SQLite, CPython, a JavaScript engine, a network client, HTML
 * conversion); their modules become empty ones.
 */
import { build } from "esbuild"
import { readFile } from "node:fs/promises"
import { basename } from "node:path"
import { fileURLToPath } from "node:url"
import { patchedFiles, patchJustBash } from "./just-bash-patches.mjs"

const root = fileURLToPath(new URL("..", import.meta.url))

/** Packages and chunks left out. The commands in question are not registered, or are not in our list. */
const absentPackages =
  /^(sql\.js|turndown|quickjs-emscripten(-core)?|@jitl\/.*|undici|node-liblzma|@mongodb-js\/zstd|seek-bzip)$/
const absentChunks = /\/(sqlite3|python3|js-exec|curl|html-to-markdown|flag-coverage|undici)-[A-Z0-9]+\.js$/

const leaveOut = {
  name: "leave-out",
  setup(builder) {
    builder.onResolve({ filter: absentPackages }, () => ({ path: "absent", namespace: "absent" }))
    builder.onResolve(
      { filter: /^\.\// },
      ({ path, resolveDir }) =>
        absentChunks.test(`/${path.slice(2)}`) && resolveDir.includes("just-bash")
          ? { path: "absent", namespace: "absent" }
          : undefined
    )
    builder.onLoad({ filter: /.*/, namespace: "absent" }, () => ({ contents: "module.exports = {}", loader: "js" }))
  }
}

const patch = {
  name: "patch-just-bash",
  setup(builder) {
    const missing = new Set(patchedFiles)
    builder.onLoad({ filter: /just-bash[\\/]dist[\\/]bundle[\\/]/ }, async ({ path }) => {
      const file = basename(path)
      if (!patchedFiles.has(file)) return undefined
      missing.delete(file)
      return { contents: patchJustBash(file, await readFile(path, "utf8")), loader: "js" }
    })
    builder.onEnd(() => {
      if (missing.size > 0) throw new Error(`just-bash has changed: no ${[...missing].join(", ")}`)
    })
  }
}

/** `entryPoints` by name of the file made; tests bundle the engine by itself in the same way. */
export const bundleShell = async ({
  outdir,
  minify = true,
  entryPoints = { "shell-worker": "native/guests/shell/worker.ts" }
}) => {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir,
    entryNames: "[name]",
    chunkNames: "shell/[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    minify,
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
    // Bundled CommonJS modules ask for Node's own by `require`.
    banner: {
      js: "import { createRequire as __require } from \"node:module\"\nconst require = __require(import.meta.url)"
    },
    plugins: [leaveOut, patch]
  })
  return metafile
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { outputs } = await bundleShell({ outdir: `${root}/dist/sidecar` })
  const bytes = Object.values(outputs).reduce((sum, output) => sum + output.bytes, 0)
  const files = Object.keys(outputs).length
  console.log(`dist/sidecar/shell-worker.js: ${files} files, ${(bytes / 1024 / 1024).toFixed(2)} MiB`)
}
