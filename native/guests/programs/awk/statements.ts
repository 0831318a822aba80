/**
 * Statements as functions. Each gives how it left off: nothing, or that a loop, the record or the program is to be left.
 * One that has to wait gives a promise of it, and whatever it stands in goes on from there.
 */
import type { Writer } from "../program.ts"
import type { Definition, Redirection, Statement } from "./ast.ts"
import type { Expressions, Run } from "./expressions.ts"
import { sprintf } from "./format.ts"
import type { Frame, Pending, Runtime } from "./runtime.ts"
import { when } from "./runtime.ts"
import { inOrder } from "./sorting.ts"
import type { Value } from "./values.ts"
import { AwkArray, compareValues, Fatal } from "./values.ts"

export type Flow = "break" | "continue" | "next" | "nextfile" | "exit" | "return" | undefined
export type Do = (frame: Frame) => Pending<Flow>

/** `next` and `exit` in a function end more than the function. */
export class Leaving {
  constructor(readonly flow: "next" | "nextfile" | "exit") {}
}

const leaving = { next: new Leaving("next"), nextfile: new Leaving("nextfile"), exit: new Leaving("exit") }

export class Statements {
  private readonly runtime: Runtime

  constructor(
    private readonly expressions: Expressions,
    private readonly exit: (value: Value) => void
  ) {
    this.runtime = expressions.runtime
  }

  compile(node: Statement): Do {
    switch (node.kind) {
      case "block":
        return this.sequence(node.body.map((each) => this.compile(each)))
      case "expression": {
        const of = this.expressions.compile(node.of)
        return (frame) => {
          const value = of(frame)
          return value instanceof Promise ? value.then(() => undefined) : undefined
        }
      }
      case "print":
      case "printf":
        return this.print(node)
      case "if": {
        const test = this.expressions.condition(node.test)
        const yes = this.compile(node.yes)
        const no = node.no === undefined ? () => undefined : this.compile(node.no)
        return (frame) => when(test(frame), (holds) => holds ? yes(frame) : no(frame))
      }
      case "loop":
        return this.loop(node)
      case "each":
        return this.each(node)
      case "switch":
        return this.choose(node)
      case "exit":
      case "return":
        return this.leave(node)
      case "delete":
        return this.delete(node)
      default: {
        const { kind } = node
        return () => kind
      }
    }
  }

  private sequence(steps: ReadonlyArray<Do>): Do {
    if (steps.length === 1) return steps[0]
    const from = (frame: Frame, first: number): Pending<Flow> => {
      for (let index = first; index < steps.length; index++) {
        const flow = steps[index](frame)
        if (flow instanceof Promise) return flow.then((flow) => flow ?? from(frame, index + 1))
        if (flow !== undefined) return flow
      }
      return undefined
    }
    return (frame) => from(frame, 0)
  }

  /** Runs at once as far as it can; what must be waited for is waited for, and then it runs on at once. */
  private loop({ body, first, late, next, test }: Extract<Statement, { kind: "loop" }>): Do {
    const begin = first === undefined ? () => undefined : this.compile(first)
    const holds = test === undefined ? () => true : this.expressions.condition(test)
    const step = next === undefined ? () => undefined : this.compile(next)
    const inner = this.compile(body)
    const { context } = this.runtime
    /** One round, from its test on: undefined to go round again, "break" to stop. */
    const round = (frame: Frame, tested: boolean): Pending<Flow> => {
      if (tested) {
        const goes = holds(frame)
        if (goes instanceof Promise) return goes.then((goes) => goes ? after(frame, inner(frame)) : "break")
        if (!goes) return "break"
      }
      return after(frame, inner(frame))
    }
    const after = (frame: Frame, flow: Pending<Flow>): Pending<Flow> => {
      if (flow instanceof Promise) return flow.then((flow) => after(frame, flow))
      if (flow !== undefined && flow !== "continue") return flow
      const stepped = step(frame)
      const turn = context.tick()
      if (turn !== undefined) return when(stepped, () => turn.then(() => undefined))
      return stepped instanceof Promise ? stepped.then(() => undefined) : undefined
    }
    const rounds = (frame: Frame, tested: boolean): Flow | Promise<Flow> => {
      for (let isTested = tested;; isTested = true) {
        const flow = round(frame, isTested)
        if (flow instanceof Promise) return waiting(frame, flow)
        if (flow !== undefined) return flow
      }
    }
    const waiting = async (frame: Frame, pending: Promise<Flow>): Promise<Flow> => {
      for (let flow = await pending;;) {
        if (flow !== undefined) return flow
        // at once again, until the next wait
        let now: Pending<Flow>
        do now = round(frame, true)
        while (now === undefined)
        flow = await now
      }
    }
    return (frame) =>
      when(begin(frame), () => when(rounds(frame, !late), (flow) => flow === "break" ? undefined : flow))
  }

  private each({ array, body, variable }: Extract<Statement, { kind: "each" }>): Do {
    const { expressions, runtime } = this
    const place = expressions.scope.place(array, expressions.inside)
    const of = expressions.scope.arrayAt(place)
    const { put } = expressions.target(variable)
    const inner = this.compile(body)
    const settings = expressions.scope.global("PROCINFO")
    const from = (frame: Frame, keys: ReadonlyArray<string>, first: number): Pending<Flow> => {
      for (let index = first; index < keys.length; index++) {
        if (!of(frame).has(keys[index])) continue
        put(frame, undefined, keys[index])
        const flow = inner(frame)
        if (flow instanceof Promise) return flow.then((flow) => goOn(frame, keys, index, flow))
        if (flow !== undefined && flow !== "continue") return flow === "break" ? undefined : flow
        const turn = runtime.context.tick()
        if (turn !== undefined) return turn.then(() => from(frame, keys, index + 1))
      }
      return undefined
    }
    const goOn = (frame: Frame, keys: ReadonlyArray<string>, index: number, flow: Flow): Pending<Flow> =>
      flow !== undefined && flow !== "continue" ? (flow === "break" ? undefined : flow) : from(frame, keys, index + 1)
    return (frame) => {
      const info = settings.cell(frame)
      const order = info instanceof AwkArray && info.has("sorted_in") ? runtime.text(info.get("sorted_in")) : ""
      return from(frame, order === "" ? of(frame).keys() : inOrder(runtime, of(frame), order).map(([key]) => key), 0)
    }
  }

  private choose({ cases, on }: Extract<Statement, { kind: "switch" }>): Do {
    const { expressions, runtime } = this
    const of = expressions.compile(on)
    const tests = cases.map(({ value }) => {
      if (value === undefined) return undefined
      if (value.kind !== "regex") return { value: expressions.compile(value) }
      return { pattern: expressions.pattern(value) }
    })
    const bodies = cases.map(({ body }) => this.sequence(body.map((each) => this.compile(each))))
    return async (frame) => {
      const value = await of(frame)
      let first = -1
      for (const [index, test] of tests.entries()) {
        if (test === undefined) continue
        const holds = test.pattern !== undefined
          ? (await test.pattern(frame)).test(runtime.text(value))
          : compareValues(value, await test.value(frame), runtime.text) === 0
        if (!holds) continue
        first = index
        break
      }
      if (first < 0) first = tests.indexOf(undefined)
      if (first < 0) return undefined
      for (const body of bodies.slice(first)) {
        const flow = await body(frame)
        if (flow !== undefined) return flow === "break" ? undefined : flow
      }
      return undefined
    }
  }

  private leave({ kind, value }: Extract<Statement, { kind: "exit" | "return" }>): Do {
    const of: Run | undefined = value === undefined ? undefined : this.expressions.compile(value)
    if (kind === "return") {
      if (of === undefined) return () => "return"
      return (frame) =>
        when(of(frame), (value) => {
          frame.result = value
          return "return"
        })
    }
    return (frame) => {
      if (of === undefined) return "exit"
      return when(of(frame), (value) => {
        this.exit(value)
        return "exit"
      })
    }
  }

  private delete({ keys, name }: Extract<Statement, { kind: "delete" }>): Do {
    const { expressions } = this
    const array = expressions.scope.arrayAt(expressions.scope.place(name, expressions.inside))
    if (keys === undefined) {
      return (frame) => {
        array(frame).clear()
        return undefined
      }
    }
    const key = expressions.keyOf(keys)
    return (frame) =>
      when(key(frame), (key) => {
        array(frame).delete(key)
        return undefined
      })
  }

  private print({ args, kind, redirection }: Extract<Statement, { kind: "print" | "printf" }>): Do {
    const { runtime } = this
    const to = this.writer(redirection)
    const write = (frame: Frame, text: string): Pending<Flow> =>
      when(to(frame), (writer) => {
        const pending = writer.write(text)
        return pending === undefined ? undefined : pending.then(() => undefined)
      })
    if (kind === "print" && args.length === 0) return (frame) => write(frame, runtime.record.all + runtime.ors)
    const all = this.expressions.list(args)
    if (kind === "print") {
      return (frame) =>
        when(all(frame), (values) => {
          let text = runtime.shown(values[0])
          for (let index = 1; index < values.length; index++) text += runtime.ofs + runtime.shown(values[index])
          return write(frame, text + runtime.ors)
        })
    }
    if (args.length === 0) throw new Fatal("printf: no format")
    return (frame) =>
      when(all(frame), (values) => write(frame, sprintf(runtime.text(values[0]), values.slice(1), runtime.text)))
  }

  private writer(redirection: Redirection | undefined): (frame: Frame) => Pending<Writer> {
    const { runtime } = this
    if (redirection === undefined) return () => runtime.context.stdout
    const name = this.expressions.compile(redirection.to)
    return (frame) => when(name(frame), (name) => runtime.streams.output(redirection.kind, runtime.text(name)))
  }
}

/** The body of a function, called. */
export const outcome = (frame: Frame, flow: Flow): Value => {
  if (flow === "next" || flow === "nextfile" || flow === "exit") throw leaving[flow]
  return frame.result
}

export const checkUse = ({ name, parameters }: Definition, count: number): void => {
  if (count > parameters.length) {
    throw new Fatal(`function \`${name}' called with more arguments than declared`)
  }
}
