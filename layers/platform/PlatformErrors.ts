/**
 * The errors of a VM as errors of `@effect/platform`. Ours stays in `cause`, with its errno, limit and `retryable`.
 *
 * @since 0.1.0
 */
import type { PlatformError, SystemErrorReason } from "@effect/platform/Error"
import { BadArgument, SystemError } from "@effect/platform/Error"
import type { FilesystemError } from "../../services/Filesystem.ts"
import type { ProcessesError } from "../../services/Processes.ts"
import type { Errno } from "../../src/Errno.ts"
import { KernelError } from "../../src/errors/KernelError.ts"
import type { ProcessError } from "../../src/errors/ProcessError.ts"

/**
 * Who reports an error, and about what.
 *
 * @since 0.1.0
 * @category models
 */
export interface Origin {
  readonly module: "FileSystem" | "Command"
  readonly method: string
  /** As the caller gave it. */
  readonly pathOrDescriptor: string | number
}

/** The first group is what Node's services tell apart; they call all others `Unknown`. */
const reasons: Readonly<Partial<Record<Errno, SystemErrorReason>>> = {
  ENOENT: "NotFound",
  EEXIST: "AlreadyExists",
  EACCES: "PermissionDenied",
  EBUSY: "Busy",
  EISDIR: "BadResource",
  ENOTDIR: "BadResource",
  ELOOP: "BadResource",

  EPERM: "PermissionDenied",
  EROFS: "PermissionDenied",
  EBADF: "BadResource",
  EAGAIN: "WouldBlock",
  ETIMEDOUT: "TimedOut"
}

const processReasons: Readonly<Record<ProcessError["reason"], SystemErrorReason>> = {
  TimedOut: "TimedOut",
  NotFound: "NotFound",
  OutputLimit: "Unknown",
  Truncated: "Unknown",
  SessionLimit: "Unknown",
  Spawn: "Unknown"
}

/**
 * The reason for an error number.
 *
 * @since 0.1.0
 * @category conversions
 */
export const reasonOf = (errno: Errno): SystemErrorReason => reasons[errno] ?? "Unknown"

/**
 * @since 0.1.0
 * @category conversions
 */
export const platformError = (origin: Origin, error: FilesystemError | ProcessesError): PlatformError => {
  const so = { ...origin, description: error.message, cause: error }
  switch (error._tag) {
    case "PathError":
      return badArgument(origin, error.message, error)
    case "KernelError":
      return new SystemError({ ...so, reason: reasonOf(error.errno), syscall: error.syscall })
    case "ProcessError":
      return new SystemError({ ...so, reason: processReasons[error.reason] })
    case "SidecarError":
    case "TransportError":
      return new SystemError({ ...so, reason: "Unknown" })
  }
}

/**
 * A system call that fails before the kernel is asked.
 *
 * @since 0.1.0
 * @category constructors
 */
export const failedCall = (origin: Origin, errno: Errno, syscall: string, path?: string): PlatformError =>
  platformError(origin, new KernelError({ errno, syscall, path }))

/**
 * @since 0.1.0
 * @category constructors
 */
export const badArgument = (
  { method, module }: Pick<Origin, "method" | "module">,
  description: string,
  cause?: unknown
): BadArgument => new BadArgument({ module, method, description, cause })
