/** Lengths of names and paths, which Linux counts in bytes. */

/** The number of bytes of `text` in UTF-8; an unpaired surrogate counts as the replacement character. */
export const utf8Length = (text: string): number => {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    if (unit < 0x800) {
      bytes += 1
    } else if (unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      // A pair: two units, four bytes.
      bytes += 2
      i++
    } else {
      bytes += 2
    }
  }
  return bytes
}

/** Whether `text` takes more than `limit` bytes; looks at its characters only when that is in doubt. */
export const exceeds = (text: string, limit: number): boolean =>
  text.length > limit || (text.length * 3 > limit && utf8Length(text) > limit)

/** Whether every surrogate of `text` is one of a pair, so that encoding it loses nothing. */
export const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text)

/** The same text in storage of its own: a slice would keep the whole string alive that it was cut from. */
export const detach = (text: string): string => (text.length < 13 ? text : ` ${text}`.slice(1))

/** Order by UTF-16 code units. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
