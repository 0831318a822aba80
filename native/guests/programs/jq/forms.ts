/** Functions that do more with their arguments than take a value of each. */
import { applied } from "./access.ts"
import { deleted, pathsOf } from "./assign.ts"
import { toText } from "./formats.ts"
import { byKeys } from "./functions.ts"
import { serialize } from "./json.ts"
import type { Continuation as Next, Machine, Node, Scope, Where } from "./machine.ts"
import { Continuation, Fork, Path } from "./machine.ts"
import { empty, placed, steps } from "./nodes.ts"
import { described, getPath } from "./paths.ts"
import { hits } from "./regex.ts"
import type { Value } from "./values.ts"
import { boundedText, fail, isArray, JqError } from "./values.ts"

/** What a script can ask of the program around it. */
export interface Surroundings {
  readonly filename: () => Value
  /** Lines read of the input so far. */
  readonly line: () => number
  /** To standard error. */
  readonly say: (text: string) => void
}

type Form = (args: ReadonlyArray<Node>, around: Surroundings) => Node

const range: Form = ([from, to, by]) =>
  steps((machine, env, input, where, next) =>
    machine.each(
      from,
      env,
      input,
      next,
      (start) =>
        machine.each(to, env, input, next, (end) =>
          machine.each(by, env, input, next, (step) => {
            if (typeof start !== "number" || typeof end !== "number" || typeof step !== "number") {
              return fail("Range bounds must be numeric")
            }
            count(machine, start, end, step, where, next)
          }))
    )
  )

const count = (machine: Machine, start: number, end: number, step: number, where: Where, next: Next): void => {
  let at = start
  const turn = (): void => {
    if (step > 0 ? at >= end : step < 0 ? at <= end : at >= end) return machine.back()
    const value = at
    at += step
    machine.fork(again)
    machine.make(next, value, where)
  }
  const again = new Fork(turn)
  turn()
}

/** The first so many values: then what is left of the source is given up. */
const limited = (
  machine: Machine,
  most: number,
  of: Node,
  env: Scope,
  input: Value,
  where: Where,
  next: Next
): void => {
  if (most <= 0) return machine.back()
  const height = machine.height
  let seen = 0
  machine.eval(
    of,
    env,
    input,
    where,
    new Continuation(next, (value, place) => {
      if (++seen >= most) machine.cut(height)
      machine.emit(next, value, place)
    })
  )
}

const numeric = (value: Value): number =>
  typeof value === "number" ? value : fail("Invalid arguments: a count must be a number")

const limit: Form = ([most, of]) =>
  steps((machine, env, input, where, next) =>
    machine.each(most, env, input, next, (value) => limited(machine, numeric(value), of, env, input, where, next))
  )

const first: Form = ([of]) =>
  steps((machine, env, input, where, next) => limited(machine, 1, of, env, input, where, next))

const skip: Form = ([least, of]) =>
  steps((machine, env, input, where, next) =>
    machine.each(least, env, input, next, (value) => {
      let left = numeric(value)
      machine.eval(
        of,
        env,
        input,
        where,
        new Continuation(next, (each, place) => {
          if (left-- > 0) machine.back()
          else machine.emit(next, each, place)
        })
      )
    })
  )

const last: Form = ([of]) =>
  steps((machine, env, input, where, next) => {
    let found: readonly [Value, Where] | undefined
    machine.fork(new Fork(() => found === undefined ? machine.back() : machine.emit(next, ...found)))
    machine.eval(
      of,
      env,
      input,
      where,
      new Continuation(next, (value, place) => {
        found = [value, place]
        machine.back()
      })
    )
  })

const isEmpty: Form = ([of]) =>
  steps((machine, env, input, where, next) => {
    const height = machine.height
    machine.fork(new Fork(() => machine.make(next, true, where)))
    machine.eval(
      of,
      env,
      input,
      undefined,
      new Continuation(next, () => {
        machine.cut(height)
        machine.make(next, false, where)
      })
    )
  })

/** `sort_by(f)` and its like: the key of an element is all that the function makes of it. */
const keyed = (name: string): Form => ([key]) =>
  steps((machine, env, input, where, next) => {
    if (!isArray(input)) {
      return fail(`${described(input)} cannot be ${name === "group_by" ? "grouped" : "sorted"}, as it is not an array`)
    }
    const simple = key.direct
    if (simple !== undefined) {
      return machine.make(next, byKeys(name, input, input.map((each) => [simple(env, each)])), where)
    }
    const keys: Array<Value> = []
    const from = (at: number): void => {
      if (at === input.length) {
        return machine.make(next, byKeys(name, input, keys), where)
      }
      machine.collect(key, env, input[at], next, (values) => {
        keys.push(values)
        from(at + 1)
      })
    }
    from(0)
  })

const getpath: Form = ([path]) =>
  steps((machine, env, input, where, next) =>
    machine.each(path, env, input, next, (keys) => {
      if (!isArray(keys)) return fail("Path must be specified as an array")
      if (where === undefined) return machine.emit(next, getPath(input, keys), undefined)
      const at = keys.reduce<Path>((parent, key) => new Path(parent, key), placed(where, input))
      let value: Value = null
      try {
        value = getPath(input, keys)
      } catch (error) {
        if (!(error instanceof JqError)) throw error
      }
      machine.emit(next, value, at)
    })
  )

const input: Form = () =>
  steps((machine, _, __, where, next) =>
    machine.await((value) => value === undefined ? fail("No more inputs") : machine.make(next, value, where))
  )

const inputs: Form = () =>
  steps((machine, _, __, where, next) => {
    const pull = (): void =>
      machine.await((value) => {
        if (value === undefined) return machine.back()
        machine.fork(new Fork(pull))
        machine.make(next, value, where)
      })
    pull()
  })

const passing = (tell: (value: Value, around: Surroundings) => void): Form => (_, around) =>
  steps((machine, __, value, where, next) => {
    tell(value, around)
    machine.emit(next, value, where)
  })

const haltError: Form = ([status]) =>
  steps((machine, env, value, _, next) =>
    machine.each(
      status,
      env,
      value,
      next,
      (code) => typeof code === "number" ? machine.halt(code & 255, value) : fail("halt_error/1: number required")
    )
  )

/** `sub(pattern; replacement; flags)`: every way of replacing what was found. */
const substituted: Form = ([pattern, to, flags]) =>
  steps((machine, env, text, where, next) =>
    machine.each(flags, env, text, next, (letters) =>
      machine.each(pattern, env, text, next, (source) => {
        const found = hits(text, source, letters, false)
        const from = (at: number, done: number, made: string): void => {
          if (at === found.length) return machine.make(next, boundedText(made + (text as string).slice(done)), where)
          const { end, groups, start } = found[at]
          const then = (value: Value): void => {
            if (typeof value !== "string") return fail(`${described(groups)} cannot be added to a string`)
            from(at + 1, end, boundedText(made + (text as string).slice(done, start) + value))
          }
          // by a step each, so that many of them do not pile up
          machine.eval(to, env, groups, undefined, new Continuation(next, then))
        }
        from(0, 0, "")
      }))
  )

const split = (text: Value, pattern: Value, flags: Value): Value => {
  const parts: Array<Value> = []
  let done = 0
  for (const { end, start } of hits(text, pattern, flags, true)) {
    parts.push((text as string).slice(done, start))
    done = end
  }
  return [...parts, (text as string).slice(done)]
}

const forms: Readonly<Record<string, Form>> = {
  "empty/0": () => empty,
  "error/0": () =>
    steps((_, __, value) => {
      throw new JqError(value)
    }),
  "path/1": ([of]) => pathsOf(of),
  "del/1": ([of]) => deleted(of),
  "range/3": range,
  "limit/2": limit,
  "skip/2": skip,
  "first/1": first,
  "last/1": last,
  "isempty/1": isEmpty,
  "sort_by/1": keyed("sort_by"),
  "group_by/1": keyed("group_by"),
  "unique_by/1": keyed("unique_by"),
  "min_by/1": keyed("min_by"),
  "max_by/1": keyed("max_by"),
  "getpath/1": getpath,
  "input/0": input,
  "inputs/0": inputs,
  "debug/0": passing((value, around) => around.say(`["DEBUG:",${serialize(value)}]\n`)),
  "stderr/0": passing((value, around) => around.say(toText(value))),
  "input_filename/0": (_, around) => applied([], () => around.filename()),
  "input_line_number/0": (_, around) => applied([], () => around.line()),
  "halt/0": () => steps((machine) => machine.halt(0, undefined)),
  "halt_error/1": haltError,
  "sub/3": substituted,
  "split/2": ([pattern, flags]) => applied([pattern, flags], (text, [source, letters]) => split(text, source, letters))
}

export const formNamed = (name: string, args: ReadonlyArray<Node>, around: Surroundings): Node | undefined => {
  const key = `${name}/${args.length}`
  return Object.hasOwn(forms, key) ? forms[key](args, around) : undefined
}

export const formNames: ReadonlyArray<string> = Object.keys(forms)
