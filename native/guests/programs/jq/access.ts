/** Looking into values, and making new ones from several. */
import type { Continuation as Next, Direct, Machine, Node, Scope, Where } from "./machine.ts"
import { Fork, Path } from "./machine.ts"
import { Continuation } from "./machine.ts"
import { direct, placed, steps } from "./nodes.ts"
import { JqObject } from "./object.ts"
import { described, index, slice } from "./paths.ts"
import type { Value } from "./values.ts"
import { boundedArray, boundedText, fail, isArray, isObject, typeName } from "./values.ts"

const enter = (where: Where, value: Value, key: Value): Where =>
  where === undefined ? undefined : new Path(placed(where, value), key)

export const field = (of: Node, key: Node): Node => {
  const [value, name] = [of.direct, key.direct]
  const keysOf = of.keys
  return {
    direct: value !== undefined && name !== undefined
      ? (env, input) => index(value(env, input), name(env, input))
      : undefined,
    start: (machine, env, input, where, next) =>
      machine.each(key, env, input, next, (at) =>
        machine.eval(
          of,
          env,
          input,
          where,
          new Continuation(next, (found, place) => {
            const inner = enter(place, found, at)
            machine.emit(next, index(found, at), inner)
          })
        )),
    keys: keysOf !== undefined && name !== undefined
      ? (env, input) => [...keysOf(env, input), name(env, input)]
      : undefined
  }
}

export const sliced = (of: Node, from: Node, to: Node): Node => {
  const [value, low, high] = [of.direct, from.direct, to.direct]
  return {
    direct: value !== undefined && low !== undefined && high !== undefined
      ? (env, input) => slice(value(env, input), low(env, input), high(env, input))
      : undefined,
    start: (machine, env, input, where, next) =>
      machine.each(to, env, input, next, (end) =>
        machine.each(from, env, input, next, (start) =>
          machine.eval(
            of,
            env,
            input,
            where,
            new Continuation(next, (found, place) => {
              const key = JqObject.of([["start", start], ["end", end]])
              machine.emit(next, slice(found, start, end), enter(place, found, key))
            })
          )))
  }
}

/** One value after another, from a place. */
export const emitAll = (
  machine: Machine,
  next: Next,
  count: number,
  at: (index: number) => readonly [value: Value, where: Where]
): void => {
  const from = (position: number): void => {
    if (position >= count) return machine.back()
    if (position + 1 < count) machine.fork(new Fork(() => from(position + 1)))
    const [value, where] = at(position)
    machine.emit(next, value, where)
  }
  from(0)
}

export const iterate = (of: Node): Node =>
  steps((machine, env, input, where, next) =>
    machine.eval(
      of,
      env,
      input,
      where,
      new Continuation(next, (value, place) => {
        if (place !== undefined) placed(place, value)
        if (isArray(value)) {
          emitAll(machine, next, value.length, (at) => [value[at], enter(place, value, at)])
        } else if (isObject(value)) {
          const entries = value.entries()
          emitAll(machine, next, entries.length, (at) => [entries[at][1], enter(place, value, entries[at][0])])
        } else fail(`Cannot iterate over ${value === null ? "null" : described(value)}`)
      })
    )
  )

export const collected = (of: Node): Node =>
  steps((machine, env, input, where, next) =>
    machine.collect(of, env, input, next, (values) => machine.make(next, boundedArray(values), where))
  )

const keyOf = (key: Value): string => typeof key === "string" ? key : fail(`Cannot use ${described(key)} as object key`)

export const constructed = (entries: ReadonlyArray<readonly [Node, Node]>): Node => {
  const directs = entries.map(([key, value]) => [key.direct, value.direct] as const)
  const simple = directs.every(([key, value]) => key !== undefined && value !== undefined)
  const start: Node["start"] = (machine, env, input, where, next) => {
    const from = (at: number, made: JqObject): void => {
      if (at === entries.length) return machine.make(next, made, where)
      const [key, value] = entries[at]
      machine.each(
        key,
        env,
        input,
        next,
        (name) => machine.each(value, env, input, next, (each) => from(at + 1, made.set(keyOf(name), each)))
      )
    }
    from(0, JqObject.empty())
  }
  if (!simple) return steps(start)
  return {
    start,
    direct: (env, input) => {
      const table = new Map<string, Value>()
      for (const [key, value] of directs as ReadonlyArray<readonly [Direct, Direct]>) {
        table.set(keyOf(key(env, input)), value(env, input))
      }
      return new JqObject(table)
    }
  }
}

/** Calls a function of values with every combination of its arguments; the last changes slowest. */
export const applied = (
  args: ReadonlyArray<Node>,
  apply: (input: Value, args: ReadonlyArray<Value>) => Value
): Node => {
  const directs = args.map((arg) => arg.direct)
  const start: Node["start"] = (machine, env, input, where, next) => {
    const from = (at: number, values: ReadonlyArray<Value>): void => {
      if (at < 0) return machine.make(next, apply(input, values), where)
      machine.each(args[at], env, input, next, (value) => from(at - 1, [value, ...values]))
    }
    from(args.length - 1, [])
  }
  if (directs.some((each) => each === undefined)) return steps(start)
  const [first, second] = directs as ReadonlyArray<Direct>
  if (args.length === 0) return direct((_, input) => apply(input, []))
  if (args.length === 1) return direct((env, input) => apply(input, [first(env, input)]))
  if (args.length === 2) return direct((env, input) => apply(input, [first(env, input), second(env, input)]))
  return direct((env, input) => apply(input, directs.map((each) => each!(env, input))))
}

export const joined = (parts: ReadonlyArray<string | Node>, format: (value: Value) => string): Node => {
  const nodes = parts.filter((part) => typeof part !== "string")
  return applied(nodes, (_, values) => {
    let at = 0
    let text = ""
    for (const part of parts) text = boundedText(text + (typeof part === "string" ? part : format(values[at++])))
    return text
  })
}

/** The values that a destructuring pattern picks. */
export const element = (value: Value, at: number): Value =>
  value === null || isArray(value) ? index(value, at) : fail(`Cannot index ${typeName(value)} with number`)

export const scoped = (env: Scope, value: Value): Scope => ({ value, next: env })
