/**
 * What goes wrong in a store of a test.
 *
 * @since 0.1.0
 */

/**
 * A fault of requests that match `method` and `key` (a part of it), for the next `times` of them (default: all):
 *
 * - `status`: an answer with this status and code, and nothing is done
 * - `hang`: nothing is done, and there is no answer
 * - `delay`: an answer that comes late
 * - `lost`: what was asked for is done, and the connection ends without an answer
 * - `cut`: the answer ends in the middle
 * - `short`: the answer has fewer bytes than were asked for, and says so
 * - `garbage`: something else answers
 *
 * @since 0.1.0
 * @category models
 */
export type Fault =
  & {
    readonly method?: "GET" | "PUT" | "DELETE" | undefined
    readonly key?: string | undefined
    readonly times?: number | undefined
  }
  & (
    | { readonly kind: "status"; readonly status: number; readonly code?: string | undefined }
    | { readonly kind: "delay"; readonly milliseconds: number }
    | { readonly kind: "hang" | "lost" | "cut" | "short" | "garbage" }
  )

/**
 * @since 0.1.0
 * @category models
 */
export class FaultList {
  private list: Array<{ readonly fault: Fault; left: number }> = []
  private readonly hanging = new Set<() => void>()

  add(fault: Fault): void {
    this.list.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY })
  }

  /** The first that a request meets, which is then met once less. */
  meet(method: string, key: string): Fault | undefined {
    const found = this.list.find(({ fault }) =>
      (fault.method === undefined || fault.method === method) && (fault.key === undefined || key.includes(fault.key))
    )
    if (found === undefined) return undefined
    if (--found.left <= 0) this.list = this.list.filter((one) => one !== found)
    return found.fault
  }

  /** What hangs, with what cuts it off. */
  hang(cut: () => void): void {
    this.hanging.add(cut)
  }

  clear(): void {
    this.list = []
    for (const cut of this.hanging) cut()
    this.hanging.clear()
  }
}
