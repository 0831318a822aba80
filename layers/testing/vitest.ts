/**
 * The matchers, for vitest: a module that is imported for what it does. It adds them to `expect`, and to its type. `vitest` is
 * an optional peer of this package.
 *
 * ```ts
 * import "effect-agent-os/testing/vitest"
 *
 * expect(yield* processes.exec("sort names")).toPrint("Ada\nBob\n")
 * ```
 *
 * Once is enough: in a file of `setupFiles` it is there for all tests, and TypeScript has it in all files that are compiled
 * with that one.
 *
 * @since 0.1.0
 */
import { expect } from "vitest"
import * as Matchers from "./Matchers.ts"

expect.extend(Matchers.matchers)

declare module "vitest" {
  // the name of the parameter has to be that of vitest
  // eslint-disable-next-line @typescript-eslint/no-unused-vars
  interface Matchers<T = any> extends Matchers.Expectations {}
}
