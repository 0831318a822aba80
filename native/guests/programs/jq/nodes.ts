/** The forms of the language that values flow through: pipes, alternatives, conditions, loops. */
import type { Continuation as Next, Direct, Machine, Node, Scope, Where } from "./machine.ts"
import { Break, Continuation, Fork, Label, Path } from "./machine.ts"
import { shown } from "./paths.ts"
import type { Value } from "./values.ts"
import { fail, JqError, truthy } from "./values.ts"

export const direct = (value: Direct): Node => ({
  direct: value,
  start: (machine, env, input, where, next) => machine.make(next, value(env, input), where)
})

export const steps = (start: Node["start"]): Node => ({ direct: undefined, start })

export const identity: Node = {
  direct: (_, input) => input,
  start: (machine, _, input, where, next) => machine.emit(next, input, where),
  keys: () => []
}

export const empty: Node = steps((machine) => machine.back())

export const constant = (value: Value): Node => direct(() => value)

export const bind = (env: Scope, value: Value): Scope => ({ value, next: env })

/** Whoever looks further into a value must know where it is. */
export const placed = (where: Path, value: Value): Path =>
  where === Path.none ? fail(`Invalid path expression with result ${shown(value)}`) : where

export const pipe = (left: Node, right: Node): Node => {
  const [first, second] = [left.direct, right.direct]
  const [firstKeys, secondKeys] = [left.keys, right.keys]
  return {
    direct: first !== undefined && second !== undefined ? (env, input) => second(env, first(env, input)) : undefined,
    start: (machine, env, input, where, next) =>
      machine.eval(
        left,
        env,
        input,
        where,
        new Continuation(next, (value, place) => machine.eval(right, env, value, place, next))
      ),
    keys: firstKeys !== undefined && secondKeys !== undefined && first !== undefined
      ? (env, input) => [...firstKeys(env, input), ...secondKeys(env, first(env, input))]
      : undefined
  }
}

export const comma = (left: Node, right: Node): Node =>
  steps((machine, env, input, where, next) => {
    machine.fork(new Fork(() => machine.eval(right, env, input, where, next)))
    machine.eval(left, env, input, where, next)
  })

export const conditional = (condition: Node, then: Node, otherwise: Node): Node => {
  const [test, yes, no] = [condition.direct, then.direct, otherwise.direct]
  return {
    direct: test !== undefined && yes !== undefined && no !== undefined
      ? (env, input) => truthy(test(env, input)) ? yes(env, input) : no(env, input)
      : undefined,
    start: (machine, env, input, where, next) =>
      machine.each(
        condition,
        env,
        input,
        next,
        (value) => machine.eval(truthy(value) ? then : otherwise, env, input, where, next)
      )
  }
}

/** `and`, `or`: the right side counts only when the left does not decide. */
export const logical = (left: Node, right: Node, decides: boolean): Node => {
  const [first, second] = [left.direct, right.direct]
  return {
    direct: first !== undefined && second !== undefined
      ? (env, input) => truthy(first(env, input)) === decides ? decides : truthy(second(env, input))
      : undefined,
    start: (machine, env, input, where, next) =>
      machine.each(left, env, input, next, (value) => {
        if (truthy(value) === decides) machine.make(next, decides, where)
        else machine.each(right, env, input, next, (other) => machine.make(next, truthy(other), where))
      })
  }
}

/** `left // right`. */
export const alternative = (left: Node, right: Node): Node => {
  const [first, second] = [left.direct, right.direct]
  const start: Node["start"] = (machine, env, input, where, next) => {
    let found = false
    const otherwise = () => found ? machine.back() : machine.eval(right, env, input, where, next)
    const fork = machine.fork(
      new Fork(otherwise, (error) => {
        if (error instanceof Break) return false
        otherwise()
        return true
      })
    )
    machine.eval(
      left,
      env,
      input,
      where,
      new Continuation(next, (value, place) => {
        if (!truthy(value)) return machine.back()
        found = true
        leave(machine, fork)
        machine.emit(next, value, place)
      })
    )
  }
  if (first === undefined || second === undefined) return steps(start)
  return {
    direct: (env, input) => {
      const value = attempt(first, env, input)
      return value !== undefined && truthy(value) ? value : second(env, input)
    },
    start
  }
}

/** The value, or undefined when it fails. */
const attempt = (value: Direct, env: Scope, input: Value): Value | undefined => {
  try {
    return value(env, input)
  } catch (error) {
    if (error instanceof JqError) return undefined
    throw error
  }
}

/** Errors of what comes after are not for the fork. */
const leave = (machine: Machine, fork: Fork): void => {
  machine.fork(new Fork(() => machine.back(), undefined, fork))
}

const isBreakError = (error: JqError): boolean =>
  typeof error.value === "object" && error.value !== null && "has" in error.value && error.value.has("__jq")

export const guarded = (body: Node, handler: Node | undefined): Node =>
  steps((machine, env, input, where, next) => {
    const fork = machine.fork(
      new Fork(() => machine.back(), (error) => {
        if (error instanceof Break || isBreakError(error)) return false
        if (handler === undefined) machine.back()
        else machine.eval(handler, env, error.value, where === undefined ? undefined : Path.none, next)
        return true
      })
    )
    machine.eval(
      body,
      env,
      input,
      where,
      new Continuation(next, (value, place) => {
        leave(machine, fork)
        machine.emit(next, value, place)
      })
    )
  })

export const labelled = (body: Node): Node =>
  steps((machine, env, input, where, next) => {
    const label = new Label()
    machine.fork(
      new Fork(() => machine.back(), (error) => {
        if (!(error instanceof Break) || error.label !== label) return false
        machine.back()
        return true
      })
    )
    machine.eval(body, { value: label, next: env }, input, where, next)
  })

/** Every way in which patterns bind what a source yields. */
export type Bind = (machine: Machine, env: Scope, value: Value, next: Next, then: (env: Scope) => void) => void

export const bound = (source: Node, binds: ReadonlyArray<Bind>, body: Node, simple: boolean): Node => {
  const [value, result] = [source.direct, body.direct]
  return {
    direct: simple && value !== undefined && result !== undefined
      ? (env, input) => result(bind(env, value(env, input)), input)
      : undefined,
    start: (machine, env, input, where, next) =>
      machine.each(source, env, input, next, (each) => {
        if (simple) return machine.eval(body, bind(env, each), input, where, next)
        attemptBinds(
          machine,
          binds,
          0,
          env,
          each,
          next,
          (scope, after) => machine.eval(body, scope, input, where, after)
        )
      })
  }
}

/** One pattern after another, until one fits and what follows does not fail. */
export const attemptBinds = (
  machine: Machine,
  binds: ReadonlyArray<Bind>,
  index: number,
  env: Scope,
  value: Value,
  next: Next,
  then: (env: Scope, next: Next) => void
): void => {
  if (index === binds.length - 1) return binds[index](machine, env, value, next, (scope) => then(scope, next))
  const fork = machine.fork(
    new Fork(() => machine.back(), (error) => {
      if (error instanceof Break) return false
      attemptBinds(machine, binds, index + 1, env, value, next, then)
      return true
    })
  )
  const after = new Continuation(next, (result, place) => {
    leave(machine, fork)
    machine.emit(next, result, place)
  })
  binds[index](machine, env, value, after, (scope) => then(scope, after))
}

export const reduction = (source: Node, binds: ReadonlyArray<Bind>, start: Node, update: Node): Node =>
  steps((machine, env, input, where, next) =>
    machine.eval(
      start,
      env,
      input,
      where,
      new Continuation(next, (first, place) => {
        let state = first
        let at: Where = place
        const simple = update.direct
        machine.fork(new Fork(() => machine.emit(next, state, at)))
        machine.each(source, env, input, next, (each) =>
          attemptBinds(machine, binds, 0, env, each, next, (scope, after) => {
            if (simple !== undefined && where === undefined) {
              state = simple(scope, state)
              return machine.back()
            }
            const [before, from] = [state, at]
            state = null
            at = where === undefined ? undefined : Path.none
            machine.eval(
              update,
              scope,
              before,
              from,
              new Continuation(after, (value, found) => {
                state = value
                at = found
                machine.back()
              })
            )
          }))
      })
    )
  )

export const iteration = (
  source: Node,
  binds: ReadonlyArray<Bind>,
  start: Node,
  update: Node,
  extract: Node | undefined
): Node =>
  steps((machine, env, input, where, next) =>
    machine.eval(
      start,
      env,
      input,
      where,
      new Continuation(next, (first, place) => {
        let state = first
        let at: Where = place
        machine.each(source, env, input, next, (each) =>
          attemptBinds(machine, binds, 0, env, each, next, (scope, after) =>
            machine.eval(
              update,
              scope,
              state,
              at,
              new Continuation(after, (value, found) => {
                state = value
                at = found
                if (extract === undefined) machine.emit(next, value, found)
                else machine.eval(extract, scope, value, found, next)
              })
            )))
      })
    )
  )
