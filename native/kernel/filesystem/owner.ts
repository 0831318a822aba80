/**
 * Ownership of persistent data.
 *
 * A tree changes a node in place when the node carries the tree's present owner token, and copies it otherwise. Taking
 * a snapshot is: keep the root, take a new token. From then on nothing that the snapshot reaches can be changed.
 */

import { Ledger } from "./ledger.ts"

/** The tree that a piece of data is charged to. Compared by identity; it outlives the tokens of its tree. */
export class Account {
  /** What kept snapshots of the tree hold. */
  readonly ledger = new Ledger()
}

/** The right to change in place whatever carries this very token. */
export class Owner {
  /** When it was given out: the birth of the content that carries it. */
  readonly epoch: number

  constructor(readonly account: Account) {
    this.epoch = account.ledger.epoch
  }
}
