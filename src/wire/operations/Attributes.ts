/**
 * Extended attributes, and what filesystems tell of themselves.
 *
 * @since 0.1.0
 */
import * as Codec from "../Codec.ts"
import { make, nothing, onPath } from "./Operation.ts"

const onXattr = Codec.struct({ vm: Codec.u32, path: Codec.string, name: Codec.string })
/** The value of an extended attribute. @since 0.1.0 @category operations */
export const getXattr = make(64, "getXattr", onXattr, Codec.rest)
/** The names of all extended attributes, sorted. @since 0.1.0 @category operations */
export const listXattrs = make(65, "listXattrs", onPath, Codec.array(Codec.string, 65_536))
/** `create`: it must not exist; `replace`: it must. @since 0.1.0 @category operations */
export const setXattr = make(
  66,
  "setXattr",
  Codec.struct({
    vm: Codec.u32,
    path: Codec.string,
    name: Codec.string,
    mode: Codec.literals("either", "create", "replace"),
    value: Codec.rest
  }),
  nothing
)
/** @since 0.1.0 @category operations */
export const removeXattr = make(67, "removeXattr", onXattr, nothing)
/** What statfs(2) tells: the VM's limits as the capacity of a filesystem. @since 0.1.0 @category operations */
export const statfs = make(
  72,
  "statfs",
  onPath,
  Codec.struct({
    type: Codec.string,
    blockSize: Codec.f64,
    blocks: Codec.f64,
    blocksFree: Codec.f64,
    files: Codec.f64,
    filesFree: Codec.f64,
    nameMax: Codec.f64
  })
)
