/** How work in the shell ends early. Thrown; none of them carries a stack. */

/** The process was ended by a signal. */
export class Killed {
  constructor(readonly signal: number) {}
}

/** The shell process is to end with a status. */
export class Exit {
  constructor(readonly status: number) {}
}

/** The command line under execution is given up; the shell goes on with the next one. */
export class Discard {
  constructor(
    readonly status: number,
    /** With all that it is part of: the user has interrupted it. */
    readonly whole = false
  ) {}
}

/** A failed expansion or assignment: a message, and whether it ends the shell (with which status). */
export class ShellFailure {
  constructor(readonly message: string, readonly exitStatus?: number | undefined) {}
}

/** A redirection that could not be made. */
export class RedirectFailure {
  constructor(readonly message: string) {}
}

/** A wait was cut short by a signal that the shell has a trap for. */
export class Interrupted {
  constructor(readonly signal: number) {}
}
