/** Runs the rules of a program: BEGIN, each record, END. */
import type { ProgramContext } from "../program.ts"
import type { Definition, Pattern, Rule, Script } from "./ast.ts"
import type { Call } from "./expressions.ts"
import { Expressions } from "./expressions.ts"
import { MainInput } from "./input.ts"
import { unescape } from "./lexer.ts"
import type { Cell, Frame, Pending } from "./runtime.ts"
import { isSpecial, Runtime, when } from "./runtime.ts"
import { Scope } from "./scope.ts"
import type { Do, Flow } from "./statements.ts"
import { checkUse, Leaving, outcome, Statements } from "./statements.ts"
import type { Value } from "./values.ts"
import { Fatal, Input, toNumber } from "./values.ts"

/** Calls inside each other. */
const MAX_CALLS = 10_000

interface Matching {
  readonly holds: (frame: Frame) => Pending<boolean>
  readonly act: Do
}

const top = (): Frame => ({ locals: [], result: undefined })

export class Interpreter {
  private readonly runtime: Runtime
  private readonly scope: Scope
  private readonly expressions: Expressions
  private readonly functions = new Map<string, { readonly of: Definition; body: Do }>()
  private depth = 0
  private status: number | undefined
  private readonly rules: Readonly<Record<"BEGIN" | "END" | "BEGINFILE" | "ENDFILE", ReadonlyArray<Do>>>
  private readonly main: ReadonlyArray<Matching>

  constructor(private readonly context: ProgramContext, script: Script, argv: ReadonlyArray<string>) {
    const runtime = this.runtime = new Runtime(context)
    this.scope = new Scope(runtime, script.functions)
    this.prepare(argv)
    this.expressions = new Expressions(this.scope, undefined, this.call)
    for (const of of script.functions.values()) this.functions.set(of.name, { of, body: () => undefined })
    for (const each of this.functions.values()) {
      const inside = new Expressions(this.scope, each.of, this.call)
      each.body = new Statements(inside, this.exit).compile(each.of.body)
    }
    const of = (kind: Pattern["kind"]) =>
      script.rules.filter(({ pattern }) => pattern.kind === kind).map((rule) => this.action(rule))
    this.rules = { BEGIN: of("BEGIN"), END: of("END"), BEGINFILE: of("BEGINFILE"), ENDFILE: of("ENDFILE") }
    this.main = script.rules.flatMap((rule) => this.matching(rule))
    this.bindInput()
  }

  private bindInput(): void {
    const argv = this.scope.global("ARGV")
    const argc = this.scope.global("ARGC")
    const frame = top()
    const files = {
      any: this.rules.BEGINFILE.length > 0,
      begin: () => this.each("BEGINFILE"),
      end: () => this.each("ENDFILE")
    }
    this.runtime.input = new MainInput(
      this.runtime,
      () => this.scope.arrayAt(argv)(frame),
      () => {
        const cell = argc.cell(frame)
        return cell instanceof Object && !(cell instanceof Input) ? 0 : Math.trunc(toNumber(cell))
      },
      (name, value) => this.assign(name, value),
      files
    )
  }

  private async each(kind: "BEGINFILE" | "ENDFILE"): Promise<void> {
    for (const act of this.rules[kind]) {
      const flow = await act(top())
      if (flow === "exit") throw new Leaving("exit")
    }
  }

  private prepare(argv: ReadonlyArray<string>): void {
    const { context, runtime } = this
    const array = (name: string, entries: Iterable<readonly [string, string]>) => {
      const made = runtime.array()
      for (const [key, value] of entries) made.set(key, new Input(value))
      this.scope.global(name).put(top(), made)
    }
    array("ARGV", argv.map((arg, index) => [String(index), arg] as const))
    array("ENVIRON", context.env)
    array("PROCINFO", [["version", "5.2.1"], ["pid", String(context.process.pid)]])
    this.scope.global("ARGC").put(top(), argv.length)
  }

  /** A `name=value` from outside: its escapes mean something. */
  assign(name: string, value: string): void {
    const cell = new Input(unescape(value))
    if (isSpecial(name)) this.runtime.set(name, cell)
    else this.scope.global(name).put(top(), cell)
  }

  private readonly exit = (value: Value): void => {
    this.status = Math.trunc(toNumber(value)) & 0xff
  }

  // --- functions ----------------------------------------------------------------------------------------------------

  private readonly call = (name: string): Call => (args) => {
    const found = this.functions.get(name)
    if (found === undefined) throw new Fatal(`function \`${name}' not defined`)
    checkUse(found.of, args.length)
    const { length } = found.of.parameters
    return (frame) => when(this.arguments(frame, args, length), (locals) => this.enter(found, locals))
  }

  private arguments(
    frame: Frame,
    args: ReadonlyArray<(frame: Frame) => Pending<Cell>>,
    length: number
  ): Pending<Array<Cell>> {
    const locals: Array<Cell> = []
    const from = (): Pending<Array<Cell>> => {
      while (locals.length < args.length) {
        const cell = args[locals.length](frame)
        if (cell instanceof Promise) {
          return cell.then((cell) => {
            locals.push(cell)
            return from()
          })
        }
        locals.push(cell)
      }
      while (locals.length < length) locals.push(undefined)
      return locals
    }
    return from()
  }

  private enter({ body, of }: { readonly of: Definition; readonly body: Do }, locals: Array<Cell>): Pending<Value> {
    if (this.depth >= MAX_CALLS) throw new Fatal(`function \`${of.name}': calls nested more than ${MAX_CALLS} deep`)
    const frame: Frame = { locals, result: undefined }
    this.depth++
    const turn = this.context.tick()
    const flow = turn === undefined ? body(frame) : turn.then(() => body(frame))
    if (flow instanceof Promise) {
      return flow.then((flow) => {
        this.depth--
        return outcome(frame, flow)
      })
    }
    this.depth--
    return outcome(frame, flow)
  }

  // --- rules --------------------------------------------------------------------------------------------------------

  private action({ body }: Rule): Do {
    return new Statements(this.expressions, this.exit).compile(
      body ?? { kind: "print", args: [], redirection: undefined, line: 0 }
    )
  }

  private matching(rule: Rule): ReadonlyArray<Matching> {
    const { pattern } = rule
    switch (pattern.kind) {
      case "always":
        return [{ holds: () => true, act: this.action(rule) }]
      case "when":
        return [{ holds: this.expressions.condition(pattern.test), act: this.action(rule) }]
      case "range": {
        const from = this.expressions.condition(pattern.from)
        const to = this.expressions.condition(pattern.to)
        let inside = false
        return [{
          holds: (frame) =>
            when(inside || from(frame), (holds) => {
              if (!holds) return false
              return when(to(frame), (ends) => {
                inside = !ends
                return true
              })
            }),
          act: this.action(rule)
        }]
      }
      default:
        return []
    }
  }

  async run(): Promise<number> {
    const { input, streams } = this.runtime
    try {
      let flow = await this.guarded(() => this.sequence(this.rules.BEGIN))
      const reads = this.main.length > 0 || this.rules.END.length > 0 || this.rules.BEGINFILE.length > 0 ||
        this.rules.ENDFILE.length > 0
      if (flow !== "exit" && reads) flow = await this.guarded(() => this.records())
      // an exit still runs what stands under END
      await this.guarded(() => this.sequence(this.rules.END))
      await streams.closeAll()
      return this.status ?? input.status
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      throw new Fatal(/call stack/i.test(error.message) ? "function calls are nested too deeply" : "memory exhausted")
    } finally {
      streams.release()
    }
  }

  private async guarded(run: () => Promise<Flow>): Promise<Flow> {
    try {
      return await run()
    } catch (error) {
      if (error instanceof Leaving) return error.flow
      throw error
    }
  }

  private async sequence(actions: ReadonlyArray<Do>): Promise<Flow> {
    for (const act of actions) {
      const flow = await act(top())
      if (flow === "exit") return flow
      if (flow === "next" || flow === "nextfile") {
        throw new Fatal(`\`${flow}' cannot be called from a BEGIN or END rule`)
      }
    }
    return undefined
  }

  private async records(): Promise<Flow> {
    const { context, runtime } = this
    const { input } = runtime
    for (;;) {
      const next = input.next()
      const text = next instanceof Promise ? await next : next
      if (text === undefined) return undefined
      runtime.take(text, runtime.rt)
      const applied = this.apply()
      const flow = applied instanceof Promise ? await applied : applied
      if (flow === "exit") return flow
      if (flow === "nextfile") await input.skip()
      const turn = context.tick()
      if (turn !== undefined) await turn
    }
  }

  /** All rules to one record. */
  private apply(): Pending<Flow> {
    const { main } = this
    const frame = top()
    // what has left calls in between has left them all
    this.depth = 0
    const from = (first: number): Pending<Flow> => {
      for (let index = first; index < main.length; index++) {
        const { act, holds } = main[index]
        const flow = when(holds(frame), (holds) => holds ? act(frame) : undefined)
        if (flow instanceof Promise) return flow.then((flow) => flow ?? from(index + 1))
        if (flow !== undefined) return flow
      }
      return undefined
    }
    try {
      const flow = from(0)
      return flow instanceof Promise ? flow.catch(left) : flow
    } catch (error) {
      return left(error)
    }
  }
}

/** `next` in a function. */
const left = (error: unknown): Flow => {
  if (error instanceof Leaving) return error.flow
  throw error
}
