/** The tree of an awk program. */

/** What can be assigned to. */
export type Target =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "element"; readonly name: string; readonly keys: ReadonlyArray<Expression> }
  | { readonly kind: "field"; readonly of: Expression }

export type Arithmetic = "+" | "-" | "*" | "/" | "%" | "^"
export type Comparison = "<" | "<=" | "==" | "!=" | ">" | ">="

export type Expression =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "regex"; readonly source: string }
  | Target
  /** In brackets: a list only in front of `in` and after `print`. */
  | { readonly kind: "group"; readonly items: ReadonlyArray<Expression> }
  | {
    readonly kind: "assign"
    readonly operator: Arithmetic | undefined
    readonly target: Target
    readonly value: Expression
  }
  | { readonly kind: "step"; readonly target: Target; readonly by: 1 | -1; readonly before: boolean }
  | { readonly kind: "choice"; readonly test: Expression; readonly yes: Expression; readonly no: Expression }
  | { readonly kind: "both" | "either"; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "not" | "negative" | "positive"; readonly of: Expression }
  | {
    readonly kind: "arithmetic"
    readonly operator: Arithmetic
    readonly left: Expression
    readonly right: Expression
  }
  | {
    readonly kind: "comparison"
    readonly operator: Comparison
    readonly left: Expression
    readonly right: Expression
  }
  | { readonly kind: "match"; readonly negated: boolean; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "in"; readonly keys: ReadonlyArray<Expression>; readonly name: string }
  | { readonly kind: "concatenation"; readonly left: Expression; readonly right: Expression }
  | {
    readonly kind: "call"
    readonly name: string
    readonly args: ReadonlyArray<Expression>
    readonly builtin: boolean
    readonly line: number
  }
  | {
    readonly kind: "getline"
    readonly from: "input" | "file" | "command"
    readonly source: Expression | undefined
    readonly target: Target | undefined
  }

export interface Redirection {
  readonly kind: "file" | "append" | "command"
  readonly to: Expression
}

export type Statement =
  | { readonly kind: "block"; readonly body: ReadonlyArray<Statement> }
  | { readonly kind: "expression"; readonly of: Expression }
  | {
    readonly kind: "print" | "printf"
    readonly args: ReadonlyArray<Expression>
    readonly redirection: Redirection | undefined
    readonly line: number
  }
  | {
    readonly kind: "if"
    readonly test: Expression
    readonly yes: Statement
    readonly no: Statement | undefined
  }
  /** `while`, `for` and `do`: `late` tests after the body. */
  | {
    readonly kind: "loop"
    readonly first: Statement | undefined
    readonly test: Expression | undefined
    readonly next: Statement | undefined
    readonly body: Statement
    readonly late: boolean
  }
  | { readonly kind: "each"; readonly variable: Target; readonly array: string; readonly body: Statement }
  | {
    readonly kind: "switch"
    readonly on: Expression
    readonly cases: ReadonlyArray<{
      /** Undefined: the default. */
      readonly value: Expression | undefined
      readonly body: ReadonlyArray<Statement>
    }>
  }
  | { readonly kind: "break" | "continue" | "next" | "nextfile" }
  | { readonly kind: "exit" | "return"; readonly value: Expression | undefined }
  | { readonly kind: "delete"; readonly name: string; readonly keys: ReadonlyArray<Expression> | undefined }

export type Pattern =
  | { readonly kind: "BEGIN" | "END" | "BEGINFILE" | "ENDFILE" | "always" }
  | { readonly kind: "when"; readonly test: Expression }
  | { readonly kind: "range"; readonly from: Expression; readonly to: Expression }

export interface Rule {
  readonly pattern: Pattern
  /** Undefined: print the record. */
  readonly body: Statement | undefined
}

export interface Definition {
  readonly name: string
  readonly parameters: ReadonlyArray<string>
  readonly body: Statement
}

export interface Script {
  readonly rules: ReadonlyArray<Rule>
  readonly functions: ReadonlyMap<string, Definition>
}
