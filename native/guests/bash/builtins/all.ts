/** The builtins by name. */
import { bindBuiltins } from "./bind.ts"
import type { Builtin } from "./builtin.ts"
import { completionBuiltins } from "./complete.ts"
import { declareBuiltins } from "./declare.ts"
import { directoryBuiltins } from "./directories.ts"
import { flowBuiltins } from "./flow.ts"
import { historyBuiltins } from "./history.ts"
import { jobBuiltins } from "./jobs.ts"
import { nameBuiltins } from "./names.ts"
import { outputBuiltins } from "./output.ts"
import { readBuiltins } from "./read.ts"
import { settingBuiltins } from "./settings.ts"
import { testBuiltins } from "./test.ts"
import { trapBuiltins } from "./traps.ts"
import { limitBuiltins } from "./ulimit.ts"

let table: ReadonlyMap<string, Builtin> | undefined

/** Made when it is first asked for: builtins run commands, and commands look for builtins. */
const all = (): ReadonlyMap<string, Builtin> =>
  table ??= new Map(Object.entries({
    ...flowBuiltins,
    ...nameBuiltins,
    ...declareBuiltins,
    ...directoryBuiltins,
    ...jobBuiltins,
    ...outputBuiltins,
    ...readBuiltins,
    ...settingBuiltins,
    ...testBuiltins,
    ...trapBuiltins,
    ...limitBuiltins,
    ...historyBuiltins,
    ...completionBuiltins,
    ...bindBuiltins
  }))

export const builtins = {
  get: (name: string): Builtin | undefined => all().get(name),
  has: (name: string): boolean => all().has(name),
  names: (): Array<string> => Array.from(all().keys()).sort()
}
