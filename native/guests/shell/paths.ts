/** Paths by text alone, as a shell joins them: `.` and `..` are resolved without looking at the filesystem. */
export const resolvePath = (base: string, path: string): string => {
  const whole = path.startsWith("/") ? path : `${base}/${path}`
  const isClean = whole.startsWith("/") && !whole.includes("//") && !whole.includes("/.")
  if (isClean && (whole === "/" || !whole.endsWith("/"))) return whole
  const parts: Array<string> = []
  for (const part of whole.split("/")) {
    if (part === "..") parts.pop()
    else if (part !== "" && part !== ".") parts.push(part)
  }
  return `/${parts.join("/")}`
}
