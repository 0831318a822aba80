/** The words of a line as the history counts them: operators are words, and what is quoted belongs to one. */

const operator = /^(?:<<<|<<-|<<|&>>|<&|>&|<>|>>|>\||&>|&&|\|\||\|&|;;&|;;|;&|[<>|;&()])/

const quoted = (line: string, at: number): number => {
  const quote = line[at]
  let end = at + 1
  while (end < line.length && line[end] !== quote) end += line[end] === "\\" && quote !== "'" ? 2 : 1
  return Math.min(end + 1, line.length)
}

/** To the bracket that closes the one at `at`. */
const bracketed = (line: string, at: number): number => {
  let depth = 0
  let end = at
  while (end < line.length) {
    const char = line[end]
    if (char === "\\") end++
    else if (char === "'" || char === "\"") {
      end = quoted(line, end)
      continue
    } else if (char === "(") depth++
    else if (char === ")" && --depth === 0) return end + 1
    end++
  }
  return line.length
}

const wordEnd = (line: string, start: number): number => {
  let at = start
  while (at < line.length) {
    const char = line[at]
    if (/\s/.test(char)) break
    if (char === "\\") at += 2
    else if (char === "'" || char === "\"" || char === "`") at = quoted(line, at)
    else if (/[$<>]/.test(char) && line[at + 1] === "(") at = bracketed(line, at + 1)
    else if (/[<>|;&()]/.test(char)) break
    else at++
  }
  return Math.min(at, line.length)
}

export const tokenize = (line: string): ReadonlyArray<string> => {
  const words: Array<string> = []
  let at = 0
  while (at < line.length) {
    if (/\s/.test(line[at])) {
      at++
      continue
    }
    const found = /^[<>]\(/.test(line.slice(at, at + 2)) ? null : operator.exec(line.slice(at, at + 3))
    const descriptor = found === null ? /^\d+(?=[<>])/.exec(line.slice(at, at + 8)) : null
    const end = found !== null
      ? at + found[0].length
      : descriptor !== null
      ? at + descriptor[0].length +
        (operator.exec(line.slice(at + descriptor[0].length, at + descriptor[0].length + 3))?.[0].length ?? 0)
      : Math.max(at + 1, wordEnd(line, at))
    words.push(line.slice(at, end))
    at = end
  }
  return words
}
