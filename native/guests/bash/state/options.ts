/** The options of `set -o` and `shopt`. */

/** Names of `set -o` with their letters. */
export const setOptions: ReadonlyArray<readonly [name: string, letter: string]> = [
  ["allexport", "a"],
  ["braceexpand", "B"],
  ["emacs", ""],
  ["errexit", "e"],
  ["errtrace", "E"],
  ["functrace", "T"],
  ["hashall", "h"],
  ["histexpand", "H"],
  ["history", ""],
  ["ignoreeof", ""],
  ["interactive-comments", ""],
  ["keyword", "k"],
  ["monitor", "m"],
  ["noclobber", "C"],
  ["noexec", "n"],
  ["noglob", "f"],
  ["nolog", ""],
  ["notify", "b"],
  ["nounset", "u"],
  ["onecmd", "t"],
  ["physical", "P"],
  ["pipefail", ""],
  ["posix", ""],
  ["privileged", "p"],
  ["verbose", "v"],
  ["vi", ""],
  ["xtrace", "x"]
]

export const shoptNames: ReadonlyArray<string> = [
  "autocd",
  "assoc_expand_once",
  "cdable_vars",
  "cdspell",
  "checkhash",
  "checkjobs",
  "checkwinsize",
  "cmdhist",
  "compat31",
  "compat32",
  "compat40",
  "compat41",
  "compat42",
  "compat43",
  "compat44",
  "complete_fullquote",
  "direxpand",
  "dirspell",
  "dotglob",
  "execfail",
  "expand_aliases",
  "extdebug",
  "extglob",
  "extquote",
  "failglob",
  "force_fignore",
  "globasciiranges",
  "globskipdots",
  "globstar",
  "gnu_errfmt",
  "histappend",
  "histreedit",
  "histverify",
  "hostcomplete",
  "huponexit",
  "inherit_errexit",
  "interactive_comments",
  "lastpipe",
  "lithist",
  "localvar_inherit",
  "localvar_unset",
  "login_shell",
  "mailwarn",
  "no_empty_cmd_completion",
  "nocaseglob",
  "nocasematch",
  "noexpand_translation",
  "nullglob",
  "patsub_replacement",
  "progcomp",
  "progcomp_alias",
  "promptvars",
  "restricted_shell",
  "shift_verbose",
  "sourcepath",
  "varredir_close",
  "xpg_echo"
]

const initiallySet = ["braceexpand", "hashall", "interactive-comments"]
const initiallyShopt = [
  "checkwinsize",
  "cmdhist",
  "complete_fullquote",
  "extquote",
  "force_fignore",
  "globasciiranges",
  "globskipdots",
  "hostcomplete",
  "interactive_comments",
  "patsub_replacement",
  "progcomp",
  "promptvars",
  "sourcepath"
]

export class Options {
  private readonly on: Set<string>

  constructor(on: Iterable<string> = [...initiallySet, ...initiallyShopt]) {
    this.on = new Set(on)
  }

  has(name: string): boolean {
    return this.on.has(name)
  }

  set(name: string, value: boolean): void {
    if (value) this.on.add(name)
    else this.on.delete(name)
  }

  /** Those that are on. */
  list(): ReadonlyArray<string> {
    return Array.from(this.on)
  }

  copy(): Options {
    return new Options(this.on)
  }

  /** `$-`. */
  letters(interactive: boolean): string {
    const letters = setOptions.filter(([name, letter]) => letter !== "" && this.on.has(name)).map(([, letter]) =>
      letter
    )
      .sort((a, b) => "abefhkmnptuvxBCEHPT".indexOf(a) - "abefhkmnptuvxBCEHPT".indexOf(b)).join("")
    return interactive ? letters.replace(/^[abefh]*/, "$&i") : letters
  }

  shellopts(): string {
    return setOptions.map(([name]) => name).filter((name) => this.on.has(name)).join(":")
  }

  bashopts(): string {
    return shoptNames.filter((name) => this.on.has(name)).join(":")
  }
}
