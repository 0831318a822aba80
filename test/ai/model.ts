/** A language model that says what a test lets it say. */
import type * as AiError from "@effect/ai/AiError"
import * as LanguageModel from "@effect/ai/LanguageModel"
import type * as Prompt from "@effect/ai/Prompt"
import type * as Response from "@effect/ai/Response"
import * as AiTool from "@effect/ai/Tool"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"

/** What the model is given in one turn. */
export interface Turn {
  readonly prompt: Prompt.Prompt
  readonly tools: ReadonlyArray<{ readonly name: string; readonly schema: unknown }>
  /** The results of the calls of the turn before. */
  readonly results: ReadonlyArray<{ readonly name: string; readonly isFailure: boolean; readonly result: unknown }>
}

export const call = (name: string, params: unknown, id = `call-${name}`): Response.PartEncoded => ({
  type: "tool-call",
  id,
  name,
  params
})

export const say = (text: string): Response.PartEncoded => ({ type: "text", text })

const resultsOf = (prompt: Prompt.Prompt): Turn["results"] =>
  (prompt.content.at(-1)?.role === "tool" ? prompt.content.at(-1)! : { content: [] as ReadonlyArray<never> })
    .content.valueOf() as any

/** A model whose turns are the steps of a script, in order. It dies when it is asked for more. */
export const scripted = (
  ...script: ReadonlyArray<(turn: Turn) => ReadonlyArray<Response.PartEncoded>>
): Layer.Layer<LanguageModel.LanguageModel> =>
  Layer.effect(
    LanguageModel.LanguageModel,
    Effect.suspend(() => {
      let at = 0
      return LanguageModel.make({
        generateText: ({ prompt, tools }) =>
          Effect.sync((): Array<Response.PartEncoded> => {
            const step = script[at++]
            if (step === undefined) throw new Error("the script of the model is over")
            return [
              ...step({
                prompt,
                tools: tools.map((tool) => ({ name: tool.name, schema: AiTool.getJsonSchema(tool as any) })),
                results: resultsOf(prompt)
              })
            ]
          }) as Effect.Effect<Array<Response.PartEncoded>, AiError.AiError>,
        streamText: () => Stream.dieMessage("not scripted")
      })
    })
  )
