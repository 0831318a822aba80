/**
 * The kinds of mounts that Node.js serves.
 *
 * @since 0.1.0
 */
import type { MountPlugins } from "../remote/RemoteMounts.ts"
import * as HostDirectory from "./hostdir/HostDirectory.ts"
import * as S3Driver from "./s3/S3Driver.ts"
import * as SoftwarePackage from "./SoftwarePackage.ts"

/**
 * @since 0.1.0
 * @category constructors
 */
export const plugins: MountPlugins = {
  host_dir: HostDirectory.make,
  s3: (config, readOnly) => S3Driver.open(config, { readOnly }),
  software: SoftwarePackage.make
}
