/** stty: the settings of a terminal, in GNU's words. */
import { openForReading } from "../../bash/interpret/open.ts"
import type { OpenFile } from "../../bash/io/open-file.ts"
import {
  type CharacterName,
  defaultCharacters,
  defaultSettings,
  flagGroups,
  type TerminalSettings,
  withFlags
} from "../../bash/terminal/settings.ts"
import { TerminalFile } from "../../bash/terminal/terminal-file.ts"
import type { Program, ProgramContext } from "../program.ts"
import { Informed, ProgramFailure } from "../program.ts"

const allFlags: ReadonlySet<string> = new Set(flagGroups.flat())
/** Other names of flags. */
const aliases: Readonly<Record<string, string>> = {
  hup: "hupcl",
  crterase: "echoe",
  crtkill: "echoke",
  ctlecho: "echoctl",
  prterase: "echoprt",
  tandem: "ixoff"
}
const characterNames = Object.keys(defaultCharacters) as ReadonlyArray<CharacterName>
const sizes = ["cs5", "cs6", "cs7", "cs8"] as const
const delayNames = ["nl", "cr", "tab", "bs", "vt", "ff"] as const

/** Settings that stand for several, and what their negation stands for. */
const combinations: Readonly<Record<string, (settings: TerminalSettings, on: boolean) => TerminalSettings>> = {
  raw: (settings, on) => on ? raw(settings) : cooked(settings),
  cooked: (settings, on) => on ? cooked(settings) : raw(settings),
  cbreak: (settings, on) => withFlags(settings, on ? [] : ["icanon"], on ? ["icanon"] : []),
  nl: (settings, on) => withFlags(settings, on ? [] : ["icrnl", "onlcr"], on ? ["icrnl", "onlcr"] : ["inlcr", "igncr"]),
  ek: (settings) => withCharacters(settings, { erase: defaultCharacters.erase, kill: defaultCharacters.kill }),
  decctlq: (settings, on) => withFlags(settings, on ? [] : ["ixany"], on ? ["ixany"] : []),
  litout: (settings, on) =>
    on
      ? withFlags({ ...settings, size: "cs8" }, [], ["parenb", "istrip", "opost"])
      : withFlags({ ...settings, size: "cs7" }, ["parenb", "istrip", "opost"]),
  pass8: (settings, on) =>
    on
      ? withFlags({ ...settings, size: "cs8" }, [], ["parenb", "istrip"])
      : withFlags({ ...settings, size: "cs7" }, ["parenb", "istrip"]),
  evenp: (settings, on) => parity(settings, on, false),
  parity: (settings, on) => parity(settings, on, false),
  oddp: (settings, on) => parity(settings, on, true),
  lcase: (settings, on) =>
    withFlags(settings, on ? ["xcase", "iuclc", "olcuc"] : [], on ? [] : ["xcase", "iuclc", "olcuc"]),
  crt: (settings) => withFlags(settings, ["echoe", "echoctl", "echoke"]),
  dec: (settings) =>
    withFlags(
      withCharacters(settings, { intr: 3, erase: 0x7f, kill: 0x15 }),
      ["echoe", "echoctl", "echoke"],
      ["ixany"]
    ),
  sane: (settings) => {
    const utf8 = settings.flags.has("iutf8")
    return withFlags({ ...sane, speed: settings.speed }, utf8 ? ["iutf8"] : [], utf8 ? [] : ["iutf8"])
  }
}

const withCharacters = (
  settings: TerminalSettings,
  characters: Partial<TerminalSettings["characters"]>
): TerminalSettings => ({ ...settings, characters: { ...settings.characters, ...characters } })

const inputFlags = [
  "ignbrk",
  "brkint",
  "ignpar",
  "parmrk",
  "inpck",
  "istrip",
  "inlcr",
  "igncr",
  "icrnl",
  "ixon",
  "ixoff",
  "ixany",
  "imaxbel",
  "iuclc",
  "icanon",
  "isig",
  "opost",
  "xcase"
]

const raw = (settings: TerminalSettings): TerminalSettings => ({
  ...withFlags(settings, [], inputFlags),
  min: 1,
  time: 0
})

const cooked = (settings: TerminalSettings): TerminalSettings =>
  withFlags(settings, ["brkint", "ignpar", "istrip", "icrnl", "ixon", "opost", "isig", "icanon"])

const parity = (settings: TerminalSettings, on: boolean, odd: boolean): TerminalSettings =>
  on
    ? withFlags({ ...settings, size: "cs7" }, odd ? ["parenb", "parodd"] : ["parenb"], odd ? [] : ["parodd"])
    : withFlags({ ...settings, size: "cs8" }, [], ["parenb"])

const sane: TerminalSettings = withFlags(defaultSettings, ["brkint", "imaxbel"])

// --- shown -------------------------------------------------------------------------------------------------------------

const visible = (byte: number | undefined): string => {
  if (byte === undefined) return "<undef>"
  const meta = byte >= 0x80 ? "M-" : ""
  const low = byte & 0x7f
  return meta + (low < 32 ? `^${String.fromCharCode(low + 64)}` : low === 0x7f ? "^?" : String.fromCharCode(low))
}

/** Words on lines that are not longer than the screen is wide. */
const wrapped = (words: ReadonlyArray<string>, separator: string, width: number): string => {
  const lines: Array<string> = []
  let line = ""
  for (const word of words) {
    const longer = line === "" ? word : line + separator + word
    if (line !== "" && longer.length >= width) {
      lines.push(line + separator.trimEnd())
      line = word
    } else line = longer
  }
  if (line !== "") lines.push(line)
  return lines.map((each) => `${each}\n`).join("")
}

interface Window {
  readonly rows: number
  readonly columns: number
}

const flagWords = (settings: TerminalSettings, group: number): ReadonlyArray<string> => {
  const words = flagGroups[group].map((name) => settings.flags.has(name) ? name : `-${name}`)
  if (group === 0) words.splice(3, 0, settings.size)
  if (group === 2) words.push(...delayNames.map((name) => `${name}${settings.delays[name]}`))
  return words
}

const everything = (settings: TerminalSettings, { columns, rows }: Window): string => {
  const width = columns > 0 ? columns : 80
  const characters = characterNames.map((name) => `${name} = ${visible(settings.characters[name])};`)
  return wrapped([`speed ${settings.speed} baud;`, `rows ${rows};`, `columns ${columns};`, "line = 0;"], " ", width)
    + wrapped([...characters, `min = ${settings.min};`, `time = ${settings.time};`], " ", width)
    + flagGroups.map((_, group) => wrapped(flagWords(settings, group), " ", width)).join("")
}

/** What is not as in a sane terminal. */
const changes = (settings: TerminalSettings, { columns }: Window): string => {
  const width = columns > 0 ? columns : 80
  const characters = characterNames.filter((name) => settings.characters[name] !== sane.characters[name])
    .map((name) => `${name} = ${visible(settings.characters[name])};`)
  const lines = settings.flags.has("icanon") ? [] : [`min = ${settings.min};`, `time = ${settings.time};`]
  const flags = flagGroups.map((group) =>
    wrapped(
      group.filter((name) => settings.flags.has(name) !== sane.flags.has(name)).map((name) =>
        settings.flags.has(name) ? name : `-${name}`
      ),
      " ",
      width
    )
  )
  return `speed ${settings.speed} baud; line = 0;\n` + wrapped([...characters, ...lines], " ", width) + flags.join("")
}

/** For a later `stty`. */
const saved = (settings: TerminalSettings): string => {
  const bits = flagGroups.map((group) =>
    group.reduce((value, name, index) => settings.flags.has(name) ? value | (1 << index) : value, 0).toString(16)
  )
  const [controls, input, output, local] = bits
  const characters = characterNames.map((name) => (settings.characters[name] ?? 0).toString(16))
  return [input, output, controls, local, settings.min.toString(16), settings.time.toString(16), ...characters].join(
    ":"
  )
}

const restored = (settings: TerminalSettings, text: string): TerminalSettings | undefined => {
  if (!/^[0-9a-f]+(:[0-9a-f]+)+$/.test(text)) return undefined
  const values = text.split(":").map((part) => Number.parseInt(part, 16))
  if (values.length !== 6 + characterNames.length) return undefined
  const [input, output, controls, local, min, time, ...bytes] = values
  const flags = new Set(
    [controls, input, output, local].flatMap((value, group) =>
      flagGroups[group].filter((_, index) => (value & (1 << index)) !== 0)
    )
  )
  const characters = Object.fromEntries(
    characterNames.map((name, index) => [name, bytes[index] === 0 ? undefined : bytes[index] & 0xff])
  ) as unknown as TerminalSettings["characters"]
  return { ...settings, flags, characters, min: min & 0xff, time: time & 0xff }
}

// --- set ---------------------------------------------------------------------------------------------------------------

const byteOf = (context: ProgramContext, text: string): number | undefined => {
  if (text === "undef" || text === "^-" || text === "") return undefined
  if (/^\^.$/.test(text)) return text[1] === "?" ? 0x7f : text.charCodeAt(1) & 0x1f
  const bytes = Buffer.from(text)
  if (bytes.length === 1 && !/^\d$/.test(text)) return bytes[0]
  return numberOf(context, text, 255)
}

const numberOf = (context: ProgramContext, text: string, most: number): number => {
  const value = /^0x[0-9a-f]+$/i.test(text)
    ? Number.parseInt(text, 16)
    : /^0[0-7]*$/.test(text)
    ? Number.parseInt(text, 8)
    : /^\d+$/.test(text)
    ? Number(text)
    : Number.NaN
  if (Number.isNaN(value)) throw new ProgramFailure(`invalid integer argument: ${context.quote(text)}`)
  if (value > most) {
    throw new ProgramFailure(`invalid integer argument: ${context.quote(text)}: Value too large for defined data type`)
  }
  return value
}

interface Change {
  settings: TerminalSettings
  window: Window
  readonly shown: Array<string>
}

const withValue = new Set<string>([
  ...characterNames,
  "min",
  "time",
  "rows",
  "cols",
  "columns",
  "ispeed",
  "ospeed",
  "line"
])

/** Applies a setting that has a value. */
const setValue = (context: ProgramContext, change: Change, name: string, text: string): void => {
  const { settings, window } = change
  if ((characterNames as ReadonlyArray<string>).includes(name)) {
    change.settings = withCharacters(settings, { [name]: byteOf(context, text) })
  } else if (name === "min" || name === "time") {
    change.settings = { ...settings, [name]: numberOf(context, text, 255) }
  } else if (name === "rows") change.window = { ...window, rows: numberOf(context, text, 65_535) }
  else if (name === "cols" || name === "columns") {
    change.window = { ...window, columns: numberOf(context, text, 65_535) }
  } else if (name !== "line") change.settings = { ...settings, speed: numberOf(context, text, 4_000_000) }
}

const apply = (context: ProgramContext, change: Change, words: ReadonlyArray<string>): void => {
  for (let at = 0; at < words.length; at++) {
    const word = words[at]
    const on = !word.startsWith("-")
    const name = on ? word : word.slice(1)
    const flag = aliases[name] ?? name
    const delay = /^(nl|cr|tab|bs|vt|ff)([0-3])$/.exec(name)
    if (allFlags.has(flag)) change.settings = withFlags(change.settings, on ? [flag] : [], on ? [] : [flag])
    else if (Object.hasOwn(combinations, name)) change.settings = combinations[name](change.settings, on)
    else if (on && withValue.has(name)) {
      if (at + 1 === words.length) {
        throw new ProgramFailure(`missing argument to ${context.quote(name)}\nTry 'stty --help' for more information.`)
      }
      setValue(context, change, name, words[++at])
    } else if (name === "tabs") change.settings = withDelay(change.settings, "tab", on ? 0 : 3)
    else if (on && delay !== null) change.settings = withDelay(change.settings, delay[1], Number(delay[2]))
    else if (on && (sizes as ReadonlyArray<string>).includes(name)) {
      change.settings = { ...change.settings, size: name as (typeof sizes)[number] }
    } else if (on && name === "size") change.shown.push(`${change.window.rows} ${change.window.columns}\n`)
    else if (on && name === "speed") change.shown.push(`${change.settings.speed}\n`)
    else if (on && /^\d+$/.test(name)) change.settings = { ...change.settings, speed: Number(name) }
    else {
      const settings = restored(change.settings, word)
      if (settings === undefined) {
        throw new ProgramFailure(
          `invalid argument ${context.quote(word)}\nTry 'stty --help' for more information.`
        )
      }
      change.settings = settings
    }
  }
}

const withDelay = (settings: TerminalSettings, name: string, value: number): TerminalSettings => ({
  ...settings,
  delays: { ...settings.delays, [name]: value }
})

interface Line {
  readonly device: string | undefined
  readonly all: boolean
  readonly save: boolean
  readonly words: ReadonlyArray<string>
}

const parse = (args: ReadonlyArray<string>): Line => {
  let device: string | undefined
  let all = false
  let save = false
  const words: Array<string> = []
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]
    if (arg === "--help" || arg === "--version") {
      throw new Informed(arg === "--help" ? "help" : "version", { short: "" })
    }
    if (arg === "-a" || arg === "--all") all = true
    else if (arg === "-g" || arg === "--save") save = true
    else if (arg === "-F" || arg === "--file") device = args[++at]
    else if (arg.startsWith("--file=")) device = arg.slice(7)
    else if (/^-F./.test(arg)) device = arg.slice(2)
    else words.push(arg)
  }
  return { device, all, save, words }
}

const terminalOf = (file: OpenFile | undefined, name: string): TerminalFile["terminal"] => {
  if (file instanceof TerminalFile) return file.terminal
  throw new ProgramFailure(
    file === undefined ? `${name}: Bad file descriptor` : `${name}: Inappropriate ioctl for device`
  )
}

export const stty: Program = async (context) => {
  const { all, device, save, words } = parse(context.args)
  const clash = "the options for verbose and stty-readable output styles are\nmutually exclusive"
  if (all && save) throw new ProgramFailure(clash)
  if ((all || save) && words.length > 0) {
    throw new ProgramFailure("when specifying an output style, modes may not be set")
  }
  const opened = device === undefined
    ? undefined
    : await openForReading({ ...context.exec, process: context.process }, device)
  try {
    const name = device === undefined ? "'standard input'" : device
    const terminal = terminalOf(opened ?? context.process.descriptors.get(0), name)
    const { columns, rows, settings } = terminal
    if (save) await context.stdout.line(saved(settings))
    else if (words.length === 0) {
      await context.stdout.write(all ? everything(settings, { columns, rows }) : changes(settings, { columns, rows }))
    }
    const change: Change = { settings, window: { columns, rows }, shown: [] }
    apply(context, change, words)
    if (change.settings !== settings) await terminal.configure(context.process, change.settings)
    terminal.resize(change.window.columns, change.window.rows)
    for (const text of change.shown) await context.stdout.write(text)
    return 0
  } finally {
    void opened?.release()
  }
}
