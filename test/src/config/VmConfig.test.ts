import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { MountDriver } from "../../../src/config/MountPlugins.ts"
import { unsupportedParts } from "../../../src/config/UnsupportedParts.ts"
import * as VmConfig from "../../../src/config/VmConfig.ts"
import { denyAll } from "../../../src/policy/Permissions.ts"

const driver = FastCheck.sample(Arbitrary.make(MountDriver), 1)[0]
const execute = () => undefined

const defaults = {
  software: [],
  loopbackExemptPorts: [],
  rootFilesystem: { type: "overlay", disableDefaultBaseLayer: false, lowers: [], bootstrapEntries: [] },
  mounts: [],
  toolKits: [],
  sidecar: { kind: "shared", pool: "default" },
  limits: {
    filesystemBytes: 67108864,
    inodes: 16384,
    processes: 256,
    openFiles: 256,
    pipes: 128,
    ptys: 128,
    shellSessions: 64,
    sessionBytes: 1_048_576,
    sockets: 256,
    connections: 256,
    readdirEntries: 4096,
    argvBytes: 1048576,
    envBytes: 1048576,
    outputBytes: 16777216,
    readBytes: 67108864,
    workerHeapBytes: 268435456,
    wasmMemoryBytes: 268435456,
    toolTimeoutMs: 30000
  },
  user: { name: "user", uid: 1000, gid: 1000, home: "/home/user", shell: "/bin/sh" },
  env: {},
  hostname: "agent-os"
}

describe("decode", () => {
  it.effect("fills in every default", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual<unknown>(yield* VmConfig.decode({}), defaults)
      // An explicit undefined is an absent key.
      const input = Object.fromEntries(Object.keys(VmConfig.VmConfig.fields).map((key) => [key, undefined]))
      assert.deepStrictEqual<unknown>(yield* VmConfig.decode(input), defaults)
    }))

  it.effect("takes a full configuration", () =>
    Effect.gen(function*() {
      const input: VmConfig.VmConfigInput = {
        software: [{ package: "@x/coreutils", version: "1.0.0" }, { package: "@x/pi", kind: "agent" }],
        loopbackExemptPorts: [0, 65535],
        allowedNodeBuiltins: ["path"],
        moduleAccessCwd: "/srv",
        rootFilesystem: { mode: "read-only", lowers: [{ kind: "bundled-base-filesystem" }] },
        mounts: [
          { path: "/m", plugin: { id: "memory" } },
          { path: "/repo", plugin: { id: "host_dir", config: { hostPath: ".", exclude: [".git"] } } },
          { path: "/d", driver, readOnly: true },
          {
            path: "/o",
            filesystem: { type: "overlay", store: { any: "thing" }, lowers: [{ kind: "driver", driver }] }
          },
          { path: "/s3", plugin: { id: "s3", config: { bucket: "bucket" } } }
        ],
        additionalInstructions: "be brief",
        toolKits: [{ name: "k", description: "d", tools: [{ name: "t", description: "d", inputSchema: {}, execute }] }],
        permissions: { fs: "allow", tool: { default: "deny", rules: [{ mode: "ask", patterns: ["k:*"] }] } },
        sidecar: { kind: "explicit", handle: driver },
        limits: { inodes: 10 },
        user: { name: "ada", uid: 0 },
        env: { A: "1" },
        hostname: "box"
      }
      const config = yield* VmConfig.decode(input)
      assert.deepStrictEqual<unknown>(config.software, [
        { package: "@x/coreutils", version: "1.0.0", kind: "wasm-commands" },
        { package: "@x/pi", kind: "agent" }
      ])
      assert.deepStrictEqual<unknown>(config.mounts.slice(0, 3), [
        { path: "/m", plugin: { id: "memory", config: {} }, readOnly: false },
        {
          path: "/repo",
          plugin: { id: "host_dir", config: { hostPath: ".", readOnly: true, exclude: [".git"] } },
          readOnly: false
        },
        { path: "/d", driver, readOnly: true, timeoutMs: 30_000 }
      ])
      assert.deepStrictEqual<unknown>(config.permissions, {
        fs: "allow",
        tool: { default: "deny", rules: [{ mode: "ask", operations: ["*"], patterns: ["k:*"] }] }
      })
      assert.deepStrictEqual(config.user, { name: "ada", uid: 0, gid: 1000, home: "/home/ada", shell: "/bin/sh" })
      assert.deepStrictEqual<unknown>(config.limits, { ...defaults.limits, inodes: 10 })
      const { mounts: [, , mount] } = config
      assert.isTrue("driver" in mount && mount.driver === driver, "a driver is the same object")
    }))

  it.effect("returns what it returned, when given it again", () =>
    Effect.gen(function*() {
      const config = yield* VmConfig.decode({ user: { name: "root" }, limits: { pipes: 1 } })
      assert.strictEqual(config.user.home, "/root")
      assert.deepStrictEqual(yield* VmConfig.decode(config), config)
    }))
})

describe("round trip", () => {
  it("any configuration survives encoding and decoding", () => {
    const encode = Schema.encodeSync(VmConfig.VmConfig)
    const decode = Schema.decodeUnknownSync(VmConfig.VmConfig, { onExcessProperty: "error" })
    FastCheck.assert(
      FastCheck.property(Arbitrary.make(VmConfig.VmConfig), (config) => {
        const encoded = encode(config)
        assert.deepStrictEqual(encode(decode(encoded)), encoded)
      }),
      { numRuns: 100 }
    )
  })
})

describe("unsupportedParts", () => {
  const partsOf = (input: VmConfig.VmConfigInput) =>
    Effect.map(VmConfig.decode(input), (config) => unsupportedParts(config).map((part) => part.path))

  it.effect("has nothing to say of what is there", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* partsOf({}), [])
      assert.deepStrictEqual(
        yield* partsOf({
          rootFilesystem: { mode: "read-only", disableDefaultBaseLayer: true },
          mounts: [
            { path: "/m", plugin: { id: "memory" } },
            { path: "/h", plugin: { id: "host_dir", config: { hostPath: "." } } }
          ],
          limits: { inodes: 1, pipes: 128 },
          env: { A: "1" }
        }),
        []
      )
    }))

  const cases: ReadonlyArray<readonly [VmConfig.VmConfigInput, string]> = [
    [{ software: [{ package: "a" }, { package: "b", kind: "agent" }] }, "software[1].kind"],
    [{ loopbackExemptPorts: [80] }, "loopbackExemptPorts"],
    [{ allowedNodeBuiltins: [] }, "allowedNodeBuiltins"],
    [{ moduleAccessCwd: "/" }, "moduleAccessCwd"],
    [{ limits: { pipes: 1 } }, "limits.pipes"],
    [{ limits: { workerHeapBytes: 1 } }, "limits.workerHeapBytes"],
    [
      { mounts: [{ path: "/o", filesystem: { type: "overlay", store: null, lowers: [{ kind: "driver", driver }] } }] },
      "mounts[0].filesystem.store"
    ],
    ...(["google_drive", "sandbox_agent", "js_bridge", "module_access"] as const).map((id) =>
      [{ mounts: [{ path: "/p", plugin: { id, config: {} } }] }, "mounts[0].plugin.id"] as const
    ),
    [{ additionalInstructions: "x" }, "additionalInstructions"],
    [
      { permissions: { network: { default: "deny", rules: [{ mode: "allow", patterns: ["dns://x"] }] } } },
      "permissions.network"
    ],
    [{ permissions: { network: { default: "allow", rules: [] } } }, "permissions.network"],
    [{ permissions: { network: "allow", tool: "deny" } }, "permissions.network"]
  ]

  it.effect("a network policy that allows nothing is kept, as there is no network", () =>
    Effect.gen(function*() {
      for (const network of ["deny", "ask", { rules: [{ mode: "deny", patterns: ["dns://x"] }] }] as const) {
        assert.deepStrictEqual(yield* partsOf({ permissions: { network } }), [])
      }
      assert.deepStrictEqual(yield* partsOf({ permissions: denyAll }), [])
    }))

  it.effect("names each part that is not", () =>
    Effect.gen(function*() {
      for (const [input, path] of cases) {
        assert.deepStrictEqual(yield* partsOf(input), [path])
      }
      const every = cases.reduce((all, [input]) => ({ ...all, ...input }), {} as VmConfig.VmConfigInput)
      assert.deepStrictEqual(yield* partsOf(every), [
        "software[1].kind",
        "loopbackExemptPorts",
        "allowedNodeBuiltins",
        "moduleAccessCwd",
        "mounts[0].plugin.id",
        "limits.workerHeapBytes",
        "additionalInstructions",
        "permissions.network"
      ])
    }))
})
