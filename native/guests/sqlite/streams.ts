/** What the shell of SQLite reads and prints, through the descriptors of its process. */
import { decodeText, encodeText } from "../bash/text.ts"
import type { SystemChannel } from "../wasm/channel.ts"
import { WRITE_BYTES } from "../wasm/protocol.ts"

const GATHER = 32 * 1024
/** What one line may have. */
const MAX_LINE = 16 * 1024 * 1024
const NEWLINE = 10

export const O_RDONLY = 0
/** O_WRONLY, O_CREAT and O_TRUNC. */
export const O_REPLACE = 0o1 | 0o100 | 0o1000

const STDOUT = 1
const STDERR = 2

export class Streams {
  private text = ""
  private target = STDOUT

  constructor(readonly channel: SystemChannel, readonly resolve: (path: string) => string) {}

  readonly print = (text: string): void => {
    this.text += text
    if (this.text.length >= GATHER) this.flush()
  }

  flush(): void {
    if (this.text === "") return
    const bytes = encodeText(this.text)
    this.text = ""
    this.write(this.target, bytes)
  }

  private write(fd: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += WRITE_BYTES) {
      this.channel.ask("write", { fd, bytes: bytes.slice(at, at + WRITE_BYTES) })
    }
  }

  complain(text: string): void {
    this.flush()
    this.write(STDERR, encodeText(`${text}\n`))
  }

  /** Has what is printed go to a file, or again to standard output. Throws `WasiFault`. */
  redirect(path: string | undefined): void {
    this.flush()
    if (this.target !== STDOUT) this.channel.ask("close", { fd: this.target })
    this.target = STDOUT
    if (path !== undefined) this.target = this.open(path, O_REPLACE)
  }

  open(path: string, flags: number): number {
    return this.channel.ask("open", { place: { base: "/", path: this.resolve(path) }, flags }).fd
  }

  close(fd: number): void {
    this.channel.ask("close", { fd })
  }

  isTerminal(fd: number): boolean {
    return this.channel.ask("describe", { fd }).terminal
  }
}

/** Lines of a descriptor, without their ends. */
export class Lines {
  private bytes: Uint8Array = new Uint8Array(0)
  private over = false
  /** Lines read so far. */
  count = 0

  constructor(private readonly streams: Streams, readonly fd: number, private readonly delimiter = NEWLINE) {}

  /** Undefined at the end. */
  next(): string | undefined {
    let from = 0
    for (;;) {
      const end = this.bytes.indexOf(this.delimiter, from)
      if (end >= 0) return this.take(end, end + 1)
      if (this.over || this.bytes.length > MAX_LINE) {
        return this.bytes.length === 0 ? undefined : this.take(this.bytes.length, this.bytes.length)
      }
      from = this.bytes.length
      this.more()
    }
  }

  private take(end: number, next: number): string {
    const line = decodeText(this.bytes.subarray(0, end))
    this.bytes = this.bytes.subarray(next)
    this.count++
    return line
  }

  private more(): void {
    this.streams.flush()
    const chunk = this.streams.channel.ask("read", { fd: this.fd, max: WRITE_BYTES })
    if (chunk.length === 0) this.over = true
    else this.bytes = Buffer.concat([this.bytes, chunk])
  }
}
