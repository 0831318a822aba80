/** Paths of programs, as they are handed to the kernel. */

/** Whether a path may have names to drop: `.`, or nothing between two slashes. */
const isPlain = (path: string): boolean => !path.includes("//") && !path.includes("/./")

/**
 * An absolute path that leads where `path` leads from `base`. Only what never says where a path leads is dropped: doubled
 * slashes, and `.` before another name. What `..` means depends on links on the way, and a slash or `.` at the end on what
 * is there: those are for the kernel to decide, as path_resolution(7) has it. No path at all remains none.
 */
export const resolvePath = (base: string, path: string): string => {
  if (path === "") return ""
  const whole = path.startsWith("/") ? path : base.endsWith("/") ? base + path : `${base}/${path}`
  if (isPlain(whole)) return whole
  const names = whole.split("/").filter((name) => name !== "")
  const kept = names.filter((name, at) => name !== "." || at === names.length - 1)
  return kept.length > 0 && whole.endsWith("/") ? `/${kept.join("/")}/` : `/${kept.join("/")}`
}

/** A path by its text alone, as `cd` and the like go by it: `..` takes away the name before it, whatever that is. */
export const foldPath = (base: string, path: string): string => {
  const whole = path.startsWith("/") ? path : `${base}/${path}`
  const isFolded = whole.startsWith("/") && !whole.includes("//") && !whole.includes("/.")
  if (isFolded && (whole === "/" || !whole.endsWith("/"))) return whole
  const parts: Array<string> = []
  for (const part of whole.split("/")) {
    if (part === "..") parts.pop()
    else if (part !== "" && part !== ".") parts.push(part)
  }
  return `/${parts.join("/")}`
}
