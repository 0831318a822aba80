/** Commands that say who and where one is: id, whoami, uname, hostname, nproc, arch, date. */
import type { Command } from "just-bash"
import { setClock } from "../clock.ts"
import type { CommandSetup } from "./setup.ts"
import { command, CommandFailure, parseOptions, text } from "./setup.ts"

const RELEASE = "6.1.0"
const MACHINE = "x86_64"

const uname = (hostname: string): Command =>
  command("uname", async (args) => {
    const { flags } = parseOptions(args, {
      a: "all",
      s: "kernel-name",
      n: "nodename",
      r: "kernel-release",
      v: "kernel-version",
      m: "machine",
      p: "processor",
      i: "hardware-platform",
      o: "operating-system"
    })
    const fields: ReadonlyArray<readonly [string, string]> = [
      ["s", "Linux"],
      ["n", hostname],
      ["r", RELEASE],
      ["v", "#1 SMP PREEMPT_DYNAMIC"],
      ["m", MACHINE],
      ["o", "GNU/Linux"]
    ]
    const wanted = fields.filter(([flag]) => flags.has("a") || flags.has(flag) || (flags.size === 0 && flag === "s"))
    const unknown = ["p", "i"].filter((flag) => flags.has(flag)).map(() => "unknown")
    return text(`${[...wanted.map(([, value]) => value), ...unknown].join(" ")}\n`)
  })

const id = ({ identity }: CommandSetup): Command =>
  command("id", async (args) => {
    const { flags, operands } = parseOptions(args, { u: "user", g: "group", G: "groups", n: "name", r: "real" })
    if (operands.length > 0 && operands[0] !== identity.user) throw new CommandFailure(`'${operands[0]}': no such user`)
    const name = flags.has("n")
    if (flags.has("u")) return text(`${name ? identity.user : identity.uid}\n`)
    if (flags.has("g") || flags.has("G")) return text(`${name ? identity.user : identity.gid}\n`)
    const group = `${identity.gid}(${identity.user})`
    return text(`uid=${identity.uid}(${identity.user}) gid=${group} groups=${group}\n`)
  })

/** Prints the VM's time: just-bash's `date` reads the worker's clock, which is set first. */
const date = ({ call, process }: CommandSetup): Command => ({
  name: "date",
  execute: async (args, context) => {
    setClock(await call(process.pid, "now"))
    return context.origCommand!(args)
  }
})

export const systemCommands = (setup: CommandSetup): ReadonlyArray<Command> => [
  uname(setup.identity.hostname),
  id(setup),
  date(setup),
  command("whoami", async () => text(`${setup.identity.user}\n`)),
  command("groups", async () => text(`${setup.identity.user}\n`)),
  command("hostname", async () => text(`${setup.identity.hostname}\n`)),
  // A process has one thread of the sidecar, whatever the machine has.
  command("nproc", async () => text("1\n")),
  command("arch", async () => text(`${MACHINE}\n`))
]
