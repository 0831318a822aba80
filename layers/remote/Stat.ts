/**
 * What stat(2) tells, as hosts see it.
 *
 * @since 0.1.0
 */
import type { VirtualStat } from "../../src/config/FileStat.ts"
import type { TypeOf } from "../../src/wire/Codec.ts"
import type { statCodec } from "../../src/wire/Operations.ts"

const S_IFMT = 0o170000
const S_IFDIR = 0o040000
const S_IFLNK = 0o120000

/**
 * @since 0.1.0
 * @category conversions
 */
export const virtualStat = (stat: TypeOf<typeof statCodec>): VirtualStat => ({
  ...stat,
  isDirectory: (stat.mode & S_IFMT) === S_IFDIR,
  isSymbolicLink: (stat.mode & S_IFMT) === S_IFLNK
})
