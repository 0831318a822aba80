/**
 * Open files, by the number that `open` gives.
 *
 * @since 0.1.0
 */
import * as Codec from "../Codec.ts"
import { statCodec } from "./Files.ts"
import { make, nothing } from "./Operation.ts"

const onFile = Codec.struct({ vm: Codec.u32, file: Codec.u32 })
/** Opens with the flags of open(2) on Linux; gives the number of the open file. @since 0.1.0 @category operations */
export const open = make(
  41,
  "open",
  Codec.struct({ vm: Codec.u32, path: Codec.string, flags: Codec.u32, mode: Codec.u16 }),
  Codec.struct({ file: Codec.u32 })
)
/** At most 512 KiB at an offset, or at the file's own position; empty at the end. @since 0.1.0 @category operations */
export const readAt = make(
  42,
  "readAt",
  Codec.struct({ vm: Codec.u32, file: Codec.u32, offset: Codec.optional(Codec.f64), length: Codec.u32 }),
  Codec.rest
)
/** Writes at an offset, or at the file's own position. @since 0.1.0 @category operations */
export const writeAt = make(
  43,
  "writeAt",
  Codec.struct({ vm: Codec.u32, file: Codec.u32, offset: Codec.optional(Codec.f64), content: Codec.rest }),
  Codec.struct({ written: Codec.u32 })
)
/** Moves the file's own position; gives the new one. @since 0.1.0 @category operations */
export const seek = make(
  44,
  "seek",
  Codec.struct({
    vm: Codec.u32,
    file: Codec.u32,
    offset: Codec.f64,
    whence: Codec.literals("start", "current", "end")
  }),
  Codec.struct({ position: Codec.f64 })
)
/** @since 0.1.0 @category operations */
export const statFile = make(45, "statFile", onFile, statCodec)
/** @since 0.1.0 @category operations */
export const truncateFile = make(
  46,
  "truncateFile",
  Codec.struct({ vm: Codec.u32, file: Codec.u32, size: Codec.f64 }),
  nothing
)
/** @since 0.1.0 @category operations */
export const closeFile = make(47, "closeFile", onFile, nothing)
/** Answers when the lock is taken; without `wait` it fails where it cannot be. @since 0.1.0 @category operations */
export const lockFile = make(
  68,
  "lockFile",
  Codec.struct({ vm: Codec.u32, file: Codec.u32, kind: Codec.literals("shared", "exclusive"), wait: Codec.bool }),
  nothing
)
/** @since 0.1.0 @category operations */
export const unlockFile = make(69, "unlockFile", onFile, nothing)
/** @since 0.1.0 @category operations */
export const syncFile = make(70, "syncFile", onFile, nothing)
/** Another number for an open file. @since 0.1.0 @category operations */
export const duplicateFile = make(71, "duplicateFile", onFile, Codec.struct({ file: Codec.u32 }))
