/** The devices that every process has, and bytes as an open file. */
import { SystemCallError } from "../../shell/client.ts"
import { PIPE_CAPACITY } from "../limits.ts"
import { END, OpenFile } from "./open-file.ts"

class NullFile extends OpenFile {
  readonly target = "/dev/null"
  override peek(): Uint8Array {
    return END
  }
  override write(): undefined {}
}

const zeros = new Uint8Array(PIPE_CAPACITY)

class ZeroFile extends OpenFile {
  readonly target = "/dev/zero"
  override peek(): Uint8Array {
    return zeros
  }
  override write(): undefined {}
}

class RandomFile extends OpenFile {
  readonly target = "/dev/urandom"
  private bytes = END
  override peek(): Uint8Array {
    if (this.bytes.length === 0) this.bytes = crypto.getRandomValues(new Uint8Array(4096))
    return this.bytes
  }
  override consume(count: number): void {
    this.bytes = this.bytes.subarray(count)
  }
  override write(): undefined {}
}

class FullFile extends ZeroFile {
  override write(): never {
    throw new SystemCallError("ENOSPC", "write", "/dev/full")
  }
}

/** Content known in advance: standard input from the host, here-documents, whole files. */
export class BytesFile extends OpenFile {
  private offset = 0
  constructor(readonly bytes: Uint8Array, readonly target: string) {
    super()
  }
  override peek(): Uint8Array {
    return this.offset === 0 ? this.bytes : this.bytes.subarray(this.offset)
  }
  override consume(count: number): void {
    this.offset += count
  }
}

/** Opens a device by its path; undefined when it is none. */
export const openDevice = (path: string): OpenFile | undefined => {
  switch (path) {
    case "/dev/null":
      return new NullFile()
    case "/dev/zero":
      return new ZeroFile()
    case "/dev/full":
      return new FullFile()
    case "/dev/random":
    case "/dev/urandom":
      return new RandomFile()
    default:
      return undefined
  }
}
