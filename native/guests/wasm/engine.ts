/** The part of WebAssembly's own interface that is used; the types of Node.js do not have it. */

/** A compiled module: it has no state, and can be given to another worker. */
export type Module = object & { readonly __module?: never }

interface Named {
  readonly name: string
  readonly kind: string
}

interface Engine {
  readonly compile: (bytes: Uint8Array<ArrayBuffer>) => Promise<Module>
  readonly Module: {
    readonly imports: (module: Module) => ReadonlyArray<Named & { readonly module: string }>
    readonly exports: (module: Module) => ReadonlyArray<Named>
  }
  readonly Instance: new(
    module: Module,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  ) => { readonly exports: Readonly<Record<string, unknown>> }
}

export const engine = (globalThis as unknown as { readonly WebAssembly: Engine }).WebAssembly
