/** The paths that a program is started by, for rules that are about one of them. */
import { normalize } from "../../../src/Paths.ts"
import { join } from "../filesystem/guard.ts"

/** The base image has each program of its own in both places. */
const twins = (name: string, path: string): ReadonlyArray<string> =>
  path === `/bin/${name}` ? [`/usr/bin/${name}`] : path === `/usr/bin/${name}` ? [`/bin/${name}`] : []

/**
 * A path as it was given, by its text alone, with its directories where they are while its last name stays, and without
 * any link: no `..` and no link on the way hides a program from a rule about it.
 */
export const spellings = (name: string, path: string, realpath: (path: string) => string): ReadonlySet<string> => {
  const slash = path.lastIndexOf("/")
  const folded = normalize(path)
  const placed = slash <= 0 ? path : join(realpath(path.slice(0, slash)), path.slice(slash + 1))
  return new Set([path, folded, placed, realpath(path), ...twins(name, folded), ...twins(name, placed)])
}
