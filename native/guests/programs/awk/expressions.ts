/**
 * Expressions as functions. One that may have to wait (for input, a command, its turn) gives a promise then; all others,
 * which are nearly all, give their value at once.
 */
import type { Arithmetic, Comparison, Definition, Expression, Target } from "./ast.ts"
import { builtin } from "./builtins.ts"
import { readInto } from "./getline.ts"
import type { Frame, Pending, Runtime } from "./runtime.ts"
import { isSpecial, Untyped, when } from "./runtime.ts"
import type { Scope } from "./scope.ts"
import { scalar } from "./scope.ts"
import type { Value } from "./values.ts"
import { AwkArray, compareValues, Fatal, isTrue, toNumber } from "./values.ts"

export type Run = (frame: Frame) => Pending<Value>

/** Where an assignment goes; its number or key is found once. */
export interface Assignable {
  readonly get: (frame: Frame, at: Key) => Value
  readonly put: (frame: Frame, at: Key, value: Value) => void
  /** What names the place: a key, a field's number, nothing. */
  readonly key: (frame: Frame) => Pending<Key>
}

type Key = string | number | undefined

/** A call of a function of the program. */
export type Call = (args: ReadonlyArray<(frame: Frame) => Pending<Frame["locals"][number]>>) => Run

const MAX_TEXT = 64 * 1024 * 1024

const operate: Readonly<Record<Arithmetic, (left: number, right: number) => number>> = {
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
  "/": (left, right) => {
    if (right === 0) throw new Fatal("division by zero attempted")
    return left / right
  },
  "%": (left, right) => {
    if (right === 0) throw new Fatal("division by zero attempted in `%'")
    return left % right
  },
  "^": (left, right) => left ** right
}

const holds: Readonly<Record<Comparison, (order: number) => boolean>> = {
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  "==": (order) => order === 0,
  "!=": (order) => order !== 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0
}

const truth = (holds: boolean): number => holds ? 1 : 0

export class Expressions {
  readonly runtime: Runtime

  constructor(
    readonly scope: Scope,
    /** The function whose names these are. */
    readonly inside: Definition | undefined,
    private readonly call: (name: string) => Call
  ) {
    this.runtime = scope.runtime
  }

  compile(node: Expression): Run {
    const { runtime } = this
    switch (node.kind) {
      case "number":
      case "string": {
        const { value } = node
        return () => value
      }
      case "regex": {
        const { source } = node
        // told at once when it is none
        runtime.regex(source)
        return () => truth(runtime.regex(source).test(runtime.record.all))
      }
      case "group":
        if (node.items.length !== 1) throw new Fatal("a list stands where a value must be")
        return this.compile(node.items[0])
      case "name":
      case "element":
      case "field":
        return this.read(node)
      case "assign":
        return this.assign(node)
      case "step":
        return this.step(node)
      case "choice": {
        const [test, yes, no] = [this.condition(node.test), this.compile(node.yes), this.compile(node.no)]
        return (frame) => when(test(frame), (holds) => holds ? yes(frame) : no(frame))
      }
      case "both":
      case "either":
      case "not": {
        const test = this.condition(node)
        return (frame) => when(test(frame), truth)
      }
      case "negative":
      case "positive": {
        const of = this.compile(node.of)
        const sign = node.kind === "negative" ? -1 : 1
        return (frame) => when(of(frame), (value) => toNumber(value) * sign || 0)
      }
      case "arithmetic": {
        const apply = operate[node.operator]
        return this.two(node.left, node.right, (left, right) => apply(toNumber(left), toNumber(right)))
      }
      case "comparison": {
        const decide = holds[node.operator]
        return this.two(node.left, node.right, (left, right) => truth(decide(compareValues(left, right, runtime.text))))
      }
      case "match":
        return this.match(node)
      case "in": {
        const [key, array] = [this.keyOf(node.keys), this.scope.arrayAt(this.scope.place(node.name, this.inside))]
        return (frame) => when(key(frame), (key) => truth(array(frame).has(key)))
      }
      case "concatenation":
        return this.two(node.left, node.right, (left, right) => this.join(runtime.text(left), runtime.text(right)))
      case "call":
        return node.builtin ? builtin(this, node) : this.call(node.name)(node.args.map((arg) => this.argument(arg)))
      case "getline":
        return readInto(this, node)
    }
  }

  private join(left: string, right: string): string {
    if (left.length + right.length > MAX_TEXT) throw new Fatal(`string above ${MAX_TEXT} characters`)
    return left + right
  }

  private two(a: Expression, b: Expression, apply: (left: Value, right: Value) => Value): Run {
    const left = this.compile(a)
    const right = this.compile(b)
    return (frame) => {
      const first = left(frame)
      if (first instanceof Promise) return first.then((first) => when(right(frame), (second) => apply(first, second)))
      const second = right(frame)
      return second instanceof Promise ? second.then((second) => apply(first, second)) : apply(first, second)
    }
  }

  /** Whether an expression holds. */
  condition(node: Expression): (frame: Frame) => Pending<boolean> {
    switch (node.kind) {
      case "regex": {
        const test = this.compile(node)
        return (frame) => test(frame) === 1
      }
      case "both": {
        const [left, right] = [this.condition(node.left), this.condition(node.right)]
        return (frame) => when(left(frame), (holds) => holds ? right(frame) : false)
      }
      case "either": {
        const [left, right] = [this.condition(node.left), this.condition(node.right)]
        return (frame) => when(left(frame), (holds) => holds ? true : right(frame))
      }
      case "not": {
        const of = this.condition(node.of)
        return (frame) => when(of(frame), (holds) => !holds)
      }
      default: {
        const of = this.compile(node)
        return (frame) => {
          const value = of(frame)
          return value instanceof Promise ? value.then(isTrue) : isTrue(value)
        }
      }
    }
  }

  /** The expression that a match is tested with. */
  pattern(node: Expression): (frame: Frame) => Pending<ReturnType<Runtime["regex"]>> {
    const { runtime } = this
    if (node.kind === "regex") {
      const { source } = node
      // told at once when it is none
      runtime.regex(source)
      return () => runtime.regex(source)
    }
    const of = this.compile(node)
    return (frame) => when(of(frame), (value) => runtime.regex(runtime.text(value)))
  }

  private match({ left, negated, right }: Extract<Expression, { kind: "match" }>): Run {
    const { runtime } = this
    const text = this.compile(left)
    const pattern = this.pattern(right)
    return (frame) =>
      when(text(frame), (value) => when(pattern(frame), (regex) => truth(regex.test(runtime.text(value)) !== negated)))
  }

  /** The key of an element. */
  keyOf(nodes: ReadonlyArray<Expression>): (frame: Frame) => Pending<string> {
    const { runtime } = this
    if (nodes.length === 1) {
      const of = this.compile(nodes[0])
      return (frame) => when(of(frame), runtime.text)
    }
    const all = this.list(nodes)
    return (frame) => when(all(frame), (values) => values.map(runtime.text).join(runtime.subsep))
  }

  /** Values in their order. */
  list(nodes: ReadonlyArray<Expression>): (frame: Frame) => Pending<Array<Value>> {
    const runs = nodes.map((node) => this.compile(node))
    const from = (frame: Frame, values: Array<Value>): Pending<Array<Value>> => {
      while (values.length < runs.length) {
        const value = runs[values.length](frame)
        if (value instanceof Promise) return value.then((value) => from(frame, [...values, value]))
        values.push(value)
      }
      return values
    }
    return (frame) => from(frame, [])
  }

  private read(node: Target): Run {
    const { runtime } = this
    if (node.kind === "name") {
      const { name } = node
      if (isSpecial(name)) return () => runtime.get(name)
      const place = this.scope.place(name, this.inside)
      return (frame) => {
        const cell = place.cell(frame)
        return cell instanceof AwkArray || cell instanceof Untyped ? scalar(cell, name) : cell
      }
    }
    if (node.kind === "field" && node.of.kind === "number") {
      const { value } = node.of
      return () => runtime.record.get(value)
    }
    const { get, key } = this.target(node)
    return (frame) => when(key(frame), (at) => get(frame, at))
  }

  target(node: Target): Assignable {
    const { runtime } = this
    const nowhere = () => undefined
    if (node.kind === "field") {
      const of = this.compile(node.of)
      return {
        key: (frame) => when(of(frame), toNumber),
        get: (_, at) => runtime.record.get(at as number),
        put: (_, at, value) => runtime.record.put(at as number, value)
      }
    }
    if (node.kind === "element") {
      const array = this.scope.arrayAt(this.scope.place(node.name, this.inside))
      return {
        key: this.keyOf(node.keys),
        get: (frame, at) => array(frame).get(at as string),
        put: (frame, at, value) => array(frame).set(at as string, value)
      }
    }
    const { name } = node
    if (isSpecial(name)) {
      return { key: nowhere, get: () => runtime.get(name), put: (_, _at, value) => runtime.set(name, value) }
    }
    const place = this.scope.place(name, this.inside)
    return {
      key: nowhere,
      get: (frame) => scalar(place.cell(frame), name),
      put: (frame, _, value) => {
        if (place.cell(frame) instanceof AwkArray) {
          throw new Fatal(`attempt to use array \`${name}' in a scalar context`)
        }
        place.put(frame, value)
      }
    }
  }

  private assign({ operator, target, value }: Extract<Expression, { kind: "assign" }>): Run {
    const { get, key, put } = this.target(target)
    const of = this.compile(value)
    const apply = operator === undefined ? undefined : operate[operator]
    return (frame) =>
      when(key(frame), (at) =>
        when(of(frame), (value) => {
          const result = apply === undefined ? value : apply(toNumber(get(frame, at)), toNumber(value))
          put(frame, at, result)
          return result
        }))
  }

  private step({ before, by, target }: Extract<Expression, { kind: "step" }>): Run {
    const { get, key, put } = this.target(target)
    return (frame) =>
      when(key(frame), (at) => {
        const old = toNumber(get(frame, at))
        put(frame, at, old + by)
        return before ? old + by : old
      })
  }

  /** What a function gets: arrays as they are, names that are nothing yet so that they can become arrays. */
  private argument(node: Expression): (frame: Frame) => Pending<Frame["locals"][number]> {
    if (node.kind !== "name" || isSpecial(node.name)) return this.compile(node)
    const place = this.scope.place(node.name, this.inside)
    return (frame) => {
      const cell = place.cell(frame)
      return cell === undefined
        ? new Untyped((array) => place.put(frame, array))
        : cell instanceof Untyped && cell.array !== undefined
        ? cell.array
        : cell
    }
  }
}
