/** Standard input of the host's command, as it comes. */
import type { Input } from "../../shell/input.ts"
import type { Process } from "../processes/process.ts"
import { OpenFile } from "./open-file.ts"

export class HostInput extends OpenFile {
  readonly target = "pipe:[0]"

  constructor(private readonly input: Input) {
    super()
  }

  override peek(): Uint8Array | undefined {
    return this.input.peek()
  }

  override consume(count: number): void {
    this.input.consume(count)
  }

  override readable(process: Process): Promise<void> {
    return process.block(this.input.readable(), true)
  }

  protected override close(): undefined {
    this.input.close()
  }
}
