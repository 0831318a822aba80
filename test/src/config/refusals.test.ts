import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { MountDriver } from "../../../src/config/MountPlugins.ts"
import * as VmConfig from "../../../src/config/VmConfig.ts"
import { ConfigError } from "../../../src/errors/ConfigError.ts"

// The accepted configuration is no use in a failure report.
const driver = FastCheck.sample(Arbitrary.make(MountDriver), 1)[0]

const refusal = (input: unknown) => Effect.flip(Effect.as(VmConfig.decode(input), "accepted"))

const refused = (cases: ReadonlyArray<readonly [input: unknown, path: string, detail: string]>) =>
  Effect.gen(function*() {
    for (const [input, path, detail] of cases) {
      const error = yield* refusal(input)
      assert.deepStrictEqual([error.path, error.detail], [path, detail])
    }
  })

const mount = (mount: unknown) => ({ mounts: [mount] })
const entry = (entry: unknown) => ({ rootFilesystem: { bootstrapEntries: [entry] } })
const tool = { name: "t", description: "d", inputSchema: {}, execute: () => undefined }
const kit = { name: "k", description: "d", tools: [tool] }
const snapshot = (source: object) => ({ rootFilesystem: { lowers: [{ kind: "snapshot-export", source }] } })
const format = "agent-os-filesystem-snapshot-v1"

describe("unknown keys", () => {
  it.effect("are refused at every level, with their path and the keys that exist there", () =>
    Effect.gen(function*() {
      const keys = {
        root: Object.keys(VmConfig.VmConfig.fields).join(", "),
        limits: "filesystemBytes, inodes, processes, openFiles, pipes, ptys, shellSessions, " +
          "sessionBytes, sockets, connections, readdirEntries, argvBytes, envBytes, outputBytes, readBytes, workerHeapBytes, wasmMemoryBytes, toolTimeoutMs"
      }
      const cases: ReadonlyArray<readonly [unknown, string, string]> = [
        [{ x: 1 }, "x", keys.root],
        [JSON.parse("{\"__proto__\":{}}"), "__proto__", keys.root],
        [{ software: [{ package: "a", x: 1 }] }, "software[0].x", "package, version, kind"],
        [
          { rootFilesystem: { x: 1 } },
          "rootFilesystem.x",
          "type, mode, disableDefaultBaseLayer, lowers, bootstrapEntries"
        ],
        [
          { rootFilesystem: { lowers: [{ kind: "bundled-base-filesystem", x: 1 }] } },
          "rootFilesystem.lowers[0].x",
          "kind"
        ],
        [snapshot({ format, x: 1 }), "rootFilesystem.lowers[0].source.x", "format, filesystem"],
        [
          snapshot({ format, filesystem: { x: 1 } }),
          "rootFilesystem.lowers[0].source.filesystem.x",
          "entries"
        ],
        [
          entry({ type: "directory", path: "/a", content: "" }),
          "rootFilesystem.bootstrapEntries[0].content",
          "path, type, mode, uid, gid"
        ],
        [mount({ path: "/a", x: 1 }), "mounts[0].x", "path, plugin, readOnly, driver, timeoutMs, filesystem"],
        [mount({ path: "/a", driver, x: 1 }), "mounts[0].x", "path, driver, readOnly, timeoutMs"],
        [mount({ path: "/a", plugin: { id: "memory" }, x: 1 }), "mounts[0].x", "path, plugin, readOnly"],
        [mount({ path: "/a", plugin: { id: "memory", x: 1 } }), "mounts[0].plugin.x", "id, config"],
        [
          mount({ path: "/a", plugin: { id: "host_dir", config: { hostPath: "/", x: 1 } } }),
          "mounts[0].plugin.config.x",
          "hostPath, readOnly, exclude"
        ],
        [
          mount({ path: "/a", filesystem: { type: "overlay", store: 1, lowers: [], x: 1 } }),
          "mounts[0].filesystem.x",
          "type, store, mode, lowers"
        ],
        [{ toolKits: [{ ...kit, x: 1 }] }, "toolKits[0].x", "name, description, tools"],
        [
          { toolKits: [{ ...kit, tools: [{ ...tool, x: 1 }] }] },
          "toolKits[0].tools[0].x",
          "name, description, inputSchema, timeoutMs, outputSchema, sideEffect, approval, idempotent, redact, limits, execute"
        ],
        [{ permissions: { x: 1 } }, "permissions.x", "fs, network, childProcess, process, env, tool"],
        [{ permissions: { fs: { rules: [], x: 1 } } }, "permissions.fs.x", "default, rules"],
        [{ permissions: { fs: { x: 1 } } }, "permissions.fs.x", "default, rules"],
        [
          { permissions: { fs: { rules: [{ mode: "allow", patterns: ["a"] }] } } },
          "permissions.fs.rules[0].patterns",
          "mode, operations, paths"
        ],
        [{ sidecar: { kind: "shared", x: 1 } }, "sidecar.x", "kind, pool"],
        [{ limits: { inode: 1 } }, "limits.inode", keys.limits],
        [{ user: { nam: "a" } }, "user.nam", "name, uid, gid, home, shell"]
      ]
      yield* refused(cases.map(([input, path, known]) => [input, path, `unknown key; known keys here: ${known}`]))
      yield* refused([[
        mount({ path: "/a", plugin: { id: "memory", config: { x: 1 } } }),
        "mounts[0].plugin.config.x",
        "unknown key; no keys are known here"
      ]])
    }))

  it.effect.prop("of any name are refused", [FastCheck.string()], ([key]) =>
    Effect.gen(function*() {
      FastCheck.pre(!Object.hasOwn(VmConfig.VmConfig.fields, key))
      const error = yield* refusal(Object.fromEntries([[key, 1]]))
      assert.isTrue(ConfigError.is(error))
      assert.match(error.detail, /^unknown key; known keys here: software, /)
    }))
})

describe("values", () => {
  it.effect("of the wrong kind are told with their path, and never echoed whole", () =>
    refused([
      [undefined, "", "expected an object, got undefined"],
      [[], "", "expected an object, got an array"],
      [{ mounts: {} }, "mounts", "expected an array, got an object"],
      [{ sidecar: "shared" }, "sidecar", "expected an object, got \"shared\""],
      [{ additionalInstructions: { secret: 1 } }, "additionalInstructions", "expected a string, got an object"],
      [
        { hostname: "x".repeat(99) },
        "hostname",
        `expected a host name of letters, digits and hyphens, at most 63, got "${"x".repeat(60)}..."`
      ]
    ]))

  it.effect("of limits are positive integers below a maximum", () =>
    refused([
      [{ limits: { inodes: 0 } }, "limits.inodes", "expected an integer from 1 to 16777216, got 0"],
      [{ limits: { inodes: -1 } }, "limits.inodes", "expected an integer from 1 to 16777216, got -1"],
      [{ limits: { inodes: 1.5 } }, "limits.inodes", "expected an integer, got 1.5"],
      [{ limits: { inodes: Infinity } }, "limits.inodes", "expected an integer, got Infinity"],
      [{ limits: { inodes: "9" } }, "limits.inodes", "expected a number, got \"9\""],
      [
        { limits: { toolTimeoutMs: 300_001 } },
        "limits.toolTimeoutMs",
        "expected an integer from 1 to 300000, got 300001"
      ]
    ]))

  it.effect("of mounts", () =>
    refused([
      [
        mount({ path: "/a", plugin: { id: "nope" } }),
        "mounts[0].plugin.id",
        "expected one of \"memory\", \"host_dir\", \"s3\", \"google_drive\", \"sandbox_agent\", \"js_bridge\", " +
        "\"module_access\", got \"nope\""
      ],
      [mount({ path: "a", driver }), "mounts[0].path", "Path must be absolute: a"],
      [mount({ path: "/a//b", driver }), "mounts[0].path", "Path must be normalized: /a//b"],
      [mount({ path: "/a\0", driver }), "mounts[0].path", "path contains NUL byte"],
      [mount({ path: "/", driver }), "mounts[0].path", "cannot mount over root"],
      [
        { mounts: [{ path: "/a", driver }, { path: "/a/", driver }] },
        "mounts[1].path",
        "already mounted at /a"
      ],
      [
        mount({ path: "/a", driver: 3 }),
        "mounts[0].driver",
        "expected a filesystem driver: an object with the 23 methods of Driver, got 3"
      ],
      [mount({ path: "/a", plugin: { id: "host_dir" } }), "mounts[0].plugin.config", "is missing; expected an object"],
      [
        mount({ path: "/a", plugin: { id: "host_dir", config: { hostPath: "" } } }),
        "mounts[0].plugin.config.hostPath",
        "expected a string of 1 to 4096 characters, got \"\""
      ],
      ...["a/b", "", ".", ".."].map((name) =>
        [
          mount({ path: "/a", plugin: { id: "host_dir", config: { hostPath: "/", exclude: ["x", name] } } }),
          "mounts[0].plugin.config.exclude[1]",
          `expected a file name without a slash, got ${JSON.stringify(name)}`
        ] as const
      )
    ]))

  it.effect("of permissions", () =>
    refused([
      [
        { permissions: { fs: "maybe" } },
        "permissions.fs",
        "expected one of \"allow\", \"deny\", \"ask\", an object, got \"maybe\""
      ],
      [
        { permissions: { fs: { rules: [{ mode: "allow", operations: [] }] } } },
        "permissions.fs.rules[0].operations",
        "invalid permissions policy: operations must not be empty; use [\"*\"] for wildcard"
      ],
      [
        { permissions: { fs: { rules: [{ mode: "allow", paths: [] }] } } },
        "permissions.fs.rules[0].paths",
        "invalid permissions policy: paths must not be empty; use [\"**\"] for wildcard"
      ],
      ...["etc", "*", "?/a", "/opt/", "//opt", "/etc/../opt", "/etc/.", "/a/..", "/**/", "**//x"].map((path) =>
        [
          { permissions: { fs: { rules: [{ mode: "deny", paths: ["/a", path] }] } } },
          "permissions.fs.rules[0].paths[1]",
          `expected a pattern of absolute paths, without //, . and .. in it or a slash at its end, got ${
            JSON.stringify(path)
          }`
        ] as const
      ),
      [
        { permissions: { network: { rules: [{ mode: "deny", patterns: [] }] } } },
        "permissions.network.rules[0].patterns",
        "invalid permissions policy: patterns must not be empty; use [\"**\"] for wildcard"
      ],
      [
        { permissions: { env: { rules: [{ mode: "deny", operations: ["spawn"] }] } } },
        "permissions.env.rules[0].operations[0]",
        "expected one of \"*\", \"read\", \"write\", got \"spawn\""
      ]
    ]))

  it.effect("of snapshot entries", () =>
    refused([
      [snapshot({ format: "v9" }), "rootFilesystem.lowers[0].source.format", `expected "${format}", got "v9"`],
      [
        { rootFilesystem: { lowers: [{ kind: "x" }] } },
        "rootFilesystem.lowers[0].kind",
        "expected one of \"bundled-base-filesystem\", \"snapshot-export\", got \"x\""
      ],
      [
        entry({ type: "file", path: "/a", mode: "755" }),
        "rootFilesystem.bootstrapEntries[0].mode",
        "expected permission bits as an octal string, as in \"0755\", got \"755\""
      ],
      ...["a=b=", "abc", "ab-_", "====", "aa a"].map((content) =>
        [
          entry({ type: "file", path: "/a", content, encoding: "base64" }),
          "rootFilesystem.bootstrapEntries[0].content",
          "is not valid base64"
        ] as const
      ),
      [
        entry({ type: "symlink", path: "/a" }),
        "rootFilesystem.bootstrapEntries[0].target",
        "is missing; expected a string of 1 to 4096 characters"
      ],
      [
        entry({ type: "file", path: "a" }),
        "rootFilesystem.bootstrapEntries[0].path",
        "Path must be absolute: a"
      ]
    ]))

  it.effect("of users, variables, ports and tool kits", () =>
    refused([
      ...["", "a:b", "a b", "a/b", "a\0", "a\n", "..", "x".repeat(33)].map((name) =>
        [
          { user: { name } },
          "user.name",
          `expected a user name of 1 to 32 characters without colon, slash or blank, got ${JSON.stringify(name)}`
        ] as const
      ),
      [{ user: { uid: 2 ** 32 } }, "user.uid", "expected an integer from 0 to 4294967295, got 4294967296"],
      [{ user: { home: "x" } }, "user.home", "Path must be absolute: x"],
      [{ env: { "a=b": "" } }, "env[\"a=b\"]", "expected the key to be the name of a variable, without = or NUL"],
      [
        { env: JSON.parse("{\"__proto__\":\"x\"}") },
        "env.__proto__",
        "expected the key to be the name of a variable, without = or NUL"
      ],
      [{ env: { A: "\0" } }, "env.A", "expected a string without NUL, got \"\\u0000\""],
      [{ loopbackExemptPorts: [1, 65536] }, "loopbackExemptPorts[1]", "expected an integer from 0 to 65535, got 65536"],
      [{ toolKits: [{ ...kit, tools: [] }] }, "toolKits[0].tools", "a tool kit needs at least one tool"],
      [{ toolKits: [kit, kit] }, "toolKits[1].name", "tool kit \"k\" is defined twice"],
      [{ toolKits: [{ ...kit, tools: [tool, tool] }] }, "toolKits[0].tools[1].name", "tool \"t\" is defined twice"],
      [
        { toolKits: [{ ...kit, tools: [{ ...tool, inputSchema: { x: "x".repeat(16_384) } }] }] },
        "toolKits[0].tools[0].inputSchema",
        "expected a JSON Schema object of at most 16 KiB, got an object"
      ],
      [
        { toolKits: [{ ...kit, description: "x".repeat(201) }] },
        "toolKits[0].description",
        `expected a description of 1 to 200 characters, got "${"x".repeat(60)}..."`
      ],
      [
        { toolKits: [{ ...kit, tools: [{ ...tool, timeoutMs: 300_001 }] }] },
        "toolKits[0].tools[0].timeoutMs",
        "expected an integer from 1 to 300000, got 300001"
      ],
      [
        { sidecar: { kind: "explicit" } },
        "sidecar.handle",
        "is missing; expected a sidecar handle (an object of this program)"
      ]
    ]))

  it.effect("of lists are bounded", () =>
    Effect.gen(function*() {
      const many = <A>(count: number, make: (index: number) => A) => Array.from({ length: count }, (_, i) => make(i))
      const cases: ReadonlyArray<readonly [string, number, (count: number) => unknown]> = [
        ["software", 256, (n) => ({ software: many(n, () => ({ package: "a" })) })],
        ["loopbackExemptPorts", 1024, (n) => ({ loopbackExemptPorts: many(n, () => 1) })],
        ["allowedNodeBuiltins", 256, (n) => ({ allowedNodeBuiltins: many(n, () => "fs") })],
        ["mounts", 256, (n) => ({ mounts: many(n, (i) => ({ path: `/${i}`, driver })) })],
        ["toolKits", 64, (n) => ({ toolKits: many(n, (i) => ({ ...kit, name: `k${i}` })) })],
        [
          "toolKits[0].tools",
          64,
          (n) => ({ toolKits: [{ ...kit, tools: many(n, (i) => ({ ...tool, name: `t${i}` })) }] })
        ],
        ["permissions.fs.rules", 1024, (n) => ({ permissions: { fs: { rules: many(n, () => ({ mode: "allow" })) } } })],
        [
          "rootFilesystem.lowers",
          64,
          (n) => ({ rootFilesystem: { lowers: many(n, () => ({ kind: "bundled-base-filesystem" })) } })
        ]
      ]
      for (const [path, maximum, input] of cases) {
        yield* VmConfig.decode(input(maximum))
        const error = yield* refusal(input(maximum + 1))
        assert.deepStrictEqual(
          [error.path, error.detail],
          [path, `expected an array of at most ${maximum} items, got an array`]
        )
      }
      const tools = many(64, (i) => ({ ...tool, name: `t${i}` }))
      const error = yield* refusal({ toolKits: many(5, (i) => ({ ...kit, name: `k${i}`, tools })) })
      assert.strictEqual(error.detail, "more than 256 tools")
    }))
})
