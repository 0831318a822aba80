/** From the tree of a script to what the machine runs: names are looked up here, once. */
import { applied, collected, constructed, element, field, iterate, joined, scoped, sliced } from "./access.ts"
import { assigned, modified } from "./assign.ts"
import type { Ast, Definition, Pattern } from "./ast.ts"
import { namesOf, SyntaxProblem } from "./ast.ts"
import { formats } from "./formats.ts"
import type { Continuation, Env, Label, Machine, Node, Param, Scope } from "./machine.ts"
import { Break, Closure } from "./machine.ts"
import type { Bind } from "./nodes.ts"
import * as nodes from "./nodes.ts"
import { negate, operators } from "./operators.ts"
import { index } from "./paths.ts"
import type { Value } from "./values.ts"

/** A name that is known at some place of a script, in the order of the environment there. */
export interface Name {
  readonly kind: "variable" | "function" | "label"
  readonly name: string
  readonly arity: number
  /** For the closure of a parameter, where its use is noted. */
  readonly param?: Param | undefined
  readonly next: Names
}

export type Names = Name | undefined

/** What functions exist beside those of the script. */
export interface Library {
  /** A function that is made for its arguments. */
  readonly form: (name: string, args: ReadonlyArray<Node>) => Node | undefined
  /** A function written in the language itself. */
  readonly source: (name: string, arity: number) => Definition | undefined
  /** A variable that is always there. */
  readonly variable: (name: string) => Node | undefined
}

const named = (next: Names, kind: Name["kind"], name: string, arity = 0, param?: Param): Name => ({
  kind,
  name,
  arity,
  param,
  next
})

const find = (
  names: Names,
  kind: Name["kind"],
  name: string,
  arity: number
): readonly [hops: number, found: Name] | undefined => {
  let hops = 0
  for (let each = names; each !== undefined; each = each.next, hops++) {
    if (each.kind === kind && each.name === name && each.arity === arity) return [hops, each]
  }
  return undefined
}

const walk = (env: Scope, hops: number): Env => {
  let at = env!
  for (let left = hops; left > 0; left--) at = at.next!
  return at
}

const MAX_AST_DEPTH = 2_000

export class Compiler {
  /** Functions of the library in the language itself, once compiled. */
  private readonly globals = new Map<string, { readonly closure: Closure | undefined }>()
  private depth = 0

  constructor(private readonly library: Library) {}

  compile(ast: Ast, names: Names): Node {
    if (++this.depth > MAX_AST_DEPTH) throw new SyntaxProblem("the script is nested too deeply", 1)
    const node = this.node(ast, names)
    this.depth--
    return node
  }

  private node(ast: Ast, names: Names): Node {
    const of = (each: Ast) => this.compile(each, names)
    switch (ast.kind) {
      case "identity":
        return nodes.identity
      case "recurse":
        return this.call("recurse", [], names, 1)
      case "literal":
        return nodes.constant(ast.value)
      case "text":
        return this.text(ast, names)
      case "format":
        return applied([], formatNamed(ast.name))
      case "field":
        return field(of(ast.of), of(ast.key))
      case "slice":
        return sliced(of(ast.of), this.optional(ast.from, names), this.optional(ast.to, names))
      case "iterate":
        return iterate(of(ast.of))
      case "array":
        return ast.of === undefined ? nodes.constant([]) : collected(of(ast.of))
      case "object":
        return constructed(ast.entries.map(([key, value]) => [of(key), of(value)] as const))
      case "negate":
        return nodes.pipe(of(ast.of), applied([], negate))
      case "pipe":
        return nodes.pipe(of(ast.left), of(ast.right))
      case "comma":
        return nodes.comma(of(ast.left), of(ast.right))
      case "and":
      case "or":
        return nodes.logical(of(ast.left), of(ast.right), ast.kind === "or")
      case "alternative":
        return nodes.alternative(of(ast.left), of(ast.right))
      case "binary":
        return this.binary(ast, names)
      case "assign":
        return ast.operator === "|="
          ? modified(of(ast.left), of(ast.right))
          : assigned(of(ast.left), of(ast.right), ast.operator)
      case "if":
        return nodes.conditional(
          of(ast.condition),
          of(ast.then),
          ast.else === undefined ? nodes.identity : of(ast.else)
        )
      case "try":
        return nodes.guarded(of(ast.body), ast.handler === undefined ? undefined : of(ast.handler))
      default:
        return this.binding(ast, names)
    }
  }

  /** The forms that bring new names. */
  private binding(ast: Ast, names: Names): Node {
    switch (ast.kind) {
      case "reduce": {
        const [binds, inner] = this.patterns(ast.pattern, names)
        return nodes.reduction(
          this.compile(ast.source, names),
          binds,
          this.compile(ast.start, names),
          this.compile(ast.update, inner)
        )
      }
      case "foreach": {
        const [binds, inner] = this.patterns(ast.pattern, names)
        return nodes.iteration(
          this.compile(ast.source, names),
          binds,
          this.compile(ast.start, names),
          this.compile(ast.update, inner),
          ast.extract === undefined ? undefined : this.compile(ast.extract, inner)
        )
      }
      case "as": {
        const [binds, inner] = this.patterns(ast.patterns, names)
        const simple = ast.patterns.length === 1 && ast.patterns[0].kind === "bind"
        return nodes.bound(this.compile(ast.source, names), binds, this.compile(ast.body, inner), simple)
      }
      case "label":
        return nodes.labelled(this.compile(ast.body!, named(names, "label", ast.name)))
      case "break":
        return this.breaking(ast.name, names)
      case "def":
        return this.definition(ast.def, ast.rest, names)
      case "call":
        return this.call(ast.name, ast.args, names, ast.line)
      case "variable":
        return this.variable(ast.name, names, ast.line)
      default:
        throw new SyntaxProblem(`unknown form ${ast.kind}`, 1)
    }
  }

  private optional(ast: Ast | undefined, names: Names): Node {
    return ast === undefined ? nodes.constant(null) : this.compile(ast, names)
  }

  private text(ast: Extract<Ast, { kind: "text" }>, names: Names): Node {
    const parts = ast.parts.map((part) => typeof part === "string" ? part : this.compile(part, names))
    return joined(parts, formatNamed(ast.format ?? "@text"))
  }

  private binary({ left, operator, right }: Extract<Ast, { kind: "binary" }>, names: Names): Node {
    const apply = operators[operator]
    const [a, b] = [this.compile(left, names), this.compile(right, names)]
    const [first, second] = [a.direct, b.direct]
    if (first !== undefined && second !== undefined) {
      return nodes.direct((env, input) => {
        const by = second(env, input)
        return apply(first(env, input), by)
      })
    }
    return applied([a, b], (_, [x, y]) => apply(x, y))
  }

  private breaking(name: string, names: Names): Node {
    const found = find(names, "label", name, 0)
    if (found === undefined) throw new SyntaxProblem(`$*label-${name} is not defined`, 1)
    return nodes.steps((_, env) => {
      throw new Break(walk(env, found[0]).value as Label)
    })
  }

  private variable(name: string, names: Names, line: number): Node {
    const found = find(names, "variable", name, 0)
    if (found !== undefined) {
      const [hops] = found
      if (hops === 0) return nodes.direct((env) => env!.value as Value)
      return nodes.direct((env) => walk(env, hops).value as Value)
    }
    const known = this.library.variable(name)
    if (known === undefined) throw new SyntaxProblem(`$${name} is not defined`, line)
    return known
  }

  /** What patterns bind: all alternatives bind the names of all, in one order. */
  private patterns(patterns: ReadonlyArray<Pattern>, names: Names): readonly [ReadonlyArray<Bind>, Names] {
    const all = Array.from(new Set(patterns.flatMap(namesOf)))
    const inner = all.reduce<Names>((next, name) => named(next, "variable", name), names)
    const base = all.length
    return [
      patterns.map((pattern): Bind => {
        if (pattern.kind === "bind" && base === 1) {
          return (_, env, value, __, then) => then(scoped(env, value))
        }
        const match = this.pattern(pattern, names, all)
        return (machine, env, value, next, then) =>
          match(
            machine,
            env,
            value,
            new Map(),
            next,
            (found) => then(all.reduce<Scope>((scope, name) => scoped(scope, found.get(name) ?? null), env))
          )
      }),
      inner
    ]
  }

  private pattern(pattern: Pattern, names: Names, all: ReadonlyArray<string>): Match {
    if (pattern.kind === "bind") {
      return (_, __, value, found, ___, then) => then(new Map(found).set(pattern.name, value))
    }
    const parts: ReadonlyArray<Part> = pattern.kind === "elements"
      ? pattern.of.map((each, at) => ({ key: undefined, at, name: undefined, match: this.pattern(each, names, all) }))
      : pattern.of.map(({ key, name, pattern: inner }) => ({
        // keys may use what has been bound before them
        key: this.compile(key, all.reduce<Names>((next, each) => named(next, "variable", each), names)),
        at: 0,
        name,
        match: inner === undefined ? undefined : this.pattern(inner, names, all)
      }))
    return (machine, env, value, found, next, then) => matchParts(machine, parts, 0, all, env, value, found, next, then)
  }

  private definition(def: Definition, rest: Ast, names: Names): Node {
    const own = named(names, "function", def.name, def.params.length)
    const [body, params] = this.body(def, own)
    const after = this.compile(rest, own)
    return nodes.steps((machine, env, input, where, next) => {
      const closure = new Closure(body, undefined, params)
      closure.env = { value: closure, next: env }
      machine.eval(after, closure.env, input, where, next)
    })
  }

  /** A body sees the function itself, and its parameters: each a function, `$x` a variable as well. */
  private body(def: Definition, own: Names): readonly [Node, ReadonlyArray<Param>] {
    const params = def.params.map((param): Param => ({ value: param.startsWith("$"), called: false }))
    let names = own
    def.params.forEach((param, at) => {
      names = named(names, "function", param.replace("$", ""), 0, params[at])
      if (params[at].value) names = named(names, "variable", param.slice(1))
    })
    return [this.compile(def.body, names), params]
  }

  private call(name: string, args: ReadonlyArray<Ast>, names: Names, line: number): Node {
    const found = find(names, "function", name, args.length)
    if (found !== undefined) {
      const [hops, known] = found
      if (known.param !== undefined) {
        known.param.called = true
        return nodes.steps((machine, env, input, where, next) => {
          const closure = walk(env, hops).value as Closure
          machine.eval(closure.node, closure.env, input, where, next)
        })
      }
      return called(args.map((arg) => this.compile(arg, names)), (env) => walk(env, hops).value as Closure)
    }
    const compiled = args.map((arg) => this.compile(arg, names))
    const form = this.library.form(name, compiled)
    if (form !== undefined) return form
    const global = this.global(name, args.length)
    if (global === undefined) throw new SyntaxProblem(`${name}/${args.length} is not defined`, line)
    return called(compiled, () => global())
  }

  private global(name: string, arity: number): (() => Closure) | undefined {
    const key = `${name}/${arity}`
    const known = this.globals.get(key)
    if (known !== undefined) return () => known.closure!
    const def = this.library.source(name, arity)
    if (def === undefined) return undefined
    // entered first: it may call itself
    const holder: { closure: Closure | undefined } = { closure: undefined }
    this.globals.set(key, holder)
    const [body, params] = this.body(def, undefined)
    holder.closure = new Closure(body, undefined, params)
    return () => holder.closure!
  }
}

const formatNamed = (name: string): (value: Value) => string => {
  const format = formats[name]
  if (format === undefined) throw new SyntaxProblem(`${name.slice(1)} is not a valid format`, 1)
  return format
}

type Match = (
  machine: Machine,
  env: Scope,
  value: Value,
  found: ReadonlyMap<string, Value>,
  next: Continuation,
  then: (found: ReadonlyMap<string, Value>) => void
) => void

interface Part {
  readonly key: Node | undefined
  readonly at: number
  readonly name: string | undefined
  readonly match: Match | undefined
}

const matchParts = (
  machine: Machine,
  parts: ReadonlyArray<Part>,
  at: number,
  all: ReadonlyArray<string>,
  env: Scope,
  value: Value,
  found: ReadonlyMap<string, Value>,
  next: Continuation,
  then: (found: ReadonlyMap<string, Value>) => void
): void => {
  if (at === parts.length) return then(found)
  const part = parts[at]
  const on = (bound: ReadonlyMap<string, Value>) =>
    matchParts(machine, parts, at + 1, all, env, value, bound, next, then)
  const into = (inner: Value): void => {
    const bound = part.name === undefined ? found : new Map(found).set(part.name, inner)
    if (part.match === undefined) on(bound)
    else part.match(machine, env, inner, bound, next, on)
  }
  if (part.key === undefined) return into(element(value, part.at))
  const scope = all.reduce<Scope>((outer, name) => scoped(outer, found.get(name) ?? null), env)
  machine.each(part.key, scope, value, next, (key) => into(index(value, key)))
}

/** Calls a function: parameters are closures over the caller's names; those with values are tried with each. */
const called = (args: ReadonlyArray<Node>, target: (env: Scope) => Closure): Node =>
  nodes.steps((machine, env, input, where, next) => {
    const { env: home, node, params } = target(env)
    const from = (at: number, scope: Scope): void => {
      if (at === args.length) return machine.eval(node, scope, input, where, next)
      const { called: needed, value: valued } = params[at]
      // a closure that nobody calls would only keep the caller's names alive
      const inner: Scope = { value: needed || !valued ? new Closure(args[at], env) : null, next: scope }
      if (!valued) return from(at + 1, inner)
      machine.each(args[at], env, input, next, (value) => from(at + 1, scoped(inner, value)))
    }
    from(0, home)
  })
