/** The entry of the `agent-os` command. Asking for the version loads nothing else. */
import { version } from "./version.ts"

const [first, ...others] = process.argv.slice(2)

if (others.length === 0 && (first === "--version" || first === "-V")) process.stdout.write(`${version()}\n`)
else (await import("./cli.ts")).main()
