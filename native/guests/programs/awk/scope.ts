/** Names of a program: where each has its value, and the arrays among them. */
import type { Definition } from "./ast.ts"
import type { Cell, Frame, Runtime } from "./runtime.ts"
import { Untyped } from "./runtime.ts"
import type { Value } from "./values.ts"
import { AwkArray, Fatal } from "./values.ts"

/** One name. */
export interface Place {
  readonly name: string
  readonly cell: (frame: Frame) => Cell
  readonly put: (frame: Frame, cell: Cell) => void
}

/** The value of a name that is used as one. */
export const scalar = (cell: Cell, name: string): Value => {
  if (cell instanceof AwkArray) throw new Fatal(`attempt to use array \`${name}' in a scalar context`)
  if (!(cell instanceof Untyped)) return cell
  if (cell.array !== undefined) throw new Fatal(`attempt to use array \`${name}' in a scalar context`)
  return undefined
}

export class Scope {
  private readonly slots = new Map<string, number>()

  constructor(
    readonly runtime: Runtime,
    readonly functions: ReadonlyMap<string, Definition>
  ) {}

  /** The place of a name in a function, or outside of all. */
  place(name: string, inside: Definition | undefined): Place {
    if (this.functions.has(name)) throw new Fatal(`function \`${name}' used as a variable`)
    const local = inside?.parameters.indexOf(name) ?? -1
    if (local >= 0) {
      return {
        name,
        cell: (frame) => frame.locals[local],
        put: (frame, cell) => {
          frame.locals[local] = cell
        }
      }
    }
    const slot = this.slot(name)
    const { globals } = this.runtime
    return {
      name,
      cell: () => globals[slot],
      put: (_, cell) => {
        globals[slot] = cell
      }
    }
  }

  private slot(name: string): number {
    let slot = this.slots.get(name)
    if (slot === undefined) {
      this.slots.set(name, slot = this.slots.size)
      this.runtime.globals[slot] ??= undefined
    }
    return slot
  }

  /** The array of a name; one that has been nothing yet becomes one. */
  arrayAt(place: Place): (frame: Frame) => AwkArray {
    return (frame) => {
      const cell = place.cell(frame)
      if (cell instanceof AwkArray) return cell
      if (cell instanceof Untyped) {
        const array = cell.array ?? cell.become(this.runtime.array())
        place.put(frame, array)
        return array
      }
      if (cell !== undefined) throw new Fatal(`attempt to use scalar \`${place.name}' as an array`)
      const array = this.runtime.array()
      place.put(frame, array)
      return array
    }
  }

  /** A global variable as such: what the command line and the environment set. */
  global(name: string): Place {
    return this.place(name, undefined)
  }
}
