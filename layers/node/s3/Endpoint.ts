/**
 * Where a store is: the addresses of its objects, and which addresses may be reached at all.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { BlockList, isIP } from "node:net"
import type { S3Config } from "../../../src/config/MountPlugins.ts"
import { ConfigError } from "../../../src/errors/ConfigError.ts"

const listOf = (
  subnets: ReadonlyArray<readonly [address: string, prefix: number, type: "ipv4" | "ipv6"]>
): BlockList => {
  const list = new BlockList()
  for (const [address, prefix, type] of subnets) list.addSubnet(address, prefix, type)
  return list
}

/** Where clouds tell an instance its secrets: no store is there. */
const linkLocal = listOf([
  ["169.254.0.0", 16, "ipv4"],
  ["fe80::", 10, "ipv6"],
  ["fd00:ec2::254", 128, "ipv6"]
])

/** What the internet does not lead to. */
const internal = listOf([
  ["0.0.0.0", 8, "ipv4"],
  ["10.0.0.0", 8, "ipv4"],
  ["100.64.0.0", 10, "ipv4"],
  ["127.0.0.0", 8, "ipv4"],
  ["172.16.0.0", 12, "ipv4"],
  ["192.0.0.0", 24, "ipv4"],
  ["192.168.0.0", 16, "ipv4"],
  ["198.18.0.0", 15, "ipv4"],
  ["224.0.0.0", 3, "ipv4"],
  ["::", 128, "ipv6"],
  ["::1", 128, "ipv6"],
  ["fc00::", 7, "ipv6"],
  ["fec0::", 10, "ipv6"],
  ["ff00::", 8, "ipv6"]
])

/** The IPv4 address that an IPv6 address stands for: mapped, compatible, of NAT64, of 6to4. */
const embedded = (address: string): string | undefined => {
  const groups = groupsOf(address)
  const at = (index: number) =>
    [groups[index] >>> 8, groups[index] & 0xff, groups[index + 1] >>> 8, groups[index + 1] & 0xff].join(".")
  if (groups.slice(0, 5).every((group) => group === 0) && (groups[5] === 0 || groups[5] === 0xffff)) return at(6)
  if (groups[0] === 0x64 && groups[1] === 0xff9b) return at(6)
  return groups[0] === 0x2002 ? at(1) : undefined
}

const groupsOf = (address: string): ReadonlyArray<number> => {
  const text = address.replace(/%.*$/, "").replace(
    /(\d+)\.(\d+)\.(\d+)\.(\d+)$/,
    (_, a, b, c, d) => `${(Number(a) * 256 + Number(b)).toString(16)}:${(Number(c) * 256 + Number(d)).toString(16)}`
  )
  const [head, tail] = text.split("::").map((half) => half.split(":").filter((group) => group !== ""))
  const missing = 8 - head.length - (tail?.length ?? 0)
  return [...head, ...Array.from({ length: Math.max(0, missing) }, () => "0"), ...(tail ?? [])]
    .map((group) => Number.parseInt(group, 16))
}

/**
 * Why an IP address may not be reached; nothing when it may.
 *
 * @since 0.1.0
 * @category guards
 */
export const refusedAddress = (address: string, allowPrivate: boolean): string | undefined => {
  const family = isIP(address)
  if (family === 0) return "is no address"
  const type = family === 4 ? "ipv4" : "ipv6"
  const inner = family === 6 ? embedded(address) : undefined
  const within = (list: BlockList) => list.check(address, type) || (inner !== undefined && list.check(inner, "ipv4"))
  if (within(linkLocal)) return "is link-local, where no store is"
  return within(internal) && !allowPrivate
    ? "is private; set allowPrivateEndpoint if the store is there"
    : undefined
}

/**
 * Where the objects of a bucket are.
 *
 * @since 0.1.0
 * @category models
 */
export interface Endpoint {
  /** The address of a key; of the bucket itself for the empty key. */
  readonly urlOf: (key: string, query?: Readonly<Record<string, string>>) => URL
  readonly allowPrivate: boolean
}

const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)

const hostOf = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, "$1")

/**
 * The endpoint that a configuration names. An address that may not be reached is refused here where it is written as such;
 * what a name stands for is checked whenever a connection is made.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (config: S3Config): Effect.Effect<Endpoint, ConfigError> =>
  Effect.suspend(() => {
    const { allowPrivateEndpoint: allowPrivate, bucket, region } = config
    const suffix = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
    const base = new URL(config.endpoint ?? `https://s3.${region}.${suffix}`)
    const host = hostOf(base)
    const refused = isIP(host) === 0 ? undefined : refusedAddress(host, allowPrivate)
    if (refused !== undefined) {
      return Effect.fail(new ConfigError({ path: "plugin.config.endpoint", detail: `the address ${host} ${refused}` }))
    }
    // a bucket with dots matches no certificate of the store
    const inPath = config.pathStyle ?? (config.endpoint !== undefined || bucket.includes("."))
    if (!inPath && isIP(host) !== 0) {
      return Effect.fail(
        new ConfigError({ path: "plugin.config.pathStyle", detail: "an address cannot have a bucket in front of it" })
      )
    }
    const origin = inPath ? `${base.protocol}//${base.host}/${bucket}` : `${base.protocol}//${bucket}.${base.host}`
    return Effect.succeed<Endpoint>({
      allowPrivate,
      urlOf: (key, query = {}) => {
        const search = Object.entries(query).map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join("&")
        const path = key.split("/").map(encoded).join("/")
        return new URL(`${origin}${path === "" && inPath ? "" : `/${path}`}${search === "" ? "" : `?${search}`}`)
      }
    })
  })
