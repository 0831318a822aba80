/** Assignments: paths are asked of the left side, and what is there is replaced. */
import type { Continuation as Next, Machine, Node, Scope } from "./machine.ts"
import { Continuation, Fork, Path } from "./machine.ts"
import { placed, steps } from "./nodes.ts"
import { operators } from "./operators.ts"
import type { Owned } from "./paths.ts"
import { deletePaths, getPath, setPath, update } from "./paths.ts"
import type { Value } from "./values.ts"
import { isArray, truthy } from "./values.ts"

/** Every path of an expression, then what remains to do. */
export const eachPath = (
  machine: Machine,
  node: Node,
  env: Scope,
  input: Value,
  next: Next,
  then: (path: ReadonlyArray<Value>, value: Value) => void,
  end: () => void
): void => {
  machine.fork(new Fork(end))
  machine.eval(
    node,
    env,
    input,
    Path.root,
    new Continuation(next, (value, place) => then(placed(place!, value).keys(), value))
  )
}

/** `left |= right`: the first value that the right side makes of the old one; none deletes it. */
export const modified = (left: Node, right: Node): Node => {
  const { keys } = left
  const change = right.direct
  return {
    direct: keys !== undefined && change !== undefined
      ? (env, input) => update(input, keys(env, input), (old) => change(env, old))
      : undefined,
    start: (machine, env, input, where, next) => {
      let state = input
      const gone: Array<Value> = []
      const owned: Owned = new Set()
      eachPath(machine, left, env, input, next, (path) => {
        const old = getPath(state, path)
        // what the script sees must not change later
        if (isArray(old) && owned.has(old)) owned.clear()
        if (change !== undefined) {
          state = setPath(state, path, change(env, old), owned)
          return machine.back()
        }
        const height = machine.height
        machine.fork(
          new Fork(() => {
            gone.push(path)
            machine.back()
          })
        )
        machine.eval(
          right,
          env,
          old,
          undefined,
          new Continuation(next, (value) => {
            machine.cut(height)
            state = setPath(state, path, value, owned)
            machine.back()
          })
        )
      }, () => machine.make(next, gone.length === 0 ? state : deletePaths(state, gone), where))
    }
  }
}

/** `left = right`, `left += right` and the like: for every value of the right side. */
export const assigned = (left: Node, right: Node, operator: string): Node => {
  const { keys } = left
  const given = right.direct
  const apply = operator === "="
    ? (_: Value, value: Value) => value
    : operator === "//="
    ? (old: Value, value: Value) => truthy(old) ? old : value
    : operators[operator.slice(0, -1)]
  return {
    direct: keys !== undefined && given !== undefined
      ? (env, input) => {
        const value = given(env, input)
        return update(input, keys(env, input), (old) => apply(old, value))
      }
      : undefined,
    start: (machine, env, input, where, next) =>
      machine.each(right, env, input, next, (value) => {
        let state = input
        const owned: Owned = new Set()
        eachPath(machine, left, env, input, next, (path) => {
          state = update(state, path, (old) => {
            if (isArray(old) && owned.has(old)) owned.clear()
            return apply(old, value)
          }, owned)
          machine.back()
        }, () => machine.make(next, state, where))
      })
  }
}

/** `path(f)`. */
export const pathsOf = (of: Node): Node =>
  steps((machine, env, input, where, next) =>
    machine.eval(
      of,
      env,
      input,
      Path.root,
      new Continuation(next, (value, place) => machine.make(next, placed(place!, value).keys(), where))
    )
  )

/** `del(f)`. */
export const deleted = (of: Node): Node =>
  steps((machine, env, input, where, next) => {
    const paths: Array<Value> = []
    eachPath(machine, of, env, input, next, (path) => {
      paths.push(path)
      machine.back()
    }, () => machine.make(next, deletePaths(input, paths), where))
  })
