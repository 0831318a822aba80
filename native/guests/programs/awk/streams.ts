/** The files and commands that a program reads from and writes to, by the names that it gives them. */
import { makePipe } from "../../bash/io/pipe.ts"
import type { ExecOptions, ProgramContext } from "../program.ts"
import { Reader, Writer } from "../program.ts"
import { Records } from "./records.ts"
import { Fatal } from "./values.ts"

interface Output {
  readonly writer: Writer
  /** Closes it; gives the exit code of a command. */
  readonly close: () => Promise<number>
  readonly abandon: () => void
}

interface Source {
  readonly records: Records
  readonly close: () => Promise<number>
}

/** The program's context closes files. */
const nothing = (): void => {}

export class Streams {
  private readonly outputs = new Map<string, Output>()
  private readonly sources = new Map<string, Source>()

  constructor(private readonly context: ProgramContext) {}

  /** Where `print` writes to; a promise the first time. */
  output(kind: "file" | "append" | "command", name: string): Writer | Promise<Writer> {
    return this.outputs.get(name)?.writer ?? this.open(kind, name)
  }

  private async open(kind: "file" | "append" | "command", name: string): Promise<Writer> {
    if (kind === "command") return this.add(name, await this.writeTo(name))
    if (name === "/dev/stdout" || name === "-") return this.context.stdout
    if (name === "/dev/stderr") {
      await this.context.stdout.flush()
      const { stderr } = this.context
      return this.add(name, { writer: stderr, close: async () => (await stderr.flush(), 0), abandon: nothing })
    }
    try {
      const { close, writer } = await this.context.create(name, kind === "append")
      return this.add(name, { writer, close: async () => (await close(), 0), abandon: nothing })
    } catch (error) {
      throw new Fatal(`cannot redirect to \`${name}': ${this.context.reason(error)}`)
    }
  }

  private add(name: string, output: Output): Writer {
    this.check()
    this.outputs.set(name, output)
    return output.writer
  }

  private check(): void {
    if (this.outputs.size + this.sources.size >= this.context.process.descriptors.limit) {
      throw new Fatal("too many open files; close() some")
    }
  }

  private async writeTo(command: string): Promise<Output> {
    await this.flush()
    const { reader, writer } = makePipe()
    const done = this.start(command, { stdin: reader })
    return {
      writer: new Writer(writer, this.context.process),
      close: async () => {
        await this.outputs.get(command)?.writer.flush().catch(this.broken)
        await writer.release()
        return done
      },
      abandon: () => void writer.release()
    }
  }

  /** What a command does not read any more is lost; anything else is an error. */
  private readonly broken = (error: unknown): void => {
    this.context.reason(error)
  }

  private start(command: string, ends: Pick<ExecOptions, "stdin" | "stdout">): Promise<number> {
    const done = this.context.run(["sh", "-c", command], ends)
    done.catch(() => {})
    return done
  }

  /** A file to read records of; undefined when it cannot be opened. */
  async file(name: string): Promise<Records | undefined> {
    const known = this.sources.get(name)
    if (known !== undefined) return known.records
    this.check()
    try {
      const reader = await this.context.open(name === "/dev/stdin" ? "-" : name)
      return this.keep(name, new Records(reader), async () => 0)
    } catch (error) {
      this.context.reason(error)
      return undefined
    }
  }

  /** The output of a command. */
  async command(command: string): Promise<Records> {
    const known = this.sources.get(command)
    if (known !== undefined) return known.records
    this.check()
    await this.flush()
    const { reader, writer } = makePipe()
    const done = this.start(command, { stdout: writer })
    return this.keep(command, new Records(new Reader(reader, this.context.process, this.context.stdout)), () => done)
  }

  private keep(name: string, records: Records, status: () => Promise<number>): Records {
    this.sources.set(name, {
      records,
      close: async () => {
        await records.close()
        return status()
      }
    })
    return records
  }

  /** Runs a command with the program's own input and outputs. */
  async system(command: string): Promise<number> {
    await this.flush()
    return this.context.run(["sh", "-c", command])
  }

  async flush(): Promise<void> {
    await this.context.stdout.flush()
    await this.context.stderr.flush()
    for (const { writer } of this.outputs.values()) await writer.flush().catch(this.broken)
  }

  /** Flushes one of the outputs; false when there is none of that name. */
  async flushOne(name: string): Promise<boolean> {
    const output = this.outputs.get(name)
    await output?.writer.flush()
    return output !== undefined
  }

  /** Closes what has a name; -1 when there is nothing. */
  async close(name: string): Promise<number> {
    let status = -1
    const output = this.outputs.get(name)
    if (output !== undefined) {
      // what was printed before it shows before what the command prints
      await this.context.stdout.flush()
      status = await output.close()
      this.outputs.delete(name)
    }
    const source = this.sources.get(name)
    if (source !== undefined) {
      this.sources.delete(name)
      status = await source.close()
    }
    return status
  }

  /** Gives up what is still open, however the program ended. */
  release(): void {
    for (const { abandon } of this.outputs.values()) abandon()
    for (const { records } of this.sources.values()) void records.close()
    this.outputs.clear()
    this.sources.clear()
  }

  async closeAll(): Promise<void> {
    await this.context.stdout.flush()
    for (const name of Array.from(this.outputs.keys())) await this.close(name)
    for (const name of Array.from(this.sources.keys())) await this.close(name)
  }
}
