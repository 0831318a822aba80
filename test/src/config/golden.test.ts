/** The JSON of the published system's shapes, byte for byte. */
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { DirEntry, VirtualDirEntry, VirtualStat } from "../../../src/config/FileStat.ts"
import { isReadOnly, Mount } from "../../../src/config/Mounts.ts"
import { PermissionsConfig } from "../../../src/config/PermissionsConfig.ts"
import { RootFilesystem } from "../../../src/config/RootFilesystem.ts"
import { ScheduleHandle } from "../../../src/config/Schedule.ts"
import {
  explicitPlacement,
  sharedPlacement,
  SidecarConfig,
  SidecarDescription
} from "../../../src/config/SidecarPlacement.ts"
import { makeExport, modeBits, modeString, RootSnapshotExport } from "../../../src/config/Snapshot.ts"
import { Software } from "../../../src/config/Software.ts"
import { ToolDefinition } from "../../../src/config/ToolKits.ts"
import { User } from "../../../src/config/User.ts"

const schemas: ReadonlyArray<readonly [string, Schema.Schema<any, any>, ReadonlyArray<string>]> = [
  ["Software", Software, [
    "{\"package\":\"a\",\"kind\":\"wasm-commands\"}",
    "{\"package\":\"a\",\"version\":\"1\",\"kind\":\"agent\"}"
  ]],
  ["RootFilesystem", RootFilesystem, [
    "{\"type\":\"overlay\",\"disableDefaultBaseLayer\":false,\"lowers\":[],\"bootstrapEntries\":[]}",
    "{\"type\":\"overlay\",\"mode\":\"read-only\",\"disableDefaultBaseLayer\":true," +
    "\"lowers\":[{\"kind\":\"bundled-base-filesystem\"}],\"bootstrapEntries\":[]}"
  ]],
  ["RootSnapshotExport", RootSnapshotExport, [
    "{\"kind\":\"snapshot-export\",\"source\":{\"format\":\"agent-os-filesystem-snapshot-v1\",\"filesystem\":{\"entries\":[" +
    "{\"path\":\"/\",\"type\":\"directory\",\"mode\":\"0755\",\"uid\":0,\"gid\":0}," +
    "{\"path\":\"/a\",\"type\":\"file\",\"mode\":\"0644\",\"uid\":1000,\"gid\":1000,\"content\":\"hi\",\"encoding\":\"utf8\"}," +
    "{\"path\":\"/b\",\"type\":\"file\",\"mode\":\"04755\",\"uid\":0,\"gid\":0,\"content\":\"AAE=\",\"encoding\":\"base64\"}," +
    "{\"path\":\"/c\",\"type\":\"symlink\",\"mode\":\"0777\",\"uid\":0,\"gid\":0,\"target\":\"a\"}]}}}"
  ]],
  ["DirEntry", DirEntry, ["{\"path\":\"/a\",\"type\":\"symlink\",\"size\":3}"]],
  ["VirtualDirEntry", VirtualDirEntry, ["{\"name\":\"a\",\"isDirectory\":true,\"isSymbolicLink\":false}"]],
  ["VirtualStat", VirtualStat, [
    "{\"mode\":33188,\"size\":2,\"blocks\":1,\"dev\":1,\"rdev\":0,\"isDirectory\":false,\"isSymbolicLink\":false," +
    "\"atimeMs\":1.5,\"mtimeMs\":2,\"ctimeMs\":3,\"birthtimeMs\":4,\"ino\":5,\"nlink\":1,\"uid\":1000,\"gid\":1000}"
  ]],
  ["PermissionsConfig", PermissionsConfig, [
    "{}",
    "{\"fs\":\"allow\",\"childProcess\":\"deny\"}",
    "{\"network\":{\"default\":\"deny\",\"rules\":[{\"mode\":\"allow\",\"operations\":[\"dns\"],\"patterns\":[\"dns://a\"]}]}}",
    "{\"fs\":{\"rules\":[{\"mode\":\"allow\",\"operations\":[\"*\"],\"paths\":[\"**\"]}]}}"
  ]],
  ["Mount", Mount, [
    "{\"path\":\"/a\",\"plugin\":{\"id\":\"host_dir\",\"config\":{\"hostPath\":\"/x\",\"readOnly\":true,\"exclude\":[]}}," +
    "\"readOnly\":false}",
    "{\"path\":\"/a\",\"plugin\":{\"id\":\"s3\",\"config\":{\"bucket\":\"bucket\",\"prefix\":\"\",\"region\":\"us-east-1\",\"allowPrivateEndpoint\":false," +
    "\"chunkSize\":4194304,\"inlineThreshold\":65536,\"refreshMs\":1000}},\"readOnly\":true}",
    "{\"path\":\"/a\",\"plugin\":{\"id\":\"js_bridge\"},\"readOnly\":false}",
    "{\"path\":\"/a\",\"filesystem\":{\"type\":\"overlay\",\"store\":{\"k\":1},\"mode\":\"ephemeral\",\"lowers\":[]},\"timeoutMs\":30000}"
  ]],
  ["SidecarConfig", SidecarConfig, ["{\"kind\":\"shared\",\"pool\":\"p\"}", "{\"kind\":\"shared\",\"pool\":\"\"}"]],
  ["SidecarDescription", SidecarDescription, [
    "{\"sidecarId\":\"s\",\"placement\":{\"kind\":\"shared\",\"pool\":\"p\"},\"state\":\"ready\",\"activeVmCount\":2}",
    "{\"sidecarId\":\"s\",\"placement\":{\"kind\":\"shared\"},\"state\":\"disposing\",\"activeVmCount\":0}",
    "{\"sidecarId\":\"s\",\"placement\":{\"kind\":\"explicit\",\"sidecarId\":\"s\"},\"state\":\"disposed\",\"activeVmCount\":0}"
  ]],
  ["ToolDefinition", ToolDefinition, [
    "{\"name\":\"t\",\"description\":\"d\",\"inputSchema\":{\"type\":\"object\"},\"timeoutMs\":5}"
  ]],
  ["User", User, ["{\"name\":\"user\",\"uid\":1000,\"gid\":1000,\"home\":\"/home/user\",\"shell\":\"/bin/sh\"}"]],
  ["ScheduleHandle", ScheduleHandle, ["{\"id\":\"a\"}"]]
]

describe("golden JSON", () => {
  for (const [name, schema, texts] of schemas) {
    it(name, () => {
      const encode = Schema.encodeSync(schema)
      const decode = Schema.decodeUnknownSync(schema, { onExcessProperty: "error" })
      for (const text of texts) {
        assert.strictEqual(JSON.stringify(encode(decode(JSON.parse(text)))), text)
      }
    })

    it(`${name}, generated`, () => {
      const encode = Schema.encodeSync(schema)
      const decode = Schema.decodeUnknownSync(schema, { onExcessProperty: "error" })
      FastCheck.assert(
        FastCheck.property(Arbitrary.make(schema), (value) => {
          const encoded = encode(value)
          assert.deepStrictEqual(encode(decode(encoded)), encoded)
        }),
        { numRuns: 50 }
      )
    })
  }
})

describe("defaults of shapes", () => {
  it("a snapshot entry needs only path and type", () => {
    const decode = Schema.decodeUnknownSync(RootSnapshotExport)
    const source = (entries: ReadonlyArray<object>) =>
      decode({
        ...makeExport([]),
        source: {
          format: "agent-os-filesystem-snapshot-v1",
          filesystem: { entries }
        }
      })
    assert.deepStrictEqual(
      source([
        { path: "/f", type: "file" },
        { path: "/d", type: "directory" },
        { path: "/l", type: "symlink", target: "f" }
      ]),
      makeExport([
        { path: "/f", type: "file", mode: "0644", uid: 0, gid: 0, content: "", encoding: "utf8" },
        { path: "/d", type: "directory", mode: "0755", uid: 0, gid: 0 },
        { path: "/l", type: "symlink", mode: "0777", uid: 0, gid: 0, target: "f" }
      ])
    )
  })

  it("modes are octal strings of the permission bits", () => {
    assert.strictEqual(modeString(0o100644), "0644")
    assert.strictEqual(modeString(0), "00")
    for (let mode = 0; mode <= 0o7777; mode++) {
      assert.strictEqual(modeBits(modeString(mode)), mode)
    }
  })

  it("a placement without a pool name does not write it", () => {
    assert.deepStrictEqual(sharedPlacement("p"), { kind: "shared", pool: "p" })
    assert.deepStrictEqual(sharedPlacement(""), { kind: "shared" })
    assert.deepStrictEqual(explicitPlacement("s"), { kind: "explicit", sidecarId: "s" })
    const encode = Schema.encodeSync(SidecarDescription)
    assert.deepStrictEqual(
      encode({ sidecarId: "s", placement: { kind: "shared", pool: "" }, state: "ready", activeVmCount: 0 }).placement,
      { kind: "shared" }
    )
  })

  it("a mount is read-only if it or its plugin says so", () => {
    const decode = Schema.decodeUnknownSync(Mount)
    const hostDir = (config: object, readOnly: boolean) =>
      isReadOnly(decode({ path: "/a", readOnly, plugin: { id: "host_dir", config: { hostPath: "/", ...config } } }))
    assert.isTrue(hostDir({}, false))
    assert.isTrue(hostDir({ readOnly: false }, true))
    assert.isFalse(hostDir({ readOnly: false }, false))
    assert.isFalse(isReadOnly(decode({ path: "/a", plugin: { id: "memory" } })))
    const overlay = { type: "overlay", store: 1, lowers: [] }
    assert.isTrue(isReadOnly(decode({ path: "/a", filesystem: { ...overlay, mode: "read-only" } })))
    assert.isFalse(isReadOnly(decode({ path: "/a", filesystem: overlay })))
  })
})
