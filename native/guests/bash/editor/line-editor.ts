/**
 * Edits a line at a terminal: keys in, the screen kept up to date, until the line is entered. The terminal is in raw mode
 * meanwhile, but for the keys that send signals; what is typed behind the line is left for who reads next.
 */
import { Interrupted } from "../errors.ts"
import { forgetInterrupt, runPendingTraps } from "../interpret/traps.ts"
import { SIGINT } from "../processes/signals.ts"
import type { Shell } from "../state/shell.ts"
import { withFlags } from "../terminal/settings.ts"
import type { TerminalFile } from "../terminal/terminal-file.ts"
import { encodeText } from "../text.ts"
import { runBoundCommand } from "./bound-command.ts"
import { readOwnInitFile } from "./configuration.ts"
import { insert } from "./editing.ts"
import { KeyInput, type Next } from "./input.ts"
import type { Key } from "./keys.ts"
import { press } from "./press.ts"
import { type Binding, keyTree, type Readline, unchanged } from "./readline.ts"
import { endSearch, searchPrompt } from "./recall.ts"
import { draw, lastLine, leave, redraw, resized, type Screen, type Shown, wipe, withoutMarks } from "./render.ts"
import { type EditorEffect, type EditorState, makeState } from "./state.ts"
import { isOn, variable } from "./variables.ts"

const PASTE_ON = "\x1b[?2004h"
const PASTE_OFF = "\x1b[?2004l\r"
const CLEAR = "\x1b[H\x1b[2J"
const BELL = "\x07"

/** What completion makes of a line: its text, and what is to be shown of the possibilities. */
export interface Completed {
  readonly text: string
  readonly cursor: number
  /** Below the line, when there are several. */
  readonly list?: string | undefined
  readonly fails?: boolean | undefined
}

export interface EditorOptions {
  /** With marks around what is not shown. */
  readonly prompt: string
  readonly history: ReadonlyArray<string>
  /** What the line begins with. */
  readonly initial?: string | undefined
  readonly complete: (text: string, cursor: number, lists: boolean, columns: number) => Promise<Completed>
  /** The time for the line is over. */
  readonly isOver?: (() => boolean) | undefined
  /** What there is to tell meanwhile, if there is something. */
  readonly news?: (() => string | undefined) | undefined
}

/** Thrown when the time is over. */
export class TimedOut {}

export class LineEditor {
  private state: EditorState
  private shown: Shown = { prompt: "", text: "", cursor: { row: 0, column: 0 }, top: 0 }
  private readonly input: KeyInput
  private output = ""

  constructor(
    private readonly shell: Shell,
    private readonly file: TerminalFile,
    private readonly options: EditorOptions
  ) {
    const { kills = [], lastSearch = "", waiting = new Uint8Array(0) } = shell.conversation ?? {}
    const comment = variable(this.readline.variables, "comment-begin")
    this.state = makeState(options.history, { kills, lastSearch }, options.initial, comment)
    this.input = new KeyInput(waiting)
    if (shell.conversation !== undefined) shell.conversation.waiting = new Uint8Array(0)
  }

  private get readline(): Readline {
    return this.shell.readline ?? unchanged
  }

  private isOn(name: string): boolean {
    return isOn(this.readline.variables, name)
  }

  private get screen(): Screen {
    const { columns, rows } = this.file.terminal
    return { columns: Math.max(2, columns), rows: Math.max(1, rows) }
  }

  private get prompt(): string {
    const { search } = this.state
    return search === undefined ? lastLine(this.options.prompt) : searchPrompt(search)
  }

  private async flush(): Promise<void> {
    const { output } = this
    this.output = ""
    if (output !== "") await this.file.write(this.shell.process, encodeText(output))
  }

  /** The prompt with all its lines, and the line. */
  private begin(): void {
    const { prompt } = this.options
    this.output += withoutMarks(prompt.slice(0, prompt.length - lastLine(prompt).length))
    const { output, shown } = draw(this.prompt, this.state.text, this.state.cursor, this.screen)
    this.output += output
    this.shown = shown
  }

  private refresh(): void {
    const { output, shown } = redraw(this.shown, this.prompt, this.state.text, this.state.cursor, this.screen)
    this.output += output
    this.shown = shown
  }

  private finish(): void {
    this.state = { ...this.state, search: undefined, cursor: this.state.text.length }
    this.refresh()
    this.output += leave(this.shown, this.screen)
  }

  /** Reads a line; undefined at the end of the input. Throws what a signal makes of it. */
  async read(): Promise<string | undefined> {
    const { file, shell } = this
    const { terminal } = file
    const before = terminal.settings
    const raw = withFlags(before, [], ["icanon", "echo", "icrnl", "inlcr", "igncr"])
    await terminal.configure(shell.process, {
      ...raw,
      characters: { ...before.characters, lnext: undefined },
      min: 1,
      time: 0
    })
    const pastes = this.isOn("enable-bracketed-paste")
    if (pastes) this.output += PASTE_ON
    this.begin()
    try {
      const line = await this.keys()
      if (pastes) this.output += PASTE_OFF
      await this.flush()
      return line
    } finally {
      terminal.restore(before)
      const { conversation } = shell
      if (conversation !== undefined) {
        conversation.kills = this.state.kills
        conversation.lastSearch = this.state.lastSearch
      }
    }
  }

  private async keys(): Promise<string | undefined> {
    const { input, shell } = this
    let hurried = false
    for (;;) {
      const next = input.next(this.state, keyTree(this.readline.keymaps.emacs), hurried)
      hurried = false
      if (next.kind === "more" || next.kind === "ambiguous") {
        const bytes = await this.wait(next.kind === "ambiguous")
        // the other side has gone
        if (bytes?.length === 0) return undefined
        if (bytes === undefined) hurried = true
        else input.add(bytes)
        continue
      }
      const effect = next.kind === "key" ? await this.key(next.key) : await this.bound(next)
      if (effect === "accept" || effect === "end") {
        this.file.consume(input.release())
        if (shell.conversation !== undefined) shell.conversation.waiting = input.rest()
        this.finish()
        return effect === "end" ? undefined : this.state.text
      }
      const pending = shell.machine.tick(shell.process)
      if (pending === undefined) continue
      await pending
      if (shell.process.pending.length > 0) await this.interrupted()
    }
  }

  /** More bytes; undefined when a key that may be whole has not gone on for some time. */
  private async wait(ambiguous: boolean): Promise<Uint8Array | undefined> {
    const taken = this.input.take()
    if (taken > 0) this.file.consume(taken)
    this.refresh()
    await this.flush()
    if (!ambiguous) return this.more()
    const { shell: { machine, process } } = this
    const timer = machine.timer(process, Number(variable(this.readline.variables, "keyseq-timeout")))
    let over = false
    void timer.done.then(() => {
      over = true
      process.interrupt()
    }, () => {})
    try {
      return await this.more(() => over)
    } finally {
      timer.cancel()
    }
  }

  private async key(key: Key): Promise<EditorEffect | undefined> {
    const { effect, state } = press(this.state, key)
    this.state = state
    if (effect !== undefined && effect !== "accept" && effect !== "end") await this.perform(effect)
    return effect
  }

  /** A key that has been bound: to a function, to other keys, or to a command. */
  private async bound({ binding, text }: Next & { readonly kind: "bound" }): Promise<EditorEffect | undefined> {
    if (binding === "none") return this.key({ name: "bound", text, does: "" })
    if (binding.kind === "function") return this.key({ name: "bound", text, does: binding.name })
    this.state = endSearch(this.state)
    if (binding.kind === "command") await this.command(binding)
    else {
      this.state = { ...this.state, count: undefined, last: undefined }
      if (!this.input.push(binding.keys)) {
        this.output += `readline: maximum macro execution nesting level exceeded\n${BELL}`
        this.begin()
      }
    }
    return undefined
  }

  private async command({ text }: Binding & { readonly kind: "command" }): Promise<void> {
    // the command may read what was typed behind its key
    this.file.consume(this.input.release())
    this.refresh()
    this.output += wipe(this.shown)
    await this.flush()
    this.state = await runBoundCommand(this.shell, text, this.state)
    this.begin()
  }

  /** Bytes that were typed; signals are heard meanwhile. Undefined when that is said to be `enough`. */
  private more(): Promise<Uint8Array>
  private more(enough: () => boolean): Promise<Uint8Array | undefined>
  private async more(enough: () => boolean = () => false): Promise<Uint8Array | undefined> {
    const { file, shell: { process } } = this
    for (;;) {
      if (this.options.isOver?.() === true) {
        this.finish()
        throw new TimedOut()
      }
      const bytes = file.peek(process)
      if (bytes !== undefined) return bytes
      if (enough()) return undefined
      try {
        await file.readable(process)
      } catch (reason) {
        if (!(reason instanceof Interrupted)) throw reason
        if (!enough() || this.shell.process.pending.length > 0) await this.interrupted()
      }
    }
  }

  /** An interrupt ends the line; anything else only runs its trap, and finds the window's size. */
  private async interrupted(): Promise<void> {
    const { columns } = this.file.terminal
    if (this.shell.process.pending.includes(SIGINT)) {
      this.state = { ...this.state, search: undefined, cursor: this.state.text.length }
      this.refresh()
      this.output += (this.isOn("echo-control-characters") ? "^C" : "") + leave(this.shown, this.screen)
        + (this.isOn("enable-bracketed-paste") ? PASTE_OFF : "")
      await this.flush()
      forgetInterrupt(this.shell)
      await runPendingTraps(this.shell)
      throw new Interrupted(SIGINT)
    }
    await runPendingTraps(this.shell)
    const news = this.options.news?.()
    if (news !== undefined) {
      this.output += leave(this.shown, this.screen) + news
      this.begin()
    } else if (columns > 0) this.resize()
    await this.flush()
  }

  private resize(): void {
    const { output, shown } = resized(this.shown, this.state.cursor, this.screen)
    this.output += output
    this.shown = shown
  }

  private async perform(effect: EditorEffect): Promise<void> {
    switch (effect) {
      case "bell":
        if (variable(this.readline.variables, "bell-style") === "audible") this.output += BELL
        return
      case "clear":
        this.output += CLEAR
        return this.begin()
      case "reread":
        return readOwnInitFile(this.shell)
      case "complete":
        if (this.isOn("disable-completion")) {
          this.state = insert(this.state, "\t").state
          return
        }
        return this.complete(false)
      case "list":
        return this.complete(true)
      default:
        return
    }
  }

  private async complete(lists: boolean): Promise<void> {
    // what was typed so far is seen before it is looked for
    this.refresh()
    await this.flush()
    const { cursor, text } = this.state
    const { columns } = this.screen
    const completed = await this.options.complete(text, cursor, lists, columns)
    if (completed.list !== undefined) {
      const { output, shown } = redraw(this.shown, this.prompt, text, text.length, this.screen)
      this.output += output + leave(shown, this.screen) + completed.list
      this.begin()
    }
    if (completed.text !== text || completed.cursor !== cursor) {
      this.state = {
        ...this.state,
        text: completed.text,
        cursor: completed.cursor,
        undo: [...this.state.undo, { text, cursor }].slice(-100),
        last: undefined
      }
    }
    if (completed.fails === true) await this.perform("bell")
  }
}
