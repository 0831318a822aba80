/**
 * Named pipes. The kernel has the name; what goes through stays in the worker, where all processes of the VM are. Opening
 * one end waits for the other, as in POSIX.
 */
import { SystemCallError } from "../../shell/client.ts"
import type { Process } from "../processes/process.ts"
import { OpenFile } from "./open-file.ts"
import { Channel, PipeReader, PipeWriter } from "./pipe.ts"

/** Both ends in one: opened with `<>`, which never waits. */
class BothEnds extends OpenFile {
  constructor(readonly target: string, private readonly reader: OpenFile, private readonly writer: OpenFile) {
    super()
  }
  override peek(): Uint8Array | undefined {
    return this.reader.peek()
  }
  override consume(count: number): void {
    this.reader.consume(count)
  }
  override readable(process: Process): Promise<void> {
    return this.reader.readable(process)
  }
  override write(process: Process, bytes: Uint8Array): Promise<void> | undefined {
    return this.writer.write(process, bytes)
  }
  protected override close(): undefined {
    void this.reader.release()
    void this.writer.release()
  }
}

interface NamedPipe {
  readonly channel: Channel
  /** How often each end has been opened: an end that came and went again has been there. */
  opened: { reader: number; writer: number }
  waiting: Array<() => void>
}

export class NamedPipes {
  private readonly pipes = new Map<string, NamedPipe>()

  /** Not `blocking`: a reader does not wait for writers, and a writer without a reader is ENXIO, as with O_NONBLOCK. */
  async open(
    process: Process,
    path: string,
    inode: string,
    end: "reader" | "writer" | "both",
    blocking: boolean
  ): Promise<OpenFile> {
    if (!blocking && end === "writer" && this.pipes.get(inode)?.channel.hasReader !== true) {
      throw new SystemCallError("ENXIO", "open", path)
    }
    const pipe = this.pipes.get(inode) ?? this.make(inode)
    const { channel, opened } = pipe
    const wake = () => pipe.waiting.splice(0).forEach((resume) => resume())
    if (end === "both") {
      const both = new BothEnds(path, new PipeReader(channel, path), new PipeWriter(channel, path))
      opened.reader++
      opened.writer++
      wake()
      return both
    }
    const other = end === "reader" ? "writer" : "reader"
    const file = end === "reader" ? new PipeReader(channel, path, blocking) : new PipeWriter(channel, path, blocking)
    const seen = opened[other]
    opened[end]++
    wake()
    if (!blocking) return file
    try {
      while (opened[other] === seen && !(other === "writer" ? channel.hasWriter : channel.hasReader)) {
        await process.block(new Promise<void>((resolve) => pipe.waiting.push(resolve)), true)
      }
    } catch (error) {
      void file.release()
      throw error
    }
    return file
  }

  private make(inode: string): NamedPipe {
    const channel = new Channel(() => this.pipes.delete(inode))
    const pipe: NamedPipe = { channel, opened: { reader: 0, writer: 0 }, waiting: [] }
    this.pipes.set(inode, pipe)
    return pipe
  }
}
