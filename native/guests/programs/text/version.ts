/** Names and numbers of versions in their natural order, as GNU's filevercmp puts them. */

const isDigit = (code: number): boolean => code >= 48 && code <= 57

/** `~` before the end, the end before letters, letters before everything else. */
const order = (text: string, at: number): number => {
  if (at >= text.length) return -1
  const code = text.charCodeAt(at)
  if (isDigit(code)) return 0
  if ((code >= 65 && code <= 90) || (code >= 97 && code <= 122)) return code
  return code === 126 ? -2 : code + 256
}

const compareParts = (left: string, right: string): number => {
  let i = 0
  let j = 0
  while (i < left.length || j < right.length) {
    while (
      (i < left.length && !isDigit(left.charCodeAt(i))) || (j < right.length && !isDigit(right.charCodeAt(j)))
    ) {
      const difference = order(left, i) - order(right, j)
      if (difference !== 0) return difference
      i++
      j++
    }
    while (left[i] === "0") i++
    while (right[j] === "0") j++
    const [from, to] = [i, j]
    while (i < left.length && isDigit(left.charCodeAt(i))) i++
    while (j < right.length && isDigit(right.charCodeAt(j))) j++
    if (i - from !== j - to) return (i - from) - (j - to)
    const [a, b] = [left.slice(from, i), right.slice(to, j)]
    if (a !== b) return a < b ? -1 : 1
  }
  return 0
}

/** The name without its suffixes: `.tar.gz` of `a-1.tar.gz`. */
const stem = (name: string): string => name.replace(/(?:\.[A-Za-z~][A-Za-z0-9~]*)*$/, "")

export const compareVersions = (left: string, right: string): number => {
  if (left === right) return 0
  for (const special of ["", ".", ".."]) {
    if (left === special) return -1
    if (right === special) return 1
  }
  if (left.startsWith(".") !== right.startsWith(".")) return left.startsWith(".") ? -1 : 1
  const [a, b] = left.startsWith(".") ? [left.slice(1), right.slice(1)] : [left, right]
  return compareParts(stem(a), stem(b)) || compareParts(a, b)
}
