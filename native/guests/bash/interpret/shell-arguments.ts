/** The command line of `bash` and `sh`. */
import type { Startup } from "./startup.ts"

export interface ShellArguments {
  /** `-c`: the first of the rest is the script. */
  readonly command: boolean
  /** `-s`: the script comes through standard input, whatever the rest. */
  readonly stdin: boolean
  readonly posix: boolean
  readonly version: boolean
  /** Arguments of `set` to begin with. */
  readonly options: ReadonlyArray<string>
  /** Options of `shopt` to begin with. */
  readonly shopts: ReadonlyArray<readonly [name: string, on: boolean]>
  readonly rest: ReadonlyArray<string>
  readonly startup: Startup
  /** The option that there is not, or that lacks its argument. */
  readonly problem: string | undefined
}

/** Long options without an argument that change nothing here. */
const idle = new Set(["--debugger", "--restricted", "--wordexp"])
const letters = "abefhkmnptuvxBCDEHPTr"

class Reader {
  command = false
  stdin = false
  posix: boolean
  version = false
  readonly options: Array<string> = []
  readonly shopts: Array<readonly [string, boolean]> = []
  startup: { -readonly [Key in keyof Startup]: Startup[Key] }
  problem: string | undefined
  private index = 1

  constructor(private readonly argv: ReadonlyArray<string>) {
    const name = argv[0].slice(argv[0].lastIndexOf("/") + 1)
    this.posix = name === "sh" || name === "-sh"
    this.startup = {
      login: name.startsWith("-"),
      interactive: false,
      skipsProfile: false,
      skipsRc: false,
      rcFile: undefined,
      edits: true
    }
  }

  private argument(option: string): string {
    const value = this.argv[++this.index]
    if (value === undefined) this.problem ??= `${option}: option requires an argument`
    return value ?? ""
  }

  private long(option: string): void {
    switch (option) {
      case "--login":
        this.startup.login = true
        return
      case "--noprofile":
        this.startup.skipsProfile = true
        return
      case "--norc":
        this.startup.skipsRc = true
        return
      case "--rcfile":
      case "--init-file":
        this.startup.rcFile = this.argument(option)
        return
      case "--noediting":
        this.startup.edits = false
        return
      case "--posix":
        this.posix = true
        return
      case "--verbose":
        this.options.push("-v")
        return
      case "--version":
        this.version = true
        return
      default:
        if (!idle.has(option)) this.problem ??= `${option}: invalid option`
    }
  }

  private short(argument: string): void {
    const sign = argument[0]
    for (const letter of argument.slice(1)) {
      if (letter === "c") this.command = true
      else if (letter === "s") this.stdin = true
      else if (letter === "i") this.startup.interactive = true
      else if (letter === "l") this.startup.login = true
      else if (letter === "o") {
        const name = this.argument(`${sign}o`)
        if (name === "posix") this.posix = sign === "-"
        this.options.push(`${sign}o`, name)
      } else if (letter === "O") this.shopts.push([this.argument(`${sign}O`), sign === "-"])
      else if (letters.includes(letter)) { if (letter !== "r" && letter !== "D") this.options.push(sign + letter) }
      else this.problem ??= `${sign}${letter}: invalid option`
    }
  }

  read(): ShellArguments {
    for (; this.index < this.argv.length && this.problem === undefined; this.index++) {
      const argument = this.argv[this.index]
      if (argument === "--" || argument === "-") {
        this.index++
        break
      }
      if (argument.startsWith("--")) this.long(argument)
      else if (/^[-+]./.test(argument)) this.short(argument)
      else break
    }
    const { command, options, posix, problem, shopts, startup, stdin, version } = this
    return { command, options, posix, problem, shopts, startup, stdin, version, rest: this.argv.slice(this.index) }
  }
}

/** Options come first; what they leave is the script with its parameters. */
export const parseShellArguments = (argv: ReadonlyArray<string>): ShellArguments => new Reader(argv).read()
