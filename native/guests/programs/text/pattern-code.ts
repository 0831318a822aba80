/** Patterns, in the part of JavaScript's notation that the translator writes, as code for a matcher of our own. */

export type Instruction =
  /** One character. */
  | { readonly _tag: "one"; readonly pattern: RegExp }
  | { readonly _tag: "assert"; readonly pattern: RegExp }
  | { readonly _tag: "save"; readonly slot: number }
  | { readonly _tag: "reference"; readonly group: number }
  /** Both ways, the first before the second. */
  | { readonly _tag: "split"; readonly first: number; readonly second: number }
  | { readonly _tag: "jump"; readonly to: number }
  /** A turn of a loop begins; it is over, and must have matched something. */
  | { readonly _tag: "turn"; readonly loop: number }
  | { readonly _tag: "turned"; readonly loop: number; readonly exit: number }
  | { readonly _tag: "match" }

export interface Code {
  readonly instructions: ReadonlyArray<Instruction>
  readonly groups: number
  /** Groups that references name. */
  readonly referred: ReadonlyArray<number>
  readonly mayTurnEmpty: boolean
  readonly ignoreCase: boolean
}

const MAX_INSTRUCTIONS = 20_000

type Node =
  | { readonly _tag: "one" | "assert"; readonly pattern: RegExp }
  | { readonly _tag: "reference"; readonly group: number }
  | { readonly _tag: "group"; readonly group: number; readonly body: Node }
  | { readonly _tag: "sequence" | "choice"; readonly nodes: ReadonlyArray<Node> }
  | { readonly _tag: "repeat"; readonly body: Node; readonly min: number; readonly max: number }

/** An atom that is one character, an assertion, or a repetition's counts. */
const one = /\\p\{\w+\}|\\[^1-9bB]|\[\^?(?:\\p\{\w+\}|\\.|[^\]\\])*\]|\.|[^()|*+?{^$\\]/suy
const assertion = /\(\?<?[=!](?:\[(?:\\p\{\w+\}|\\.|[^\]\\])*\])\)|\\[bB]|[\^$]/suy
const counts = /[*+?]|\{(\d+)(,?)(\d*)\}/y

class Parser {
  private at = 0
  private groups = 0
  readonly referred = new Set<number>()

  constructor(private readonly source: string, private readonly flags: string) {}

  get groupCount(): number {
    return this.groups
  }

  choice(): Node {
    const nodes = [this.sequence()]
    while (this.takes("|")) nodes.push(this.sequence())
    return nodes.length === 1 ? nodes[0] : { _tag: "choice", nodes }
  }

  private takes(text: string): boolean {
    if (!this.source.startsWith(text, this.at)) return false
    this.at += text.length
    return true
  }

  private next(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.source)
    if (found !== null) this.at += found[0].length
    return found
  }

  private sequence(): Node {
    const nodes: Array<Node> = []
    while (this.at < this.source.length && !"|)".includes(this.source[this.at])) {
      let node = this.atom()
      for (let found = this.next(counts); found !== null; found = this.next(counts)) {
        const [whole, low, comma, high] = found
        const min = low === undefined ? whole === "+" ? 1 : 0 : Number(low)
        const max = low === undefined
          ? whole === "?" ? 1 : Infinity
          : comma === ""
          ? min
          : high === ""
          ? Infinity
          : Number(high)
        node = { _tag: "repeat", body: node, min, max }
      }
      nodes.push(node)
    }
    return { _tag: "sequence", nodes }
  }

  private atom(): Node {
    const asserted = this.next(assertion)
    if (asserted !== null) return { _tag: "assert", pattern: this.sticky(asserted[0]) }
    if (this.takes("(?:")) return this.closed(this.choice())
    if (this.takes("(")) {
      const group = ++this.groups
      return { _tag: "group", group, body: this.closed(this.choice()) }
    }
    const reference = this.next(/\\([1-9])/y)
    if (reference !== null) {
      this.referred.add(Number(reference[1]))
      return { _tag: "reference", group: Number(reference[1]) }
    }
    const found = this.next(one)
    if (found === null) throw new SyntaxError(`no atom at ${this.at}`)
    return { _tag: "one", pattern: this.sticky(found[0]) }
  }

  private closed(node: Node): Node {
    if (!this.takes(")")) throw new SyntaxError(`no bracket at ${this.at}`)
    return node
  }

  private sticky(source: string): RegExp {
    return new RegExp(source, `${this.flags.replace("u", "")}uy`)
  }
}

const mayBeEmpty = (node: Node): boolean => {
  switch (node._tag) {
    case "one":
      return false
    case "assert":
    case "reference":
      return true
    case "group":
      return mayBeEmpty(node.body)
    case "sequence":
      return node.nodes.every(mayBeEmpty)
    case "choice":
      return node.nodes.some(mayBeEmpty)
    case "repeat":
      return node.min === 0 || mayBeEmpty(node.body)
  }
}

class Compiler {
  readonly instructions: Array<Instruction> = []
  loops = 0

  add(instruction: Instruction): number {
    if (this.instructions.length >= MAX_INSTRUCTIONS) throw new SyntaxError("too long")
    return this.instructions.push(instruction) - 1
  }

  node(node: Node): void {
    switch (node._tag) {
      case "one":
      case "assert":
      case "reference":
        return void this.add(node)
      case "group":
        this.add({ _tag: "save", slot: 2 * node.group })
        this.node(node.body)
        return void this.add({ _tag: "save", slot: 2 * node.group + 1 })
      case "sequence":
        for (const each of node.nodes) this.node(each)
        return
      case "choice":
        return this.choice(node.nodes)
      case "repeat":
        return this.repeat(node.body, node.min, node.max)
    }
  }

  private choice(nodes: ReadonlyArray<Node>): void {
    const ends: Array<number> = []
    for (const [index, node] of nodes.entries()) {
      if (index === nodes.length - 1) {
        this.node(node)
        break
      }
      const split = this.add({ _tag: "jump", to: 0 })
      this.node(node)
      ends.push(this.add({ _tag: "jump", to: 0 }))
      this.instructions[split] = { _tag: "split", first: split + 1, second: this.instructions.length }
    }
    for (const end of ends) this.instructions[end] = { _tag: "jump", to: this.instructions.length }
  }

  private repeat(body: Node, min: number, max: number): void {
    for (let count = 0; count < min; count++) this.node(body)
    if (max === Infinity) return this.loop(body)
    const splits: Array<number> = []
    for (let count = min; count < max; count++) {
      splits.push(this.add({ _tag: "jump", to: 0 }))
      this.node(body)
    }
    const second = this.instructions.length
    for (const split of splits) this.instructions[split] = { _tag: "split", first: split + 1, second }
  }

  private loop(body: Node): void {
    const split = this.add({ _tag: "jump", to: 0 })
    if (!mayBeEmpty(body)) {
      this.node(body)
      this.add({ _tag: "jump", to: split })
    } else {
      const loop = this.loops++
      this.add({ _tag: "turn", loop })
      this.node(body)
      const turned = this.add({ _tag: "jump", to: 0 })
      this.add({ _tag: "jump", to: split })
      this.instructions[turned] = { _tag: "turned", loop, exit: this.instructions.length }
    }
    this.instructions[split] = { _tag: "split", first: split + 1, second: this.instructions.length }
  }
}

/** Code for a pattern; a SyntaxError where it would get too long. */
export const compileCode = (source: string, flags: string): Code => {
  const parser = new Parser(source, flags)
  const tree = parser.choice()
  const compiler = new Compiler()
  compiler.node(tree)
  compiler.add({ _tag: "match" })
  return {
    instructions: compiler.instructions,
    groups: parser.groupCount,
    referred: Array.from(parser.referred),
    mayTurnEmpty: compiler.loops > 0,
    ignoreCase: flags.includes("i")
  }
}
