/**
 * What a wrapped program starts, such as awk's `"command" | getline`: the VM's own programs, started as any other is. The
 * interpreter that the program runs in has no further ones, so that nothing starts without being asked about.
 */
import type { Command } from "just-bash"
import { readAll } from "../../bash/interpret/substitution.ts"
import { BytesFile } from "../../bash/io/devices.ts"
import { makePipe } from "../../bash/io/pipe.ts"
import { programNames } from "../names.ts"
import type { ProgramContext } from "../program.ts"
import { fromByteString, toByteString } from "./bytes.ts"

const commandOf = (context: ProgramContext, name: string): Command => ({
  name,
  trusted: true,
  execute: async (args, { cwd, stdin }) => {
    const { reader, writer } = makePipe()
    const input = new BytesFile(fromByteString(stdin as unknown as string), "pipe:[0]")
    const ended = context.run([name, ...args], { cwd, stdin: input, stdout: writer })
    try {
      const output = await readAll(reader, context.process)
      // a program that could not be found says so by a negative number
      return { stdout: toByteString(output), stdoutKind: "bytes", stderr: "", exitCode: Math.abs(await ended) }
    } finally {
      void reader.release()
      await ended.catch(() => {})
    }
  }
})

/** A command for each program of the VM but the one that runs. */
export const vmCommands = (context: ProgramContext): Array<Command> =>
  programNames.filter((name) => name !== context.name).map((name) => commandOf(context, name))
