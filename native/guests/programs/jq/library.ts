/** All that a script can call. */
import { applied } from "./access.ts"
import type { Library } from "./compile.ts"
import type { Surroundings } from "./forms.ts"
import { formNamed, formNames } from "./forms.ts"
import { functionNamed, functionNames } from "./functions.ts"
import { mathFunction } from "./math.ts"
import { constant } from "./nodes.ts"
import { preludeDefinition, preludeNames } from "./prelude.ts"
import type { Value } from "./values.ts"

const builtins = (): ReadonlyArray<string> =>
  Array.from(new Set([...formNames, ...functionNames, ...preludeNames(), "builtins/0"]))

export const library = (variables: ReadonlyMap<string, Value>, around: Surroundings): Library => ({
  form: (name, args) => {
    const form = formNamed(name, args, around)
    if (form !== undefined) return form
    if (name === "builtins" && args.length === 0) return applied([], builtins)
    const apply = functionNamed(name, args.length) ?? mathFunction(name, args.length)
    return apply === undefined ? undefined : applied(args, apply)
  },
  source: preludeDefinition,
  variable: (name) => {
    const value = variables.get(name)
    return value === undefined ? undefined : constant(value)
  }
})
