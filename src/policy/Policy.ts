/**
 * The decisions of a permission policy. It is compiled once; a decision then allocates nothing. The rules of a domain are
 * tried from the last to the first, and the first of them that matches decides: that is the last rule that matches.
 *
 * @since 0.1.0
 */
import type { PermissionMode, PermissionsConfig } from "../config/PermissionsConfig.ts"
import type { PermissionDomain } from "../errors/PermissionDenied.ts"
import { defaults } from "./Defaults.ts"
import * as Glob from "./Glob.ts"
import { type OperationOf, operationsOf } from "./Operations.ts"

/**
 * What somebody wants to do: an operation of a domain on a resource (an absolute path without links, a network address,
 * a command, a variable, a tool).
 *
 * @since 0.1.0
 * @category models
 */
export type Request = {
  readonly [Domain in PermissionDomain]: {
    readonly domain: Domain
    readonly operation: OperationOf<Domain>
    readonly resource: string
  }
}[PermissionDomain]

/**
 * `rule` is the index of the rule that decides; without it the domain's default does.
 *
 * @since 0.1.0
 * @category models
 */
export interface Decision {
  readonly mode: PermissionMode
  readonly rule: number | undefined
}

/**
 * What is to be thought of giving a directory another name. `free`: nothing below it gains anything by it. `refused`:
 * something below it would. `inspect`: what is there must be looked at, entry by entry.
 *
 * @since 0.1.0
 * @category models
 */
export type Move =
  | { readonly _tag: "free" }
  | { readonly _tag: "inspect" }
  | { readonly _tag: "refused"; readonly decision: Decision }

interface Rule {
  readonly decision: Decision
  /** One bit for each operation. */
  readonly operations: number
  readonly globs: ReadonlyArray<Glob.Glob>
}

interface Scope {
  readonly bits: ReadonlyMap<string, number>
  readonly all: number
  /** The last rule first. */
  readonly rules: ReadonlyArray<Rule>
  readonly fallback: Decision
}

interface WrittenRule {
  readonly mode: PermissionMode
  readonly operations: ReadonlyArray<string>
  readonly paths?: ReadonlyArray<string>
  readonly patterns?: ReadonlyArray<string>
}

type WrittenScope = PermissionMode | {
  readonly default?: PermissionMode | undefined
  readonly rules: ReadonlyArray<WrittenRule>
}

const compileScope = (domain: PermissionDomain, written: WrittenScope): Scope => {
  const names = operationsOf(domain)
  const bits = new Map(names.map((name, index) => [name, 1 << index]))
  const all = (1 << names.length) - 1
  if (typeof written === "string") return { bits, all, rules: [], fallback: { mode: written, rule: undefined } }
  const rules = written.rules.map(({ mode, operations, paths, patterns }, index): Rule => ({
    decision: { mode, rule: index },
    operations: operations.reduce((mask, name) => mask | (name === "*" ? all : bits.get(name) ?? 0), 0),
    globs: (paths ?? patterns ?? []).map(Glob.compile)
  }))
  return { bits, all, rules: rules.reverse(), fallback: { mode: written.default ?? "deny", rule: undefined } }
}

/** The most that one of the patterns says. */
const coverageOf = (globs: ReadonlyArray<Glob.Glob>, directory: string): Glob.Coverage => {
  let most: Glob.Coverage = "none"
  for (const glob of globs) {
    const found = glob.below(directory)
    if (found === "all") return found
    if (found === "some") most = found
  }
  return most
}

/**
 * A compiled policy. It never changes; another policy takes its place.
 *
 * @since 0.1.0
 * @category models
 */
export class Policy {
  private readonly scopes: { readonly [Domain in PermissionDomain]: Scope }

  /** What a configuration leaves out is filled from the defaults, domain by domain. */
  constructor(readonly config: PermissionsConfig | undefined) {
    const scope = (domain: PermissionDomain) => compileScope(domain, config?.[domain] ?? defaults[domain])
    this.scopes = {
      fs: scope("fs"),
      network: scope("network"),
      childProcess: scope("childProcess"),
      process: scope("process"),
      env: scope("env"),
      tool: scope("tool")
    }
  }

  /** Decides one request. */
  decide<Domain extends PermissionDomain>(
    domain: Domain,
    operation: OperationOf<Domain>,
    resource: string
  ): Decision {
    const scope: Scope = this.scopes[domain]
    return scope.rules.length === 0 ? scope.fallback : decideIn(scope, scope.bits.get(operation) ?? 0, resource)
  }

  /** Whether a domain allows everything, so that nothing in it needs to be asked. */
  isOpen(domain: PermissionDomain): boolean {
    const { fallback, rules } = this.scopes[domain]
    return rules.length === 0 && fallback.mode === "allow"
  }

  /**
   * The rule that protects something by name below a directory, so that the directory must stay what it is: it may not
   * be renamed, removed, or be a link or a mount point that somebody else has put there.
   */
  guardOf(directory: string): Decision | undefined {
    const { all, rules } = this.scopes.fs
    let open = all
    for (const { decision, globs, operations } of rules) {
      if ((operations & open) === 0) continue
      if (decision.mode !== "allow" && globs.some((glob) => glob.isWithin(directory))) return decision
      if (coverageOf(globs, directory) === "all") open &= ~operations
    }
    return undefined
  }

  /** The first operation that is refused under one name of an entry and allowed under the other. */
  gainOf(from: string, to: string): Decision | undefined {
    const scope = this.scopes.fs
    if (scope.rules.length === 0) return undefined
    for (const bit of scope.bits.values()) {
      const before = decideIn(scope, bit, from)
      if (before.mode !== "allow" && decideIn(scope, bit, to).mode === "allow") return before
    }
    return undefined
  }

  /** The rule against writing under a name, where writing under the present one is allowed: nothing is put there by moving. */
  plantOf(from: string, to: string): Decision | undefined {
    const scope = this.scopes.fs
    if (scope.rules.length === 0) return undefined
    const after = decideIn(scope, scope.bits.get("write")!, to)
    return after.mode !== "allow" && decideIn(scope, scope.bits.get("write")!, from).mode === "allow"
      ? after
      : undefined
  }

  /** What follows for the entries below a directory when it gets another name. */
  moveOf(from: string, to: string): Move {
    const { all, fallback, rules } = this.scopes.fs
    if (rules.length === 0) return free
    const gains = all & this.allowedBelow(to)
    let open = gains
    let inspect = this.mayPlant(from, to)
    for (const { decision, globs, operations } of rules) {
      const concerned = operations & open
      if (concerned === 0) continue
      const covered = coverageOf(globs, from)
      if (covered === "none") continue
      if (decision.mode !== "allow") {
        if (covered === "all" || globs.some((glob) => glob.isWithin(from))) return { _tag: "refused", decision }
        inspect = true
      }
      if (covered === "all") open &= ~concerned
    }
    if (open !== 0 && fallback.mode !== "allow") return { _tag: "refused", decision: fallback }
    return inspect ? { _tag: "inspect" } : free
  }

  /** Whether something below a directory may be written where it is, and not below the other one. */
  private mayPlant(from: string, to: string): boolean {
    const { bits, fallback, rules } = this.scopes.fs
    const write = bits.get("write")!
    if ((this.allowedBelow(from) & write) === 0) return false
    for (const { decision, globs, operations } of rules) {
      const covered = (operations & write) === 0 ? "none" : coverageOf(globs, to)
      if (covered === "none") continue
      if (decision.mode !== "allow") return true
      if (covered === "all") return false
    }
    return fallback.mode !== "allow"
  }

  /** The operations that may be allowed on something below a directory. */
  private allowedBelow(directory: string): number {
    const { all, fallback, rules } = this.scopes.fs
    let open = all
    let allowed = 0
    for (const { decision, globs, operations } of rules) {
      const covered = (operations & open) === 0 ? "none" : coverageOf(globs, directory)
      if (covered !== "none" && decision.mode === "allow") allowed |= operations & open
      if (covered === "all") open &= ~operations
    }
    return fallback.mode === "allow" ? allowed | open : allowed
  }
}

const free: Move = { _tag: "free" }

const decideIn = ({ fallback, rules }: Scope, bit: number, resource: string): Decision => {
  for (const { decision, globs, operations } of rules) {
    if ((operations & bit) === 0) continue
    for (const glob of globs) if (glob.matches(resource)) return decision
  }
  return fallback
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const compile = (config: PermissionsConfig | undefined): Policy => new Policy(config)
