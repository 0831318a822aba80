/**
 * What a VM's policy has decided, on its way to the host: in batches, each a request, few of them under way at once, so
 * that a host that is slow to answer has the notes wait where their number is bounded.
 */
import * as Codec from "../../src/wire/Codec.ts"
import * as Operations from "../../src/wire/Operations.ts"
import type { DecisionLog, Teller } from "../kernel/policy/decision-log.ts"
import type { Session } from "./session.ts"

/** Notes of one batch, and UTF-16 units of names in them: less than the smallest frame. */
const BATCH_NOTES = 2048
const BATCH_UNITS = 96 * 1024
/** Batches without an answer, beyond which notes wait. */
const UNDER_WAY = 2
/** The same where something else would overtake them. */
const MOST_UNDER_WAY = 64
/** Milliseconds between batches, for what comes one by one: a batch costs both sides as much as a few calls do. */
const GATHER_MS = 100

export class AuditFeed implements Teller {
  private underWay = 0
  private queued = false
  private gathering = false

  constructor(
    private readonly session: Session,
    /** What the host calls the VM. */
    private readonly handle: number,
    private readonly log: DecisionLog,
    private readonly enqueue: (work: () => void) => void,
    /** Absent where no time passes between the steps of a guest. */
    private readonly after: ((milliseconds: number, run: () => void) => void) | undefined
  ) {}

  readonly schedule = (): void => {
    if (this.queued || this.gathering || this.log.isEmpty || !this.admits(UNDER_WAY)) return
    this.queued = true
    // what the VM does meanwhile goes with it
    this.enqueue(() => {
      this.queued = false
      this.send(UNDER_WAY)
      this.gather()
    })
  }

  private gather(): void {
    if (this.after === undefined) return
    this.gathering = true
    this.after(GATHER_MS, () => {
      this.gathering = false
      this.schedule()
    })
  }

  readonly flush = (): void => {
    this.send(MOST_UNDER_WAY)
    this.log.forget()
  }

  private admits(underWay: number): boolean {
    const { connection } = this.session
    return this.underWay < underWay && connection.closed === undefined && connection.admits
  }

  private send(underWay: number): void {
    while (!this.log.isEmpty && this.admits(underWay)) {
      const notes = this.log.take(BATCH_NOTES, BATCH_UNITS)
      const traces = Array.from(new Set(notes.flatMap(({ trace }) => trace ?? [])))
      const answered = () => {
        this.underWay--
        this.schedule()
      }
      this.underWay++
      const body = Codec.encode(Operations.tellAudit.request, {
        vm: this.handle,
        count: notes.length,
        traces,
        notes: Codec.encode(Operations.auditNotesCodec, notes)
      })
      this.session.connection.request(Operations.tellAudit.code, body, { onResponse: answered, onFailure: answered })
    }
  }
}
