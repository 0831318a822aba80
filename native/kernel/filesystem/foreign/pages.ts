/**
 * The content of a foreign file: pages of it, fetched when they are read. One object stands for the file in every tree
 * and snapshot that holds it; what a tree writes lies over it, in chunks of its own.
 */
import type { Base } from "./base.ts"

/** As large as a chunk of content, so that each page lies under one. */
export const PAGE_SIZE = 64 * 1024

interface Page {
  readonly bytes: Uint8Array
  readonly at: number
}

export class Pages {
  private readonly pages = new Map<number, Page>()
  /** Whether somebody has seen a part of the content as it is. */
  touched = false

  constructor(private readonly base: Base, readonly ino: number, public size: number) {}

  /** A page; short at the end of the file. Throws `Needs` where it is not here. */
  get(index: number): Uint8Array {
    return this.found(index) ?? this.base.needPages(this, index, index)
  }

  /** Throws `Needs` for all pages from `first` to `last` that are wanted and not here. */
  require(first: number, last: number, isWanted: (index: number) => boolean): void {
    for (let index = first; index <= last; index++) {
      if (isWanted(index) && this.found(index) === undefined) this.base.needPages(this, index, last)
    }
  }

  put(index: number, bytes: Uint8Array, at: number): void {
    this.touched = true
    this.pages.set(index, { bytes, at })
  }

  drop(index: number): number {
    const bytes = this.pages.get(index)?.bytes.length ?? 0
    this.pages.delete(index)
    return bytes
  }

  /** Forgets the pages, as the file is another by now. */
  clear(): void {
    this.pages.clear()
  }

  private found(index: number): Uint8Array | undefined {
    const page = this.pages.get(index)
    return page !== undefined && this.base.isFresh(page.at) ? page.bytes : undefined
  }
}
