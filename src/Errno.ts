/**
 * The error numbers of Linux by name: the only vocabulary in which the kernel reports failure.
 *
 * @since 0.1.0
 */

/**
 * Linux errno numbers (x86-64) and their texts, from errno(3).
 *
 * @since 0.1.0
 * @category models
 */
export const errnoTable = {
  EPERM: [1, "operation not permitted"],
  ENOENT: [2, "no such file or directory"],
  ESRCH: [3, "no such process"],
  EINTR: [4, "interrupted system call"],
  EIO: [5, "i/o error"],
  ENXIO: [6, "no such device or address"],
  E2BIG: [7, "argument list too long"],
  ENOEXEC: [8, "exec format error"],
  EBADF: [9, "bad file descriptor"],
  ECHILD: [10, "no child processes"],
  EAGAIN: [11, "resource temporarily unavailable"],
  ENOMEM: [12, "cannot allocate memory"],
  EACCES: [13, "permission denied"],
  EBUSY: [16, "device or resource busy"],
  EEXIST: [17, "file already exists"],
  EXDEV: [18, "cross-device link not permitted"],
  ENODEV: [19, "no such device"],
  ENOTDIR: [20, "not a directory"],
  EISDIR: [21, "illegal operation on a directory"],
  EINVAL: [22, "invalid argument"],
  ENFILE: [23, "too many open files in system"],
  EMFILE: [24, "too many open files"],
  ENOTTY: [25, "inappropriate ioctl for device"],
  EFBIG: [27, "file too large"],
  ENOSPC: [28, "no space left on device"],
  ESPIPE: [29, "illegal seek"],
  EROFS: [30, "read-only filesystem"],
  EMLINK: [31, "too many links"],
  EPIPE: [32, "broken pipe"],
  ERANGE: [34, "result out of range"],
  ENAMETOOLONG: [36, "name too long"],
  ENOLCK: [37, "no locks available"],
  ENOSYS: [38, "function not implemented"],
  ENOTEMPTY: [39, "directory not empty"],
  ELOOP: [40, "too many levels of symbolic links"],
  ENODATA: [61, "no data available"],
  EPROTO: [71, "protocol error"],
  EOVERFLOW: [75, "value too large for defined data type"],
  EDQUOT: [122, "disk quota exceeded"],
  ENOTSUP: [95, "operation not supported"],
  ESTALE: [116, "stale file handle"],
  ETIMEDOUT: [110, "connection timed out"],
  ECANCELED: [125, "operation canceled"]
} as const

/**
 * The name of an error number, for example `"ENOENT"`.
 *
 * @since 0.1.0
 * @category models
 */
export type Errno = keyof typeof errnoTable

const byNumber: ReadonlyMap<number, Errno> = new Map(
  (Object.keys(errnoTable) as Array<Errno>).map((name) => [errnoTable[name][0], name])
)

/**
 * The name of an error number; `"EIO"` for a number that is not in the table.
 *
 * @since 0.1.0
 * @category conversions
 */
export const errnoName = (number: number): Errno => byNumber.get(number) ?? "EIO"

/**
 * The number of an error name.
 *
 * @since 0.1.0
 * @category conversions
 */
export const errnoNumber = (name: Errno): number => errnoTable[name][0]

/**
 * The plain text of an error, for example `"no such file or directory"`.
 *
 * @since 0.1.0
 * @category conversions
 */
export const errnoText = (name: Errno): string => errnoTable[name][1]
