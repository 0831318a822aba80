/** `agent-os replay`: what it prints, and how it ends. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Recording, VirtualTime } from "../../layers/testing/index.ts"
import { LogWriter, readLog } from "../../native/record/log.ts"
import { Vm } from "../../services/Vm.ts"
import { agentOs, withFolder } from "./support.ts"

const recorded = Effect.runPromise(
  Vm.record(Effect.flatMap(Vm.make({}), ({ filesystem }) => filesystem.writeFile("/tmp/a", "a")), { seed: 1 }).pipe(
    Effect.provide([Recording.layerRecorder(), VirtualTime.layer()])
  )
)

/** The same with another root at the end. */
const diverging = (log: Uint8Array): readonly [log: Uint8Array, event: number] => {
  const { entries, header, whole } = readLog(log)
  const at = entries.findLastIndex(({ kind }) => kind === "root")
  const writer = new LogWriter(header)
  entries.forEach((entry, index) =>
    writer.append(index === at ? { ...entry, body: entry.body.map((byte) => byte ^ 1) } : entry)
  )
  return [writer.toBytes(whole), at]
}

describe("agent-os replay", () => {
  it("prints the hashes of a recording, and 0", () =>
    withFolder(async (folder) => {
      const { log, summary } = await recorded
      writeFileSync(join(folder, "run"), log)
      const { code, stderr, stdout } = await agentOs(["replay", join(folder, "run")])
      assert.deepStrictEqual([code, stderr], [0, ""])
      assert.strictEqual(
        stdout,
        `events     ${summary.events}\nevent hash ${summary.eventHash}\nroot hash  ${summary.rootHashes[0]}\n`
      )
    }))

  it("tells the first event that differs, and 1", () =>
    withFolder(async (folder) => {
      const file = join(folder, "run")
      const [log, event] = diverging((await recorded).log)
      writeFileSync(file, log)
      const { code, stderr, stdout } = await agentOs(["replay", file])
      assert.deepStrictEqual([code, stdout], [1, ""])
      const hash = (await recorded).summary.rootHashes[0]
      assert.strictEqual(
        stderr,
        `agent-os: ${file}: the replay differs at event ${event}: expected root 0: ${hash}, found root 0: ${hash}\n`
      )
    }))

  it("refuses what is no recording, is damaged, or is not there, with 125 and a reason", () =>
    withFolder(async (folder) => {
      const { log } = await recorded
      const file = join(folder, "run")
      const says = async (reason: string, words: ReadonlyArray<string> = [file]) => {
        const { code, stderr, stdout } = await agentOs(["replay", ...words])
        assert.deepStrictEqual([code, stderr, stdout], [125, `agent-os: ${reason}\n`, ""])
      }
      writeFileSync(file, "#!/bin/sh\n")
      await says(`${file}: this is no recording`)
      writeFileSync(file, log.subarray(0, log.length - 1))
      await says(`${file}: the recording is cut off after event ${readLog(log).entries.length - 1}`)
      writeFileSync(file, Buffer.concat([log, Buffer.from("x")]))
      await says(`${file}: the recording is damaged: there is something after its end`)
      await says(`there is no file ${join(folder, "none")}`, [join(folder, "none")])
      mkdirSync(join(folder, "empty"))
      await says(`there is no recording in ${join(folder, "empty")}`, [join(folder, "empty")])
      await says("which recording? see agent-os replay --help", [])
    }))

  it("replays several, and the files of folders, whatever becomes of some", () =>
    withFolder(async (folder) => {
      const { log, summary } = await recorded
      const name = (file: string) => join(folder, "runs", file)
      mkdirSync(join(folder, "runs", "deeper"), { recursive: true })
      writeFileSync(name("1"), log)
      const [other, event] = diverging(log)
      writeFileSync(name("2"), other)
      writeFileSync(name("3"), log)
      const { code, stderr, stdout } = await agentOs(["replay", join(folder, "runs"), name("1")])
      assert.strictEqual(code, 1)
      assert.include(stderr, `agent-os: ${name("2")}: the replay differs at event ${event}: `)
      const block = (file: string) =>
        `file       ${file}\nevents     ${summary.events}\nevent hash ${summary.eventHash}\nroot hash  ${
          summary.rootHashes[0]
        }\n`
      assert.strictEqual(stdout, [name("1"), name("3"), name("1")].map(block).join(""))
    }))
})
