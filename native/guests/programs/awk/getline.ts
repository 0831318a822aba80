/** getline, in its forms. */
import type { Expression } from "./ast.ts"
import type { Assignable, Expressions, Run } from "./expressions.ts"
import type { Records } from "./records.ts"
import type { Frame, Pending } from "./runtime.ts"
import { when } from "./runtime.ts"
import { Input } from "./values.ts"

type Node = Extract<Expression, { kind: "getline" }>

/** 1 for a record, 0 at the end, -1 when it cannot be read. */
export const readInto = (expressions: Expressions, node: Node): Run => {
  const { runtime } = expressions
  const target = node.target === undefined ? undefined : expressions.target(node.target)
  const put = (frame: Frame, target: Assignable, text: string): Pending<number> =>
    when(target.key(frame), (at) => {
      target.put(frame, at, new Input(text))
      return 1
    })
  if (node.from === "input") {
    return (frame) =>
      when(runtime.input.next(), (text) => {
        if (text === undefined) return 0
        if (target !== undefined) {
          runtime.nr++
          runtime.fnr++
          return put(frame, target, text)
        }
        runtime.take(text, runtime.rt)
        return 1
      })
  }
  const source = expressions.compile(node.source!)
  const isCommand = node.from === "command"
  const from = async (frame: Frame, records: Records | undefined): Promise<number> => {
    if (records === undefined) return -1
    try {
      const text = await records.next(runtime.terminator)
      if (text === undefined) return 0
      runtime.rt = records.terminator
      if (isCommand) {
        runtime.nr++
        runtime.fnr++
      }
      if (target !== undefined) return await put(frame, target, text)
      runtime.record.set(text)
      return 1
    } catch (error) {
      // a directory, for one
      runtime.context.reason(error)
      return -1
    }
  }
  return (frame) =>
    when(source(frame), async (value) => {
      const name = runtime.text(value)
      return from(frame, await (isCommand ? runtime.streams.command(name) : runtime.streams.file(name)))
    })
}
