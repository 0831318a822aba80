/** The entry of the `agent-os` command. Questions about the command itself load nothing else. */
import { helpFor } from "./help.ts"
import { version } from "./version.ts"

const words = process.argv.slice(2)
const help = helpFor(words)

if (words.length === 1 && (words[0] === "--version" || words[0] === "-V")) process.stdout.write(`${version()}\n`)
else if (help !== undefined) process.stdout.write(help)
else (await import("./cli.ts")).main()
