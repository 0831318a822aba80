/**
 * Paths of a guest: POSIX algebra and the guards that run before a path reaches the kernel. Pure functions on strings.
 *
 * @since 0.1.0
 */
import { PathError } from "./errors/PathError.ts"

const SLASH = 47
const DOT = 46

/**
 * Collapses `.`, `..` and repeated separators, as POSIX `normalize` of Node does: a trailing slash survives, `..` above
 * the root of an absolute path is dropped, and an empty path is `"."`.
 *
 * @since 0.1.0
 * @category combinators
 */
export const normalize = (path: string): string => {
  if (path === "") {
    return "."
  }
  const absolute = path.charCodeAt(0) === SLASH
  const segments: Array<string> = []
  for (const part of path.split("/")) {
    if (part === "" || part === ".") {
      continue
    }
    if (part !== "..") {
      segments.push(part)
    } else if (segments.length > 0 && segments[segments.length - 1] !== "..") {
      segments.pop()
    } else if (!absolute) {
      segments.push("..")
    }
  }
  const trailing = path.charCodeAt(path.length - 1) === SLASH ? "/" : ""
  if (segments.length === 0) {
    return absolute ? "/" : `.${trailing}`
  }
  return `${absolute ? "/" : ""}${segments.join("/")}${trailing}`
}

/**
 * Whether an absolute path equals its normal form. Same answer as `normalize(path) === path`, without building it: the
 * guards run on every call.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isNormalizedAbsolute = (path: string): boolean => {
  if (path.charCodeAt(0) !== SLASH) {
    return false
  }
  let start = 1
  while (start < path.length) {
    const slash = path.indexOf("/", start)
    const end = slash === -1 ? path.length : slash
    const length = end - start
    if (length === 0 || (length <= 2 && path.charCodeAt(start) === DOT && path.charCodeAt(end - 1) === DOT)) {
      return false
    }
    start = end + 1
  }
  return true
}

/**
 * The safe guard: the path must be absolute, then normalized. `undefined` means that it passed.
 *
 * @since 0.1.0
 * @category guards
 */
export const checkSafe = (path: string): PathError | undefined => {
  if (path.charCodeAt(0) !== SLASH) {
    return new PathError({ reason: "NotAbsolute", path })
  }
  return isNormalizedAbsolute(path) ? undefined : new PathError({ reason: "NotNormalized", path })
}

/**
 * The writable guard: the safe guard, then `/proc` and everything below it is read-only. Used by `writeFile`,
 * `writeFiles`, recursive `mkdir` and whatever else creates on the caller's behalf. The non-recursive `mkdir` runs the
 * safe guard only, and the kernel answers for `/proc`.
 *
 * @since 0.1.0
 * @category guards
 */
export const checkWritable = (path: string): PathError | undefined =>
  checkSafe(path) ?? (
    path === "/proc" || path.startsWith("/proc/") ? new PathError({ reason: "ReadOnly", path }) : undefined
  )

// The end of a path without its trailing slashes; at least 1, so that "/" stays a path.
const trimmedEnd = (path: string): number => {
  let end = path.length
  while (end > 1 && path.charCodeAt(end - 1) === SLASH) {
    end--
  }
  return end
}

/**
 * The path of the parent directory of a normalized path, as POSIX `dirname`: a trailing slash does not count.
 *
 * @since 0.1.0
 * @category combinators
 */
export const dirname = (path: string): string => {
  const slash = path.lastIndexOf("/", trimmedEnd(path) - 1)
  if (slash <= 0) {
    return slash === 0 ? "/" : "."
  }
  return path.slice(0, slash)
}

/**
 * The last name of a path, as POSIX `basename`: trailing slashes do not count, and the root has none.
 *
 * @since 0.1.0
 * @category combinators
 */
export const basename = (path: string): string => {
  const end = trimmedEnd(path)
  return path.slice(path.lastIndexOf("/", end - 1) + 1, end)
}

/**
 * The path of an entry of a directory. The root does not double its slash.
 *
 * @since 0.1.0
 * @category combinators
 */
export const joinChild = (directory: string, name: string): string =>
  directory === "/" ? `/${name}` : `${directory}/${name}`
