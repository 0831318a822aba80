/**
 * A matcher for patterns in which a reference stands for the text of a group that repeats or may be left out: POSIX has the
 * text of the last repetition, nothing matches where there was none, and the longest match counts. It tries what there is,
 * no state twice, within a bound.
 */
import { ProgramFailure } from "../program.ts"
import type { Code } from "./pattern-code.ts"
import { compileCode } from "./pattern-code.ts"
import type { Match, Regex } from "./regex.ts"

/** Steps of one search, and the states that are remembered. */
const MAX_STEPS = 200_000
const STEPS_PER_CHARACTER = 16
const MAX_STATES = 100_000
/** Texts that are searched without asking first whether they can match at all. */
const SHORT = 500

interface Thread {
  readonly pc: number
  readonly at: number
  /** Where groups begin and end. */
  readonly groups: ReadonlyArray<number | undefined>
  /** Where the turns of loops began. */
  readonly turns: ReadonlyArray<number | undefined>
}

const replaced = <A>(list: ReadonlyArray<A>, index: number, value: A): ReadonlyArray<A> => {
  const copy = list.slice()
  copy[index] = value
  return copy
}

class Search {
  private steps = 0
  private readonly budget: number
  private best: Thread | undefined
  private seen = new Set<string>()
  private stack: Array<Thread> = []

  constructor(private readonly code: Code, private readonly text: string, private readonly anyLength: boolean) {
    this.budget = MAX_STEPS + STEPS_PER_CHARACTER * text.length
  }

  from(start: number): Match | undefined {
    for (let at = start; at <= this.text.length; at++) {
      // A turn of a loop that matches nothing is a last resort.
      const found = this.at(at, false) ?? this.at(at, true)
      if (found !== undefined) return this.result(at, found)
    }
    return undefined
  }

  private result(start: number, { at, groups }: Thread): Match {
    const texts: Array<string | undefined> = [this.text.slice(start, at)]
    for (let index = 1; index <= this.code.groups; index++) {
      const [from, to] = [groups[2 * index], groups[2 * index + 1]]
      texts.push(from === undefined || to === undefined ? undefined : this.text.slice(from, to))
    }
    return { start, end: at, groups: texts }
  }

  private at(start: number, emptyTurns: boolean): Thread | undefined {
    if (emptyTurns && !this.code.mayTurnEmpty) return undefined
    this.best = undefined
    this.seen.clear()
    this.stack = [{ pc: 0, at: start, groups: [], turns: [] }]
    for (let thread = this.stack.pop(); thread !== undefined; thread = this.stack.pop()) {
      this.run(thread, emptyTurns)
      if (this.isSettled()) break
    }
    return this.best
  }

  private isSettled(): boolean {
    return this.best !== undefined && (this.anyLength || this.best.at === this.text.length)
  }

  /** Whether a state was tried before: what follows depends on the groups that are referred to, and on no other. */
  private isKnown({ at, groups, pc, turns }: Thread): boolean {
    let key = `${pc} ${at}`
    for (const group of this.code.referred) key += ` ${groups[2 * group]},${groups[2 * group + 1]}`
    for (const turn of turns) key += turn === undefined ? " -" : ` ${turn === at}`
    if (this.seen.has(key)) return true
    if (this.seen.size < MAX_STATES) this.seen.add(key)
    return false
  }

  private run(begin: Thread, emptyTurns: boolean): void {
    let thread: Thread | undefined = begin
    while (thread !== undefined) {
      if (++this.steps > this.budget) throw new ProgramFailure("memory exhausted", 2)
      thread = this.step(thread, emptyTurns)
    }
  }

  private step(thread: Thread, emptyTurns: boolean): Thread | undefined {
    const { at, groups, pc, turns } = thread
    const next = this.code.instructions[pc]
    switch (next._tag) {
      case "one":
      case "assert": {
        next.pattern.lastIndex = at
        return next.pattern.test(this.text)
          ? { ...thread, pc: pc + 1, at: at + (next._tag === "one" ? next.pattern.lastIndex - at : 0) }
          : undefined
      }
      case "save":
        return { ...thread, pc: pc + 1, groups: replaced(groups, next.slot, at) }
      case "reference": {
        const [from, to] = [groups[2 * next.group], groups[2 * next.group + 1]]
        if (from === undefined || to === undefined) return undefined
        const here = this.text.slice(at, at + to - from)
        const there = this.text.slice(from, to)
        const equal = here === there || (this.code.ignoreCase && here.toLowerCase() === there.toLowerCase())
        return equal ? { ...thread, pc: pc + 1, at: at + to - from } : undefined
      }
      case "split":
        if (this.isKnown(thread)) return undefined
        this.stack.push({ ...thread, pc: next.second })
        return { ...thread, pc: next.first }
      case "jump":
        return { ...thread, pc: next.to }
      case "turn":
        return { ...thread, pc: pc + 1, turns: replaced(turns, next.loop, at) }
      case "turned":
        if (turns[next.loop] !== at) return { ...thread, pc: pc + 1 }
        return emptyTurns ? { ...thread, pc: next.exit } : undefined
      case "match":
        if (this.best === undefined || at > this.best.at) this.best = thread
        return undefined
    }
  }
}

/**
 * A matcher of a pattern in JavaScript's notation, as the translator writes it. Not `longest`: any match will do. `relaxed`
 * matches at least where the pattern does, in linear time: it says where to begin.
 */
export const withReferences = (source: string, flags: string, longest: boolean, relaxed: Regex): Regex => {
  const code = compileCode(source, flags)
  const exec = (text: string, from: number): Match | undefined => {
    const first = text.length < SHORT ? from : relaxed.find(text, from)?.start
    return first === undefined ? undefined : new Search(code, text, !longest).from(first)
  }
  return {
    exec,
    find: exec,
    test: (text) => exec(text, 0) !== undefined,
    match: (text) => exec(text, 0)?.groups
  }
}
