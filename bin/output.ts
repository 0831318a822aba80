/** Standard output and error of the command. A slow reader makes the writer wait. */
import * as Effect from "effect/Effect"
import { ExitCode, Failure } from "./exit.ts"

// errors arrive at the writer; without a listener they would end the process besides
process.stdout.on("error", () => {})
process.stderr.on("error", () => {})

const write = (stream: NodeJS.WriteStream, bytes: string | Uint8Array): Effect.Effect<boolean> =>
  Effect.async((resume) => {
    stream.write(bytes, (error) => resume(Effect.succeed(error === undefined || error === null)))
  })

/** Writes to standard output. When nobody reads it any more, the command ends without a word. */
export const toStdout = (bytes: string | Uint8Array): Effect.Effect<void, Failure> =>
  Effect.flatMap(
    write(process.stdout, bytes),
    (written) => written ? Effect.void : Effect.fail(new Failure({ exitCode: ExitCode.brokenPipe, message: "" }))
  )

/** Writes to standard error; that nobody reads it is no failure. */
export const toStderr = (bytes: string | Uint8Array): Effect.Effect<void> => Effect.asVoid(write(process.stderr, bytes))

/** A line of the command's own, marked as such. */
export const say = (line: string): Effect.Effect<void> => toStderr(`agent-os: ${line}\n`)
