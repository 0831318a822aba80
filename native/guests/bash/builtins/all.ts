/** The builtins by name. */
import type { Builtin } from "./builtin.ts"
import { flowBuiltins } from "./flow.ts"
import { nameBuiltins } from "./names.ts"
import { declareBuiltins } from "./declare.ts"
import { directoryBuiltins } from "./directories.ts"
import { jobBuiltins } from "./jobs.ts"
import { outputBuiltins } from "./output.ts"
import { readBuiltins } from "./read.ts"
import { settingBuiltins } from "./settings.ts"
import { testBuiltins } from "./test.ts"
import { trapBuiltins } from "./traps.ts"

export const builtins: ReadonlyMap<string, Builtin> = new Map(Object.entries({
  ...flowBuiltins,
  ...nameBuiltins,
  ...declareBuiltins,
  ...directoryBuiltins,
  ...jobBuiltins,
  ...outputBuiltins,
  ...readBuiltins,
  ...settingBuiltins,
  ...testBuiltins,
  ...trapBuiltins
}))
