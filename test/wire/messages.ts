/** Every message of the data plane, as the tests enumerate them. */
import type { Codec, Shape } from "../../src/wire/Codec.ts"
import { failureCodec } from "../../src/wire/Failure.ts"
import { helloCodec, welcomeCodec } from "../../src/wire/Handshake.ts"
import * as Operations from "../../src/wire/Operations.ts"

const records = Object.fromEntries(
  Object.entries(Operations).filter(([name]) => name.endsWith("Codec")).map((
    [name, codec]
  ) => [`record ${name}`, codec])
) as Record<string, Codec<any>>

/** Codecs by the name of what they carry; the number of an operation is part of the contract, and so of its name. */
export const codecs: Readonly<Record<string, Codec<any>>> = {
  ...Object.fromEntries(
    Object.values(Operations.all).flatMap(({ code, name, request, response }) => [
      [`${code} ${name} request`, request],
      [`${code} ${name} response`, response]
    ])
  ),
  ...records,
  "0 hello request": helloCodec,
  "0 hello response": welcomeCodec
}

export { failureCodec }

/** A fixed value of a shape; `bare` leaves out all that is optional. */
export const sample = (shape: Shape, bare: boolean, name = "value"): any => {
  switch (shape._tag) {
    case "u8":
      return 0x7f
    case "u16":
      return 0x1234
    case "u32":
      return 0x89abcdef
    case "f64":
      return 1234567.5
    case "bool":
      return true
    case "string":
      return `${name} äß€😀`
    case "bytes":
    case "rest":
      return Uint8Array.of(0, 1, 0x80, 0xff)
    case "literals":
      return shape.values[shape.values.length - 1]
    case "optional":
      return bare ? undefined : sample(shape.of, bare, name)
    case "array":
      return bare ? [] : [sample(shape.of, bare, `${name}0`), sample(shape.of, bare, `${name}1`)]
    case "struct":
      return Object.fromEntries(Object.entries(shape.fields).map(([key, of]) => [key, sample(of, bare, key)]))
  }
}
