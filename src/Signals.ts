/**
 * The signals of signal(7), with Linux's numbers.
 *
 * @since 0.1.0
 */

const numbers = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGSTKFLT: 16,
  SIGCHLD: 17,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGTSTP: 20,
  SIGTTIN: 21,
  SIGTTOU: 22,
  SIGURG: 23,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGVTALRM: 26,
  SIGPROF: 27,
  SIGWINCH: 28,
  SIGIO: 29,
  SIGPWR: 30,
  SIGSYS: 31
} as const

/**
 * The name of a signal.
 *
 * @since 0.1.0
 * @category models
 */
export type Signal = keyof typeof numbers

/**
 * Every signal with its number on Linux.
 *
 * @since 0.1.0
 * @category constants
 */
export const signalNumbers: Readonly<Record<Signal, number>> = numbers

/**
 * Whether something is the name of a signal.
 *
 * @since 0.1.0
 * @category guards
 */
export const isSignal = (u: unknown): u is Signal => typeof u === "string" && Object.hasOwn(numbers, u)

/**
 * The exit code that a shell gives for a process that died of a signal: 128 and its number.
 *
 * @since 0.1.0
 * @category conversions
 */
export const exitCodeOf = (signal: Signal): number => 128 + numbers[signal]
