/**
 * Bundles the shell worker: one entry and lazily loaded chunks, nothing outside the folder needed at run time.
 *
 * just-bash carries runtimes that this shell never offers (SQLite, CPython, a JavaScript engine, a network client, HTML
 * conversion); their modules become empty ones. Our own sqlite3 has the WebAssembly of SQLite, in a chunk of its own.
 */
import { build } from "esbuild"
import { fileURLToPath } from "node:url"

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

/** `entryPoints` by name of the file made: the shell, and what it runs WebAssembly in. Tests bundle the engine by itself. */
export const bundleShell = async ({
  outdir,
  minify = true,
  entryPoints = { "shell-worker": "native/guests/shell/worker.ts", "wasm-worker": "native/guests/wasm/worker.ts" }
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
    loader: { ".wasm": "binary" },
    logLevel: "warning",
    // Bundled CommonJS modules ask for Node's own by `require`.
    banner: {
      js: "import { createRequire as __require } from \"node:module\"\nconst require = __require(import.meta.url)"
    },
    plugins: [leaveOut]
  })
  return metafile
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { outputs } = await bundleShell({ outdir: `${root}/dist/sidecar` })
  const bytes = Object.values(outputs).reduce((sum, output) => sum + output.bytes, 0)
  const files = Object.keys(outputs).length
  console.log(`dist/sidecar/shell-worker.js: ${files} files, ${(bytes / 1024 / 1024).toFixed(2)} MiB`)
}
