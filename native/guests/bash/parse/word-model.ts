/** Words as the expander takes them: compiled once from the syntax tree, then only read. */
import type { ParsedScript } from "unbash"

export interface TextSegment {
  readonly kind: "text"
  readonly text: string
  readonly quoted: boolean
}

export interface TildeSegment {
  readonly kind: "tilde"
  readonly user: string
  /** In what only looks like an assignment. */
  readonly looks?: true
}

export interface CommandSegment {
  readonly kind: "command"
  readonly script: ParsedScript | undefined
  /** Decoded source, where positions count in it and not in the whole. */
  readonly source: string | undefined
  readonly text: string
  readonly quoted: boolean
}

export interface ArithmeticSegment {
  readonly kind: "arithmetic"
  readonly body: string
  readonly quoted: boolean
}

export interface ProcessSegment {
  readonly kind: "process"
  readonly direction: "<" | ">"
  readonly script: ParsedScript | undefined
  readonly text: string
}

export type ParameterOperation =
  | { readonly kind: "default"; readonly operator: string; readonly operand: Word }
  | { readonly kind: "remove"; readonly operator: string; readonly pattern: Word }
  | { readonly kind: "replace"; readonly operator: string; readonly pattern: Word; readonly replacement: Word }
  | { readonly kind: "slice"; readonly offset: string; readonly length: string | undefined }
  | { readonly kind: "case"; readonly operator: string; readonly pattern: Word | undefined }
  | { readonly kind: "transform"; readonly operator: string }
  | { readonly kind: "names"; readonly operator: string }

export interface ParameterSegment {
  readonly kind: "parameter"
  readonly name: string
  /** The subscript: its text for arithmetic, its word for a key. */
  readonly index: { readonly text: string; readonly word: Word } | undefined
  readonly isLength: boolean
  readonly isIndirect: boolean
  readonly operation: ParameterOperation | undefined
  readonly bad: boolean
  readonly text: string
  readonly quoted: boolean
}

export type Segment =
  | TextSegment
  | TildeSegment
  | CommandSegment
  | ArithmeticSegment
  | ProcessSegment
  | ParameterSegment

export interface Word {
  readonly segments: ReadonlyArray<Segment>
  /** The word itself, when it is nothing but text without any meaning of its own. */
  readonly literal: string | undefined
  /** As it was written. */
  readonly text: string
}
