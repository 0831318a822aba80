/**
 * What a configuration asks for and this version does not do. Nothing is ignored silently: a lease is refused instead.
 *
 * @since 0.1.0
 */
import { NotYetSupported } from "../errors/NotYetSupported.ts"
import { defaultLimits } from "./Limits.ts"
import { supportedPlugins } from "./MountPlugins.ts"
import type { Mount } from "./Mounts.ts"
import type { PermissionsConfig } from "./PermissionsConfig.ts"
import type { VmConfig } from "./VmConfig.ts"

/** Limits that nothing enforces yet: another value than the default would be a promise that is not kept. */
const unenforced = ["pipes", "sockets", "connections", "workerHeapBytes"] as const

/** Domains of a policy that nothing asks yet, as there is nothing to be had in them: a policy that allows nothing is kept to. */
const unenforcedDomains = ["network"] as const

const allows = (scope: NonNullable<PermissionsConfig["network"]>): boolean =>
  typeof scope === "string"
    ? scope === "allow"
    : scope.default === "allow" || scope.rules.some(({ mode }) => mode === "allow")

const mountFeature = (mount: Mount): readonly [feature: string, key: string] | undefined => {
  if ("filesystem" in mount) {
    const { store } = mount.filesystem
    const memory = store === undefined || (store as { readonly type?: unknown } | null)?.type === "memory"
    return memory ? undefined : ["stores of overlays beside the VM's own memory", "filesystem.store"]
  }
  if ("driver" in mount) {
    return undefined
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
  config.software.forEach(({ kind }, index) =>
    add(kind !== "wasm-commands", `software packages of kind ${kind}`, `software[${index}].kind`)
  )
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
  for (const domain of unenforcedDomains) {
    const scope = config.permissions?.[domain]
    add(scope !== undefined && allows(scope), `permissions of the domain ${domain}`, `permissions.${domain}`)
  }
  return parts
}
