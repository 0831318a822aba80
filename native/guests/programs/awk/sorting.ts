/** Orders of arrays: asort, asorti, and `for (key in array)` by PROCINFO["sorted_in"]. */
import type { CallNode } from "./builtins.ts"
import type { Expressions, Run } from "./expressions.ts"
import type { Runtime } from "./runtime.ts"
import type { AwkArray, Value } from "./values.ts"
import { compareValues, Fatal, toNumber } from "./values.ts"

type Entry = readonly [key: string, value: Value]
type Order = (left: Entry, right: Entry) => number

const byText = (left: string, right: string): number => left < right ? -1 : left > right ? 1 : 0

const orders = (runtime: Runtime): Readonly<Record<string, Order>> => {
  const value: Order = ([, left], [, right]) => compareValues(left, right, runtime.text)
  return {
    "@ind_str": ([left], [right]) => byText(left, right),
    "@ind_num": ([left], [right]) => toNumber(left) - toNumber(right) || byText(left, right),
    "@val_str": ([, left], [, right]) => byText(runtime.text(left), runtime.text(right)),
    "@val_num": ([, left], [, right]) =>
      toNumber(left) - toNumber(right) || byText(runtime.text(left), runtime.text(right)),
    // numbers come before texts
    "@val_type": (left, right) => rank(left[1]) - rank(right[1]) || value(left, right)
  }
}

const rank = (value: Value): number =>
  typeof value === "string" || (value instanceof Object && value.number === undefined) ? 1 : 0

/** The entries of an array in a named order; as they were made without one. */
export const inOrder = (runtime: Runtime, array: AwkArray, name: string): Array<Entry> => {
  const entries: Array<Entry> = array.entries()
  if (name === "" || name === "@unsorted") return entries
  const found = /^(@(?:ind|val)_(?:str|num|type))_(asc|desc)$/.exec(name)
  const order = found === null ? undefined : orders(runtime)[found[1]]
  if (order === undefined) {
    throw new Fatal(`sort comparison function \`${name}' is not supported; use one of the @ names`)
  }
  return entries.sort(found![2] === "asc" ? order : (left, right) => order(right, left))
}

/** asort(array [, result [, order]]) and asorti, which sorts the keys. */
export const sorting = (expressions: Expressions, { args, name }: CallNode): Run => {
  const { runtime } = expressions
  const arrays = args.slice(0, 2).map((arg) => {
    if (arg.kind !== "name") throw new Fatal(`${name}: an argument is not an array`)
    return expressions.scope.arrayAt(expressions.scope.place(arg.name, expressions.inside))
  })
  if (arrays.length === 0) throw new Fatal(`${name}: an argument is not an array`)
  const order = args[2] === undefined ? undefined : expressions.compile(args[2])
  return async (frame) => {
    const source = arrays[0](frame)
    const target = (arrays[1] ?? arrays[0])(frame)
    const given = order === undefined ? "" : runtime.text(await order(frame))
    const standard = name === "asort" ? "@val_type_asc" : "@ind_str_asc"
    const entries = inOrder(runtime, source, given === "" ? standard : given)
    target.clear()
    for (const [index, [key, value]] of entries.entries()) target.set(String(index + 1), name === "asort" ? value : key)
    return entries.length
  }
}
