/** cat, tee and yes. */
import { encodeText } from "../../bash/text.ts"
import { parseOptions } from "../options.ts"
import type { Output, Program, ProgramContext, Reader } from "../program.ts"

/** Opens each operand in turn; complains of those that cannot be read, and goes on. */
export const eachInput = async (
  context: ProgramContext,
  names: ReadonlyArray<string>,
  use: (reader: Reader, name: string) => Promise<void>,
  describe: (name: string, error: unknown) => string = (name) => name
): Promise<number> => {
  let status = 0
  for (const name of names.length === 0 ? ["-"] : names) {
    let reader: Reader | undefined
    try {
      reader = await context.open(name)
      await use(reader, name)
    } catch (error) {
      await context.blame(describe(name, error), error)
      status = 1
    } finally {
      const closing = reader?.close()
      if (closing !== undefined) await closing
    }
  }
  return status
}

const visible = (bytes: Uint8Array, tabs: boolean): string => {
  let text = ""
  for (const byte of bytes) {
    const low = byte & 0x7f
    const prefix = byte >= 0x80 ? "M-" : ""
    if (byte === 10 || (byte === 9 && !tabs)) text += String.fromCharCode(byte)
    else if (low < 32) text += `${prefix}^${String.fromCharCode(low + 64)}`
    else if (low === 127) text += `${prefix}^?`
    else text += prefix + String.fromCharCode(low)
  }
  return text
}

export const cat: Program = async (context) => {
  const line = parseOptions(context, {
    short: "AbeEnstTuv",
    long: {
      "show-all": "A",
      "number-nonblank": "b",
      "show-ends": "E",
      number: "n",
      "squeeze-blank": "s",
      "show-tabs": "T",
      "show-nonprinting": "v"
    }
  })
  const has = (letters: string) => Array.from(letters).some((letter) => line.has(letter))
  if (line.options.length === 0 || !has("AbeEnstTv")) {
    return eachInput(context, line.operands, async (reader) => {
      for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) {
        await context.stdout.write(chunk)
      }
    })
  }
  let number = 0
  let blanks = 0
  return eachInput(context, line.operands, async (reader) => {
    const lines = reader.lines()
    for (let batch = await lines.next(); batch !== undefined; batch = await lines.next()) {
      for (const [index, text] of batch.entries()) {
        blanks = text === "" ? blanks + 1 : 0
        if (line.has("s") && blanks > 1) continue
        const counted = line.has("b") ? text !== "" : line.has("n")
        const label = counted ? `${String(++number).padStart(6)}\t` : ""
        const shown = has("AevtTE") ? decorate(text, has("Aetv"), has("ATt")) : text
        const end = lines.unterminated && index === batch.length - 1 ? "" : has("AeE") ? "$\n" : "\n"
        await context.stdout.write(label + shown + end)
      }
    }
  })
}

const decorate = (text: string, controls: boolean, tabs: boolean): string =>
  controls ? visible(encodeText(text), tabs) : tabs ? text.replaceAll("\t", "^I") : text

type TeeOutput = Output & { readonly name: string }

export const tee: Program = async (context) => {
  const line = parseOptions(context, { short: "aip", long: { append: "a", "ignore-interrupts": "i" } })
  let status = 0
  const outputs = new Set<TeeOutput>()
  for (const name of line.operands) {
    try {
      outputs.add({ name, ...await context.create(name, line.has("a")) })
    } catch (error) {
      await context.blame(name, error)
      status = 1
    }
  }
  // A file that takes no more is left behind; the others go on.
  const each = async (action: (output: TeeOutput) => Promise<void> | undefined) => {
    for (const output of Array.from(outputs)) {
      try {
        await action(output)
      } catch (error) {
        await context.blame(output.name, error)
        outputs.delete(output)
        status = 1
      }
    }
  }
  for (let chunk = await context.stdin.read(); chunk !== undefined; chunk = await context.stdin.read()) {
    const bytes = chunk
    await context.stdout.write(chunk)
    await context.stdout.flush()
    await each(async ({ writer }) => {
      await writer.write(bytes)
      await writer.flush()
    })
  }
  await each(({ close }) => close())
  return status
}

const YES_BYTES = 16 * 1024

export const yes: Program = async (context) => {
  const { operands } = parseOptions(context, { short: "" })
  const text = `${operands.length === 0 ? "y" : operands.join(" ")}\n`
  const block = Buffer.from(text.repeat(Math.max(1, Math.floor(YES_BYTES / text.length))))
  for (;;) {
    const tick = context.tick()
    if (tick !== undefined) await tick
    await context.stdout.write(block)
  }
}
