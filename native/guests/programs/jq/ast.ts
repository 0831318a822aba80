/** What the parser makes of a script. */

export type Ast =
  | { readonly kind: "identity" }
  | { readonly kind: "recurse" }
  | { readonly kind: "literal"; readonly value: null | boolean | number | string }
  | { readonly kind: "text"; readonly format: string | undefined; readonly parts: ReadonlyArray<string | Ast> }
  | { readonly kind: "format"; readonly name: string }
  | { readonly kind: "field"; readonly of: Ast; readonly key: Ast }
  | { readonly kind: "slice"; readonly of: Ast; readonly from: Ast | undefined; readonly to: Ast | undefined }
  | { readonly kind: "iterate"; readonly of: Ast }
  | { readonly kind: "array"; readonly of: Ast | undefined }
  | { readonly kind: "object"; readonly entries: ReadonlyArray<readonly [key: Ast, value: Ast]> }
  | { readonly kind: "negate"; readonly of: Ast }
  | { readonly kind: "pipe" | "comma" | "and" | "or" | "alternative"; readonly left: Ast; readonly right: Ast }
  | { readonly kind: "binary"; readonly operator: string; readonly left: Ast; readonly right: Ast }
  | { readonly kind: "assign"; readonly operator: string; readonly left: Ast; readonly right: Ast }
  | {
    readonly kind: "if"
    readonly condition: Ast
    readonly then: Ast
    readonly else: Ast | undefined
  }
  | { readonly kind: "try"; readonly body: Ast; readonly handler: Ast | undefined }
  | {
    readonly kind: "reduce"
    readonly source: Ast
    readonly pattern: ReadonlyArray<Pattern>
    readonly start: Ast
    readonly update: Ast
  }
  | {
    readonly kind: "foreach"
    readonly source: Ast
    readonly pattern: ReadonlyArray<Pattern>
    readonly start: Ast
    readonly update: Ast
    readonly extract: Ast | undefined
  }
  | { readonly kind: "as"; readonly source: Ast; readonly patterns: ReadonlyArray<Pattern>; readonly body: Ast }
  | { readonly kind: "label" | "break"; readonly name: string; readonly body?: Ast }
  | { readonly kind: "def"; readonly def: Definition; readonly rest: Ast }
  | { readonly kind: "call"; readonly name: string; readonly args: ReadonlyArray<Ast>; readonly line: number }
  | { readonly kind: "variable"; readonly name: string; readonly line: number }

export interface Definition {
  readonly name: string
  /** Names of parameters; `$x` binds a value as well. */
  readonly params: ReadonlyArray<string>
  readonly body: Ast
}

export type Pattern =
  | { readonly kind: "bind"; readonly name: string }
  | { readonly kind: "elements"; readonly of: ReadonlyArray<Pattern> }
  | {
    readonly kind: "members"
    readonly of: ReadonlyArray<
      { readonly key: Ast; readonly name: string | undefined; readonly pattern: Pattern | undefined }
    >
  }

/** The variables that a pattern binds, each once. */
export const namesOf = (pattern: Pattern): ReadonlyArray<string> => {
  const names: Array<string> = []
  const visit = (each: Pattern): void => {
    if (each.kind === "bind") names.push(each.name)
    else if (each.kind === "elements") each.of.forEach(visit)
    else {
      for (const member of each.of) {
        if (member.name !== undefined) names.push(member.name)
        if (member.pattern !== undefined) visit(member.pattern)
      }
    }
  }
  visit(pattern)
  return Array.from(new Set(names))
}

/** A script that does not compile, with the line. */
export class SyntaxProblem {
  constructor(readonly message: string, readonly line: number) {}
}
