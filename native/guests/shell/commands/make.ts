/** All commands of our own, for one process. They take precedence over just-bash's of the same name. */
import type { Command } from "just-bash"
import { fileCommands } from "./files.ts"
import { ls } from "./ls.ts"
import type { CommandSetup } from "./setup.ts"
import { streamCommands } from "./streams.ts"
import { systemCommands } from "./system.ts"

export const makeCommands = (setup: CommandSetup): Array<Command> => [
  ls(setup),
  ...fileCommands(setup),
  ...streamCommands(setup),
  ...systemCommands(setup)
]
