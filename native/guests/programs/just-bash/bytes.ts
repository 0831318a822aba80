/**
 * Strings and bytes as just-bash passes them about: text, or "byte strings" whose every character is one byte.
 */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
const encoder = new TextEncoder()

export const encodeUtf8 = (text: string): Uint8Array => encoder.encode(text)

export const decodeUtf8 = (bytes: Uint8Array): string => decoder.decode(bytes)

/** One character per byte. */
export const toByteString = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1")

/** The bytes of a byte string; a string with a character above 255 cannot be one and is encoded as text. */
export const fromByteString = (text: string): Uint8Array => {
  const bytes = new Uint8Array(text.length)
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code > 0xff) return encoder.encode(text)
    bytes[index] = code
  }
  return bytes
}

/** File content in one of the encodings that commands name. */
export const encodeContent = (content: string | Uint8Array, encoding: string | undefined): Uint8Array => {
  // Never a view on a larger buffer: a message would carry the whole of it.
  if (typeof content !== "string") {
    return content.byteLength === content.buffer.byteLength ? content : new Uint8Array(content)
  }
  switch (encoding) {
    case "binary":
    case "latin1":
    case "ascii":
      return fromByteString(content)
    case "base64":
    case "hex":
      return new Uint8Array(Buffer.from(content, encoding))
    default:
      return encoder.encode(content)
  }
}

export const decodeContent = (bytes: Uint8Array, encoding: string | undefined): string => {
  switch (encoding) {
    case "binary":
    case "latin1":
    case "ascii":
      return toByteString(bytes)
    case "base64":
    case "hex":
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(encoding)
    default:
      return decoder.decode(bytes)
  }
}
