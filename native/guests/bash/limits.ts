/** The bounds of one shell. Each ends in an error of the script, never in trouble for the worker. */

/** Function calls inside each other. */
export const MAX_FUNCTION_DEPTH = 1_000
/** Scripts inside each other: source, eval, traps, substitutions. */
export const MAX_EVALUATION_DEPTH = 250
/** Words that one brace expansion may yield. */
export const MAX_BRACE_WORDS = 1_000_000
/** Paths that one pathname expansion may yield. */
export const MAX_GLOB_MATCHES = 250_000
/** Characters of one expanded word or variable. */
export const MAX_TEXT = 64 * 1024 * 1024
/** Bytes that a pipe holds. */
export const PIPE_CAPACITY = 64 * 1024
/** Highest descriptor number of a process, plus one. */
export const MAX_DESCRIPTORS = 1_024
/** Milliseconds of work between two turns of the event loop. */
export const TIME_SLICE_MS = 1
