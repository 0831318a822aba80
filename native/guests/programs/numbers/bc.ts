/** bc. */
import { MAX_TEXT } from "../../bash/limits.ts"
import { parseOptions } from "../options.ts"
import type { Program, ProgramContext, Reader } from "../program.ts"
import { ProgramFailure } from "../program.ts"
import type { Function, Node, Statement } from "./bc-parse.ts"
import { BcParser } from "./bc-parse.ts"
import type { Decimal } from "./decimal.ts"
import {
  add,
  compare,
  divide,
  lengthOf,
  multiply,
  negate,
  parse,
  power,
  remainder,
  rescale,
  root,
  show,
  whole,
  ZERO
} from "./decimal.ts"

/** The functions of `-l`, in bc itself. */
const library = `scale = 20
define e(x){auto a,d,e,f,i,m,n,v,z
n=scale
if(x<0){m=1;x=-x}
z=scale;scale=6+z+.44*x
while(x>1){f+=1;x/=2;scale+=1}
v=1+x;a=x;d=1
for(i=2;1;i++){e=(a*=x)/(d*=i)
if(e==0){if(f>0)while(f--)v=v*v
scale=z
if(m)return(1/v)
return(v/1)}
v+=e}}
define l(x){auto e,f,i,m,n,v,z
if(x<=0)return((1-10^scale)/1)
z=scale;scale=6+scale;f=2;i=0
while(x>=2){f*=2;x=sqrt(x)}
while(x<=.5){f*=2;x=sqrt(x)}
v=n=(x-1)/(x+1);m=n*n
for(i=3;1;i+=2){e=(n*=m)/i
if(e==0){v=f*v;scale=z;return(v/1)}
v+=e}}
define s(x){auto e,i,m,n,s,v,z
z=scale;scale=1.1*z+2;v=a(1)
if(x<0){m=1;x=-x}
scale=0;n=(x/v+2)/4;x=x-4*n*v
if(n%2)x=-x
scale=z+2;v=e=x;s=-x*x
for(i=3;1;i+=2){e*=s/(i*(i-1))
if(e==0){scale=z
if(m)return(-v/1)
return(v/1)}
v+=e}}
define c(x){auto v,z
z=scale;scale=scale*1.2;v=s(x+a(1)*2);scale=z;return(v/1)}
define a(x){auto a,e,f,i,m,n,s,v,z
m=1
if(x<0){m=-1;x=-x}
if(x==1){if(scale<=60)return(.785398163397448309615660845819875721049292349843776455243736/m)}
if(x==.2){if(scale<=60)return(.197395559849880758370049765194790293447585103787852101517688/m)}
z=scale
if(x>.2){scale=z+5;a=a(.2)}
scale=z+3
while(x>.2){f+=1;x=(x-.2)/(1+x*.2)}
v=n=x;s=-x*x
for(i=3;1;i+=2){e=(n*=s)/i
if(e==0){scale=z;return((f*a+v)/m)}
v+=e}}
`

type Outcome = "break" | "continue" | "quit" | { readonly value: Decimal } | undefined

const MAX_CALLS = 400
const truth = (holds: boolean): Decimal => whole(holds ? 1 : 0)

class Calculator {
  private readonly variables = new Map<string, Decimal>()
  private readonly arrays = new Map<string, Map<string, Decimal>>()
  private readonly functions = new Map<string, Function>()
  private calls = 0
  private column = 0
  private last: Decimal = ZERO
  private scale = 0
  private inputBase = 10
  private outputBase = 10

  constructor(private readonly context: ProgramContext) {}

  private array(name: string): Map<string, Decimal> {
    let found = this.arrays.get(name)
    if (found === undefined) this.arrays.set(name, found = new Map())
    return found
  }

  private async print(text: string): Promise<void> {
    // Lines are broken before they are 70 characters long.
    const width = Number(this.context.env.get("BC_LINE_LENGTH") ?? 70)
    let out = ""
    for (const char of text) {
      if (width > 2 && this.column >= width - 2 && char !== "\n") {
        out += "\\\n"
        this.column = 0
      }
      out += char
      this.column = char === "\n" ? 0 : this.column + 1
    }
    const pending = this.context.stdout.write(out)
    if (pending !== undefined) await pending
  }

  async run(parser: BcParser): Promise<boolean> {
    for (;;) {
      try {
        const statement = parser.next()
        if (statement === undefined) return true
        if (await this.execute(statement) === "quit") return false
      } catch (error) {
        if (!(error instanceof ProgramFailure)) throw error
        const runtime = /^(?:Divide|Square|Function|number)/.test(error.message)
        await this.context.stdout.flush()
        await this.context.stderr.write(
          `${runtime ? "Runtime error (func=(main), adr=0)" : "(standard_in) 1"}: ${error.message}\n`
        )
        parser.recover()
      }
    }
  }

  private async execute(statement: Statement): Promise<Outcome> {
    const tick = this.context.tick()
    if (tick !== undefined) await tick
    switch (statement.kind) {
      case "expression": {
        const value = await this.value(statement.of)
        if (statement.of.kind === "assign") return undefined
        this.last = value
        await this.print(`${show(value, this.outputBase)}\n`)
        return undefined
      }
      case "string":
        await this.print(statement.text)
        return undefined
      case "print":
        for (const part of statement.parts) {
          if (part.kind === "string") {
            await this.print(
              part.text.replace(
                /\\([abfnqrt\\e])/g,
                (_, char: string) =>
                  ({ a: "\x07", b: "\b", f: "\f", n: "\n", q: "\"", r: "\r", t: "\t", e: "\\" })[char] ?? char
              )
            )
          } else if (part.kind === "expression") await this.print(show(await this.value(part.of), this.outputBase))
        }
        return undefined
      case "block":
        return this.sequence(statement.body)
      case "if":
        if ((await this.value(statement.test)).digits !== 0n) return this.execute(statement.then)
        return statement.otherwise === undefined ? undefined : this.execute(statement.otherwise)
      case "loop":
        return this.loop(statement)
      case "define":
        this.functions.set(statement.name, statement.function)
        return undefined
      case "return":
        return { value: statement.value === undefined ? ZERO : await this.value(statement.value) }
      case "halt":
        return "quit"
      default:
        return statement.kind
    }
  }

  private async sequence(body: ReadonlyArray<Statement>): Promise<Outcome> {
    for (const each of body) {
      const outcome = await this.execute(each)
      if (outcome !== undefined) return outcome
    }
    return undefined
  }

  private async loop({ body, first, next, test }: Extract<Statement, { kind: "loop" }>): Promise<Outcome> {
    if (first !== undefined) await this.value(first)
    while (test === undefined || (await this.value(test)).digits !== 0n) {
      const outcome = await this.execute(body)
      if (outcome === "break") break
      if (outcome !== undefined && outcome !== "continue") return outcome
      if (next !== undefined) await this.value(next)
      const tick = this.context.tick()
      if (tick !== undefined) await tick
    }
    return undefined
  }

  private read(name: string): Decimal {
    switch (name) {
      case "scale":
        return whole(this.scale)
      case "ibase":
        return whole(this.inputBase)
      case "obase":
        return whole(this.outputBase)
      case "last":
        return this.last
      default:
        return this.variables.get(name) ?? ZERO
    }
  }

  private write(name: string, value: Decimal): void {
    const number = Number(rescale(value, 0).digits)
    if (name === "scale") this.scale = Math.min(100_000, Math.max(0, number))
    else if (name === "ibase") this.inputBase = Math.min(16, Math.max(2, number))
    else if (name === "obase") this.outputBase = Math.max(2, number)
    else if (name === "last") this.last = value
    else this.variables.set(name, value)
  }

  private async assign(
    target: Node,
    make: (old: Decimal) => Decimal
  ): Promise<readonly [before: Decimal, after: Decimal]> {
    if (target.kind === "name") {
      const before = this.read(target.name)
      const after = make(before)
      this.write(target.name, after)
      return [before, after]
    }
    if (target.kind !== "element") throw new ProgramFailure("syntax error")
    const cells = this.array(target.name)
    const key = String(rescale(await this.value(target.index), 0).digits)
    if (cells.size > 65_536 && !cells.has(key)) throw new ProgramFailure("number of elements too large")
    const before = cells.get(key) ?? ZERO
    const after = make(before)
    cells.set(key, after)
    return [before, after]
  }

  private operate(operator: string, a: Decimal, b: Decimal): Decimal {
    switch (operator) {
      case "+":
        return add(a, b)
      case "-":
        return add(a, negate(b))
      case "*":
        return multiply(a, b, this.scale)
      case "/":
        return divide(a, b, this.scale)
      case "%":
        return remainder(a, b, this.scale)
      case "^":
        return power(a, b, this.scale)
      case "==":
        return truth(compare(a, b) === 0)
      case "!=":
        return truth(compare(a, b) !== 0)
      case "<":
        return truth(compare(a, b) < 0)
      case ">":
        return truth(compare(a, b) > 0)
      case "<=":
        return truth(compare(a, b) <= 0)
      case ">=":
        return truth(compare(a, b) >= 0)
      case "&&":
        return truth(a.digits !== 0n && b.digits !== 0n)
      default:
        return truth(a.digits !== 0n || b.digits !== 0n)
    }
  }

  private async value(node: Node): Promise<Decimal> {
    switch (node.kind) {
      case "number":
        return parse(node.text, this.inputBase)
      case "name":
        return this.read(node.name)
      case "element":
        return this.array(node.name).get(String(rescale(await this.value(node.index), 0).digits)) ?? ZERO
      case "group":
        return this.value(node.of)
      case "unary": {
        const of = await this.value(node.of)
        return node.operator === "-" ? negate(of) : truth(of.digits === 0n)
      }
      case "binary":
        return this.operate(node.operator, await this.value(node.left), await this.value(node.right))
      case "assign": {
        const value = await this.value(node.value)
        return (await this.assign(
          node.target,
          (old) => node.operator === "" ? value : this.operate(node.operator, old, value)
        ))[1]
      }
      case "step": {
        const [before, after] = await this.assign(node.target, (old) => add(old, whole(node.by)))
        return node.after ? before : after
      }
      case "call":
        return this.call(node.name, node.args)
    }
  }

  private async call(name: string, args: ReadonlyArray<Node>): Promise<Decimal> {
    const values: Array<Decimal> = []
    for (const arg of args) values.push(await this.value(arg))
    if (name === "length") return whole(lengthOf(values[0] ?? ZERO))
    if (name === "scale") return whole((values[0] ?? ZERO).scale)
    if (name === "sqrt") return root(values[0] ?? ZERO, this.scale)
    if (name === "read") return ZERO
    const found = this.functions.get(name)
    if (found === undefined) throw new ProgramFailure(`Function ${name} not defined.`)
    if (values.length !== found.parameters.length) throw new ProgramFailure("Function parameter number mismatch")
    if (++this.calls > MAX_CALLS) throw new ProgramFailure("Function calls nested too deeply")
    const names = [...found.parameters, ...found.locals]
    const saved = names.map((each) => [each, this.variables.get(each), this.arrays.get(each)] as const)
    for (const local of found.locals) {
      this.variables.delete(local)
      this.arrays.delete(local)
    }
    found.parameters.forEach((parameter, index) => this.variables.set(parameter, values[index]))
    try {
      const outcome = await this.sequence(found.body)
      return typeof outcome === "object" ? outcome.value : ZERO
    } finally {
      this.calls--
      for (const [each, variable, cells] of saved) {
        if (variable === undefined) this.variables.delete(each)
        else this.variables.set(each, variable)
        if (cells === undefined) this.arrays.delete(each)
        else this.arrays.set(each, cells)
      }
    }
  }
}

/** A line that something has to follow: the head of a statement or a function, or one that is continued. */
const goesOn = /(?:^|[;{}\n])\s*(?:(?:if|while|for)\s*\([^\n]*\)|define\s[^\n{]*|else)\s*$|\\$/

/** Whether a text can be run before more of it has come. */
const isWhole = (text: string): boolean => {
  const bare = text.replace(/"[^"]*"|\/\*[^]*?\*\/|#[^\n]*/g, "")
  const depth = bare.split(/[{(]/).length - bare.split(/[})]/).length
  return depth <= 0 && !/"|\/\*/.test(bare) && !goesOn.test(bare.trimEnd())
}

/** Runs what has come as soon as it is whole: somebody may wait for the answer before he writes on. */
const runLines = async (calculator: Calculator, reader: Reader): Promise<boolean> => {
  const lines = reader.lines()
  let text = ""
  for (let batch = await lines.next(); batch !== undefined; batch = await lines.next()) {
    text += `${batch.join("\n")}\n`
    if (text.length > MAX_TEXT) throw new ProgramFailure("memory exhausted", 2)
    if (!isWhole(text)) continue
    if (!await calculator.run(new BcParser(text))) return false
    text = ""
  }
  return calculator.run(new BcParser(text))
}

export const bc: Program = async (context) => {
  const line = parseOptions(context, {
    short: "hilqswvc",
    long: { interactive: "i", mathlib: "l", quiet: "q", standard: "s", warn: "w" }
  })
  const calculator = new Calculator(context)
  if (line.has("l")) await calculator.run(new BcParser(library))
  for (const name of [...line.operands, "-"]) {
    const reader = await context.open(name).catch(() => {
      throw new ProgramFailure(`File ${name} is unavailable.`)
    })
    if (!await runLines(calculator, reader)) break
  }
  return 0
}
