/**
 * What a VM's policy has decided, until the host is told. What is not simply allowed is noted always; what is allowed only
 * once somebody has asked for all of it, so that a VM whose audit nobody reads pays one comparison for each decision.
 */
import type { PermissionDomain } from "../../../src/errors/PermissionDenied.ts"
import type { Decision } from "../../../src/policy/Policy.ts"
import type { TypeOf } from "../../../src/wire/Codec.ts"
import type { auditNoteCodec } from "../../../src/wire/operations/Tools.ts"
import type { Refusal } from "../tools/tool-calls.ts"

/** Most notes that are kept for the host, and most UTF-16 units of names in them. Older ones are lost, and counted. */
export const LOG_NOTES = 8192
export const LOG_UNITS = 1024 * 1024
/** What is told of one name. */
const MAX_NAME = 4096

/**
 * Something to tell, in the form in which it is: who it is about, and one of the last four. `trace` is what the host gave the
 * process from which `pid` descends; the host itself has neither.
 */
export type Note = TypeOf<typeof auditNoteCodec>

type Told = Partial<Pick<Note, "decision" | "replaced" | "refused" | "lost">>

/** Brings the notes to the host. */
export interface Teller {
  /** There is something to tell. */
  readonly schedule: () => void
  /** Tells all there is before anything else that is told from now on; what cannot be told is lost. */
  readonly flush: () => void
}

export interface DecisionLogOptions {
  /** Nanoseconds since 1970 on the VM's clock. */
  readonly now: () => bigint
  readonly traceOf: (pid: number) => number | undefined
  readonly tell: (log: DecisionLog) => Teller
  readonly all: boolean
}

/** Decisions of one operation. When it begins anew, as something was missing, it decides the same again. */
interface Asked {
  made: number
  known: number
}

export class DecisionLog {
  /** Whether what is allowed is noted too. */
  all: boolean
  private notes: Array<Note> = []
  private first = 0
  private units = 0
  private lost = 0
  private silent = 0
  private probes = 0
  private asked: Asked | undefined
  private readonly teller: Teller

  constructor(private readonly options: DecisionLogOptions) {
    this.all = options.all
    this.teller = options.tell(this)
  }

  /** Notes a decision. */
  note(
    pid: number | undefined,
    domain: PermissionDomain,
    operation: string,
    resource: string,
    decision: Decision
  ): void {
    if (decision.mode === "allow" && (!this.all || this.silent > 0 || this.again())) return
    if (this.probes > 0) return
    const { mode, rule } = decision
    this.add(pid, { decision: { domain, operation, resource: short(resource), mode, rule } })
  }

  /** Another policy holds, or none could be put in place. */
  replaced(failed: boolean): void {
    this.add(undefined, { replaced: { failed } })
  }

  /** A tool call that was refused, and of which the host is not told as a call. */
  refusedCall(pid: number, call: number, tool: string, refusal: Refusal): void {
    this.add(pid, { refused: { call, tool, refusal } })
  }

  /** Runs a part of what has been decided: what is allowed in it, when it is asked again, is no decision of its own. */
  within<A>(run: () => A): A {
    this.silent++
    try {
      return run()
    } finally {
      this.silent--
    }
  }

  /** Looks ahead: whatever is decided is asked again by what comes of it. */
  probe<A>(run: () => A): A {
    this.probes++
    try {
      return this.within(run)
    } finally {
      this.probes--
    }
  }

  /** Whether the operation that is performed has noted this decision before. */
  private again(): boolean {
    const { asked } = this
    if (asked === undefined) return false
    if (asked.made++ < asked.known) return true
    asked.known = asked.made
    return false
  }

  /** Work that may begin anew: what is decided again is noted once. `start` is called for each beginning. */
  once<A, P>(start: () => Iterator<P, A, void>): () => Generator<P, A, void> {
    const asked: Asked = { made: 0, known: 0 }
    const anew = <B>(run: () => B): B => {
      const outer = this.asked
      this.asked = asked
      try {
        return run()
      } finally {
        this.asked = outer
      }
    }
    return () => {
      asked.made = 0
      return steps(anew(start), anew)
    }
  }

  private add(pid: number | undefined, told: Told): void {
    // process 0 is the host itself
    const owner = pid === 0 ? undefined : pid
    const note = noteOf(this.options.now(), owner, owner === undefined ? undefined : this.options.traceOf(owner), told)
    this.notes.push(note)
    this.units += unitsOf(note)
    while (this.pending > LOG_NOTES || this.units > LOG_UNITS) this.drop()
    if (this.first > LOG_NOTES) {
      this.notes = this.notes.slice(this.first)
      this.first = 0
    }
    this.teller.schedule()
  }

  private drop(): void {
    this.units -= unitsOf(this.notes[this.first])
    this.first++
    this.lost++
  }

  /** Notes that wait. */
  private get pending(): number {
    return this.notes.length - this.first
  }

  get isEmpty(): boolean {
    return this.pending === 0 && this.lost === 0
  }

  flush(): void {
    if (!this.isEmpty) this.teller.flush()
  }

  /** Gives up what waits. */
  forget(): void {
    this.lost += this.pending
    this.notes = []
    this.first = 0
    this.units = 0
  }

  /** The oldest notes, so many at most, and so many units of names but for the last; first of all what was lost. */
  take(count: number, units: number): Array<Note> {
    const taken: Array<Note> = []
    if (this.lost > 0) {
      const note = noteOf(this.options.now(), undefined, undefined, { lost: this.lost })
      // they were older than what is left
      taken.push(this.pending > 0 ? { ...note, time: this.notes[this.first].time } : note)
      this.lost = 0
    }
    let left = units
    while (this.pending > 0 && taken.length < count && left > 0) {
      const note = this.notes[this.first++]
      taken.push(note)
      left -= unitsOf(note)
      this.units -= unitsOf(note)
    }
    if (this.pending === 0) {
      this.notes = []
      this.first = 0
    }
    return taken
  }
}

const short = (name: string): string => name.length > MAX_NAME ? name.slice(0, MAX_NAME) : name

/** Of one form, whatever it tells: there are many, and they are written one like the other. */
const noteOf = (
  now: bigint,
  pid: number | undefined,
  trace: number | undefined,
  { decision, lost, refused, replaced }: Told
): Note => ({ time: Number(now / 1000n) / 1000, pid, trace, decision, replaced, refused, lost })

const unitsOf = ({ decision, refused }: Note): number =>
  decision?.resource.length ?? (refused === undefined ? 0 : refused.tool.length + refused.refusal.message.length)

function* steps<A, P>(work: Iterator<P, A, void>, anew: <B>(run: () => B) => B): Generator<P, A, void> {
  let resume = () => work.next()
  try {
    for (;;) {
      const result = anew(resume)
      if (result.done === true) return result.value
      resume = () => work.next()
      try {
        yield result.value
      } catch (thrown) {
        resume = () => (work as Generator<P, A, void>).throw(thrown)
      }
    }
  } finally {
    work.return?.()
  }
}
