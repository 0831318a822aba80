/**
 * Runs `npm start` as somebody with a fresh clone would, and checks what it prints: the script's output, the report with
 * the numbers that this folder has, and the list of what changed in the VM.
 */
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import path from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const excluded = new Set(["node_modules", ".git", "dist"])

/** The files below a folder, as the VM is to see them. */
const filesBelow = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (excluded.has(entry.name)) return []
    const file = path.join(folder, entry.name)
    if (entry.isDirectory()) return filesBelow(file)
    return entry.isFile() ? [file] : []
  })

/** Bytes and newlines of each file, the largest first. */
const counted = () =>
  filesBelow(root).map((file) => {
    const content = readFileSync(file)
    let lines = 0
    for (const byte of content) if (byte === 10) lines++
    return { name: path.relative(root, file), bytes: content.length, lines }
  }).sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1))

const began = performance.now()
const { status, stderr, stdout } = spawnSync("npm", ["run", "--silent", "start"], {
  cwd: root,
  encoding: "utf8",
  maxBuffer: 2 ** 26
})
const seconds = ((performance.now() - began) / 1000).toFixed(1)
process.stdout.write(stdout)
process.stderr.write(stderr)
assert.equal(status, 0, "npm start ends well")

const files = counted()
const sum = (of) => files.reduce((total, file) => total + of(file), 0)
const [log, report] = stdout.split("# Inventory of repo\n")
assert.match(log, /^looking at \/repo$/m, "the script's output")
assert.match(log, /^the report is in \/home\/user\/report\.md$/m, "the script's last line")
assert.ok(report !== undefined, "the report is printed")
assert.equal(
  report.split("\n")[1],
  `${files.length} files, ${sum(({ lines }) => lines)} lines, ${sum(({ bytes }) => bytes)} bytes`,
  "the report has the numbers of this folder"
)
const [languages, largest] = report.split("## The ten largest files")
const rows = (table) => table.split("\n").filter((line) => /^\|.*\d \|$/.test(line))
const extensions = new Set(files.map(({ name }) => /.\.([A-Za-z0-9]+)$/.exec(path.basename(name))?.[1] ?? "(none)"))
assert.equal(rows(languages).length, extensions.size, "a row for each language")
assert.deepEqual(
  rows(largest),
  files.slice(0, 10).map(({ bytes, lines, name }) => `| ${name} | ${bytes} | ${lines} |`),
  "the ten largest files"
)
const changes = (stdout + stderr).split("changed in the VM:\n")[1]
assert.match(changes ?? "", /^ {2}\+ \/home\/user\/report\.md {2}\(.*\)\n?/, "the list of what changed")
assert.equal(changes.match(/^ {2}[-+~] \//gm).length, 1, "nothing else has changed")
console.log(`main job: the report and the list of changes are there, after ${seconds} s`)
