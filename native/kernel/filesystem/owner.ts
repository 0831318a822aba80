/**
 * Ownership of persistent data.
 *
 * A tree changes a node in place when the node carries the tree's present owner token, and copies it otherwise. Taking
 * a snapshot is: keep the root, take a new token. From then on nothing that the snapshot reaches can be changed.
 */

/** The tree that a piece of data is charged to. Compared by identity; it outlives the tokens of its tree. */
export class Account {
  readonly kind = "account"
}

/** The right to change in place whatever carries this very token. */
export class Owner {
  constructor(readonly account: Account) {}
}
