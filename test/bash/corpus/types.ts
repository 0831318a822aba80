/** Scripts by group. */
export type Groups = Readonly<Record<string, ReadonlyArray<string>>>
