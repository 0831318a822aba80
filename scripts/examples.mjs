/**
 * Type-checks the programs in examples/ against the built package and runs each of them, as a user would: they import the
 * package by its name. An example passes when it type-checks and exits with code 0 by itself.
 *
 * Usage: node scripts/examples.mjs [name ...]
 */
import { transform } from "esbuild"
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import * as fs from "node:fs/promises"
import path from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const examples = path.join(root, "examples")
const TIMEOUT_MS = 120_000

/** Runs a program in the root folder; never rejects. */
const run = (args) =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] })
    const chunks = []
    child.stdout.on("data", (chunk) => chunks.push(chunk))
    child.stderr.on("data", (chunk) => chunks.push(chunk))
    let why
    const timer = setTimeout(() => {
      why = `did not end within ${TIMEOUT_MS / 1000} s`
      child.kill("SIGKILL")
    }, TIMEOUT_MS)
    child.on("error", (error) => {
      why = error.message
    })
    child.on("close", (code, signal) => {
      clearTimeout(timer)
      const fault = why ?? (code === 0 ? undefined : signal === null ? `exit code ${code}` : `signal ${signal}`)
      resolve({ fault, output: Buffer.concat(chunks).toString("utf8") })
    })
  })

/** The examples that do not type-check, by file name; all of them when the fault is in none. */
const typeFaults = async (names) => {
  const tsc = path.join(root, "node_modules/typescript/bin/tsc")
  const { fault, output } = await run([tsc, "--project", path.join(examples, "tsconfig.json"), "--pretty", "false"])
  if (fault === undefined) {
    return new Set()
  }
  console.error(output)
  const named = names.filter((name) => output.includes(`examples/${name}(`))
  return new Set(named.length > 0 ? named : names)
}

/** Transpiled without bundling, in a folder of the package, so that the package's own name resolves as for a user. */
const runExample = async (name, folder) => {
  const source = await fs.readFile(path.join(examples, name), "utf8")
  const { code } = await transform(source, { loader: "ts", format: "esm", target: "node20", sourcefile: name })
  const file = path.join(folder, name.replace(/\.ts$/, ".js"))
  await fs.writeFile(file, code)
  return run([file])
}

const main = async () => {
  if (!existsSync(path.join(root, "dist/src/index.js"))) {
    console.error("examples: the package is not built; run npm run build first")
    return 1
  }
  const wanted = process.argv.slice(2).map((name) => path.basename(name))
  const all = (await fs.readdir(examples)).filter((name) => name.endsWith(".ts")).sort()
  const names = wanted.length === 0 ? all : all.filter((name) => wanted.includes(name))
  const faulty = await typeFaults(all)
  let failed = 0
  await fs.mkdir(path.join(root, "tmp"), { recursive: true })
  const folder = await fs.mkdtemp(path.join(root, "tmp/examples-"))
  try {
    for (const name of names) {
      const { fault, output } = faulty.has(name)
        ? { fault: "does not type-check", output: "" }
        : await runExample(name, folder)
      if (fault !== undefined) {
        failed++
      }
      console.log(
        `${fault === undefined ? "ok    " : "FAILED"} ${name}${fault === undefined ? "" : `: ${fault}\n${output}`}`
      )
    }
  } finally {
    await fs.rm(folder, { recursive: true, force: true })
  }
  console.log(`examples: ${names.length - failed} passed, ${failed} failed`)
  return failed === 0 && names.length >= wanted.length ? 0 : 1
}

process.exitCode = await main()
