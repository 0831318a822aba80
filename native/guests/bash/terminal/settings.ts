/** The settings of a terminal, as termios(3) has them. Plain data: a change makes another value. */

export type CharacterName =
  | "intr"
  | "quit"
  | "erase"
  | "kill"
  | "eof"
  | "eol"
  | "eol2"
  | "swtch"
  | "start"
  | "stop"
  | "susp"
  | "rprnt"
  | "werase"
  | "lnext"
  | "discard"

export interface TerminalSettings {
  /** The names, as stty(1) has them, of what is on. */
  readonly flags: ReadonlySet<string>
  /** The bytes with a meaning; one that is undefined has none. */
  readonly characters: Readonly<Record<CharacterName, number | undefined>>
  /** Of reads that do not go by lines: bytes to wait for, and tenths of a second to wait for more. */
  readonly min: number
  readonly time: number
  /** Bits of a character, and the speed. They mean nothing here. */
  readonly size: "cs5" | "cs6" | "cs7" | "cs8"
  readonly speed: number
  /** Delays, by name of their kind. Of these only `tab3` does something. */
  readonly delays: Readonly<Record<"nl" | "cr" | "tab" | "bs" | "vt" | "ff", number>>
}

/** Flags in the order in which `stty -a` shows them; those of a group stand on a line of their own. */
export const flagGroups: ReadonlyArray<ReadonlyArray<string>> = [
  ["parenb", "parodd", "cmspar", "hupcl", "cstopb", "cread", "clocal", "crtscts"],
  [
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
    "iuclc",
    "ixany",
    "imaxbel",
    "iutf8"
  ],
  ["opost", "olcuc", "ocrnl", "onlcr", "onocr", "onlret", "ofill", "ofdel"],
  [
    "isig",
    "icanon",
    "iexten",
    "echo",
    "echoe",
    "echok",
    "echonl",
    "noflsh",
    "xcase",
    "tostop",
    "echoprt",
    "echoctl",
    "echoke",
    "flusho",
    "extproc"
  ]
]

const control = (letter: string): number => letter.charCodeAt(0) & 0x1f

export const defaultCharacters: TerminalSettings["characters"] = {
  intr: control("C"),
  quit: control("\\"),
  erase: 0x7f,
  kill: control("U"),
  eof: control("D"),
  eol: undefined,
  eol2: undefined,
  swtch: undefined,
  start: control("Q"),
  stop: control("S"),
  susp: control("Z"),
  rprnt: control("R"),
  werase: control("W"),
  lnext: control("V"),
  discard: control("O")
}

/** A new terminal's. Text is UTF-8. */
export const defaultSettings: TerminalSettings = {
  flags: new Set([
    "cread",
    "icrnl",
    "ixon",
    "iutf8",
    "opost",
    "onlcr",
    "isig",
    "icanon",
    "iexten",
    "echo",
    "echoe",
    "echok",
    "echoctl",
    "echoke"
  ]),
  characters: defaultCharacters,
  min: 1,
  time: 0,
  size: "cs8",
  speed: 38_400,
  delays: { nl: 0, cr: 0, tab: 0, bs: 0, vt: 0, ff: 0 }
}

export const withFlags = (
  settings: TerminalSettings,
  on: ReadonlyArray<string>,
  off: ReadonlyArray<string> = []
): TerminalSettings => {
  const flags = new Set(settings.flags)
  for (const name of on) flags.add(name)
  for (const name of off) flags.delete(name)
  return { ...settings, flags }
}
