/**
 * What a configuration asks for and this version does not do. Nothing is ignored silently: a lease is refused instead.
 *
 * @since 0.1.0
 */
import { NotYetSupported } from "../errors/NotYetSupported.ts"
import { defaultLimits } from "./Limits.ts"
import type { Mount } from "./Mounts.ts"
import { supportedPlugins } from "./Mounts.ts"
import type { VmConfig } from "./VmConfig.ts"

/** Limits that nothing enforces yet: another value than the default would be a promise that is not kept. */
const unenforced = ["pipes", "ptys", "sockets", "connections", "workerHeapBytes", "toolTimeoutMs"] as const

const mountFeature = (mount: Mount): readonly [feature: string, key: string] | undefined => {
  if ("driver" in mount) {
    return ["mounts of in-process drivers", "driver"]
  }
  if ("filesystem" in mount) {
    return ["overlay mounts", "filesystem"]
  }
  const { id } = mount.plugin
  return (supportedPlugins as ReadonlyArray<string>).includes(id) ? undefined : [`the mount plugin ${id}`, "plugin.id"]
}

/**
 * Every part of a configuration whose behaviour is not there yet, by its path.
 *
 * @since 0.1.0
 * @category getters
 */
export const unsupportedParts = (config: VmConfig): Array<NotYetSupported> => {
  const parts: Array<NotYetSupported> = []
  const limits = defaultLimits()
  const add = (asked: boolean, feature: string, path: string) => {
    if (asked) {
      parts.push(new NotYetSupported({ feature, path }))
    }
  }
  add(config.software.length > 0, "software packages", "software")
  add(config.loopbackExemptPorts.length > 0, "access to the host's loopback", "loopbackExemptPorts")
  add(config.allowedNodeBuiltins !== undefined, "a list of Node modules", "allowedNodeBuiltins")
  add(config.moduleAccessCwd !== undefined, "modules of the host", "moduleAccessCwd")
  config.mounts.forEach((mount, index) => {
    const found = mountFeature(mount)
    if (found !== undefined) {
      add(true, found[0], `mounts[${index}].${found[1]}`)
    }
  })
  for (const name of unenforced) {
    add(config.limits[name] !== limits[name], `the limit ${name}`, `limits.${name}`)
  }
  add(config.additionalInstructions !== undefined, "instructions for agents", "additionalInstructions")
  add(config.toolKits.length > 0, "tool kits", "toolKits")
  add(config.permissions !== undefined, "permission policies", "permissions")
  return parts
}
