import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as FastCheck from "effect/FastCheck"
import * as Hash from "effect/Hash"
import * as Schema from "effect/Schema"
import { inspect } from "node:util"
import * as Errno from "../../../src/Errno.ts"
import { AgentOsError, batchMessage } from "../../../src/errors/AgentOsError.ts"
import { ConfigError } from "../../../src/errors/ConfigError.ts"
import { InvalidRecording } from "../../../src/errors/InvalidRecording.ts"
import { KernelError } from "../../../src/errors/KernelError.ts"
import { NotYetSupported } from "../../../src/errors/NotYetSupported.ts"
import { PathError } from "../../../src/errors/PathError.ts"
import { PermissionDenied } from "../../../src/errors/PermissionDenied.ts"
import { ProcessError } from "../../../src/errors/ProcessError.ts"
import { ReplayDiverged } from "../../../src/errors/ReplayDiverged.ts"
import { ScheduleError } from "../../../src/errors/ScheduleError.ts"
import { SidecarError } from "../../../src/errors/SidecarError.ts"
import { ToolError } from "../../../src/errors/ToolError.ts"
import { TransportError } from "../../../src/errors/TransportError.ts"
import { WatchOverflow } from "../../../src/errors/WatchOverflow.ts"

const output = { stdout: "so far", stderr: "" }
const limit = { name: "outputBytes", value: 16777216 }

// Every message that a user can meet, and whether a retry can help.
const cases: ReadonlyArray<readonly [error: AgentOsError, message: string, retryable: boolean]> = [
  [new PathError({ reason: "NotAbsolute", path: "a" }), "Path must be absolute: a", false],
  [new PathError({ reason: "NotNormalized", path: "/a//b" }), "Path must be normalized: /a//b", false],
  [
    new WatchOverflow({ path: "/srv", from: 3, to: 9 }),
    "changes 3 to 9 are lost to the watch of /srv: read the files again and watch anew",
    false
  ],
  [
    new ReplayDiverged({ event: 7, expected: "sent 0: 12 bytes", found: "nothing" }),
    "the replay differs at event 7: expected sent 0: 12 bytes, found nothing",
    false
  ],
  [new InvalidRecording({ reason: "NotARecording", detail: "this is no recording" }), "this is no recording", false],
  [new PathError({ reason: "ReadOnly", path: "/proc" }), "Path is read-only: /proc", false],
  [
    new KernelError({ errno: "ENOENT", syscall: "open", path: "/x" }),
    "ENOENT: no such file or directory, open '/x'",
    false
  ],
  [
    new KernelError({ errno: "EXDEV", syscall: "rename", path: "/a", dest: "/b" }),
    "EXDEV: cross-device link not permitted, rename '/a' -> '/b'",
    false
  ],
  [new KernelError({ errno: "ENOSYS", syscall: "ioctl" }), "ENOSYS: function not implemented, ioctl", false],
  [
    new KernelError({ errno: "ENOSPC", syscall: "write", path: "/x", limit: { name: "filesystemBytes", value: 64 } }),
    "ENOSPC: no space left on device, write '/x'; limit filesystemBytes is 64, raise limits.filesystemBytes to allow more",
    false
  ],
  [
    new KernelError({ errno: "EAGAIN", syscall: "spawn" }),
    "EAGAIN: resource temporarily unavailable, spawn",
    true
  ],
  [new TransportError({ reason: "Closed", detail: "closed by the peer" }), "transport error: closed by the peer", true],
  [new TransportError({ reason: "Protocol", detail: "bad frame" }), "transport error: bad frame", false],
  [new TransportError({ reason: "FrameTooLarge", detail: "5" }), "transport error: 5", false],
  [new TransportError({ reason: "Timeout", detail: "no answer" }), "transport error: no answer", true],
  [new TransportError({ reason: "Overloaded", detail: "busy" }), "transport error: busy", true],
  [new TransportError({ reason: "Unauthorized", detail: "token" }), "transport error: token", false],
  [new TransportError({ reason: "Version", detail: "1 and 2" }), "transport error: 1 and 2", false],
  [new SidecarError({ reason: "Spawn", detail: "not found" }), "sidecar error: not found", false],
  [new SidecarError({ reason: "Handshake", detail: "silent" }), "sidecar error: silent", false],
  [
    new SidecarError({ reason: "Exited", detail: "it ended", exitCode: 1, stderr: ["at /home/me/x.ts"] }),
    "sidecar error: it ended (exit code 1)",
    true
  ],
  [
    new SidecarError({ reason: "VmLost", detail: "it ended", signal: "SIGKILL" }),
    "sidecar error: it ended (signal SIGKILL)",
    true
  ],
  [SidecarError.notReady("s-1", "disposing"), "Cannot lease VM from sidecar s-1 while it is disposing", false],
  [SidecarError.aggregate([new Error("a"), new Error("b")]), "a; b", false],
  [ProcessError.notFound(7), "Process not found: 7", false],
  [
    new ProcessError({ reason: "TimedOut", command: "sleep 9", pid: 3, ...output, detail: "after 5ms" }),
    "process timed out: sleep 9: after 5ms",
    true
  ],
  [
    new ProcessError({ reason: "OutputLimit", command: "yes", ...output, detail: "", limit }),
    "process output is above its limit: yes; limit outputBytes is 16777216, raise limits.outputBytes to allow more",
    false
  ],
  [ProcessError.noSession("build"), "Shell session not found: build", false],
  [
    new ProcessError({ reason: "SessionLimit", command: "x=1", session: "s", ...output, detail: "it ended", limit }),
    "state of the shell session is above its limit: x=1: it ended; limit outputBytes is 16777216, raise "
    + "limits.outputBytes to allow more",
    false
  ],
  [
    ProcessError.truncated(7, { from: 10, to: 90 }),
    "output is not kept any more: process 7: bytes 10 to 90 are gone; read sooner, or keep more with keepBytes",
    false
  ],
  [
    new ProcessError({ reason: "Spawn", command: "x".repeat(500), ...output, detail: "no shell" }),
    `process did not start: ${"x".repeat(120)}...: no shell`,
    false
  ],
  [
    new ProcessError({ reason: "Spawn", command: "x", ...output, detail: "", limit: { name: "processes", value: 1 } }),
    "process did not start: x; limit processes is 1, raise limits.processes to allow more",
    true
  ],
  [ToolError.unknownFlag("k:t", "x"), "Unknown flag: --x", false],
  [ToolError.missingFlag("k:t", "x"), "Missing required flag: --x", false],
  [ToolError.unexpectedArgument("k:t", "x"), "Unexpected positional argument: \"x\"", false],
  [ToolError.flagWithoutValue("k:t", "x"), "Flag --x requires a value", false],
  [ToolError.flagNotNumber("k:t", "x", "v"), "Flag --x expects a number, got \"v\"", false],
  [ToolError.invalidJson("k:t", "--json", "e"), "Invalid JSON for --json: e", false],
  [ToolError.invalidJson("k:t", "file", "e"), "Invalid JSON file: e", false],
  [ToolError.unknownToolKit("x", ["a", "b"]), "No toolkit \"x\". Available: a, b", false],
  [ToolError.unknownTool("k", "x", ["a", "b"]), "No tool \"x\" in toolkit \"k\". Available: a, b", false],
  [
    ToolError.inputMismatch("k:t", "$.path", "string", "number"),
    "ToolInputSchemaViolation at $.path: expected string, got number",
    false
  ],
  [ToolError.timedOut("k:t", 30000), "Tool \"k:t\" timed out after 30000ms", true],
  [new ScheduleError({ reason: "InvalidSchedule", schedule: "x", hint: "5 fields" }), "invalid schedule: x", false],
  [new ScheduleError({ reason: "UnknownJob", schedule: "", id: "x" }), "no job with the id \"x\"", false],
  [
    new ScheduleError({ reason: "StoreTimeout", schedule: "", id: "x", hint: "no answer within 30s" }),
    "the schedule store does not answer for \"x\": no answer within 30s",
    true
  ],
  [new ScheduleError({ reason: "PastSchedule", schedule: "2001-01-01" }), "schedule is in the past: 2001-01-01", false],
  [
    new PermissionDenied({ domain: "fs", operation: "read", resource: "/x", rule: 2 }),
    "EACCES: permission denied, read '/x': blocked by fs.read policy",
    false
  ],
  [
    new PermissionDenied({ domain: "network", operation: "http", resource: "tcp://h:80", mode: "ask" }),
    "EACCES: permission denied, tcp://h:80: permission prompt required for network.http",
    false
  ],
  [
    new PermissionDenied({ domain: "tool", operation: "invoke", resource: "k:t" }),
    "EACCES: blocked by tool.invoke policy for k:t",
    false
  ],
  [
    new PermissionDenied({ domain: "tool", operation: "invoke", resource: "k:t", mode: "ask" }),
    "EACCES: permission prompt required for tool.invoke on k:t",
    false
  ],
  [new ConfigError({ path: "a.b", detail: "no" }), "invalid configuration at a.b: no", false],
  [new ConfigError({ path: "", detail: "no" }), "invalid configuration: no", false],
  [
    new NotYetSupported({ feature: "tool kits", path: "toolKits" }),
    "not yet supported: tool kits, asked for by toolKits",
    false
  ]
]

const guards = {
  ConfigError,
  InvalidRecording,
  KernelError,
  NotYetSupported,
  PathError,
  PermissionDenied,
  ProcessError,
  ReplayDiverged,
  ScheduleError,
  SidecarError,
  ToolError,
  TransportError,
  WatchOverflow
}

describe("errors", () => {
  it("say what happened and whether a retry can help", () => {
    for (const [error, message, retryable] of cases) {
      assert.strictEqual(error.message, message)
      assert.strictEqual(error.retryable, retryable, message)
      assert.strictEqual(batchMessage(error), message)
      assert.instanceOf(error, Error)
    }
  })

  it("cover every class", () => {
    assert.deepStrictEqual([...new Set(cases.map(([error]) => error._tag))].sort(), Object.keys(guards).sort())
  })

  it("are told apart by `is`", () => {
    for (const [error] of cases) {
      for (const [tag, guard] of Object.entries(guards)) {
        assert.strictEqual(guard.is(error), tag === error._tag)
      }
    }
    assert.isFalse(KernelError.is(undefined))
    assert.isFalse(KernelError.is(new Error("no")))
  })

  it("keep stderr lines out of the message", () => {
    const error = new SidecarError({ reason: "Exited", detail: "ended", stderr: ["secret"] })
    assert.notInclude(error.message, "secret")
    assert.deepStrictEqual(error.stderr, ["secret"])
  })

  it("a denied tool call carries the policy's text", () => {
    const denied = new PermissionDenied({ domain: "tool", operation: "invoke", resource: "k:t" })
    assert.strictEqual(ToolError.denied("k:t", denied).message, denied.message)
  })
})

describe("KernelError.unsafeMake", () => {
  it("makes what the constructor makes, but for the stack", () => {
    const frames = Error.stackTraceLimit
    FastCheck.assert(
      FastCheck.property(Arbitrary.make(KernelError), (some) => {
        // a key that is there without a value is no key
        const made = new KernelError(JSON.parse(JSON.stringify(some)))
        const { denied, dest, errno, limit, path, syscall } = made
        const error = KernelError.unsafeMake({ errno, syscall, path, dest, limit, denied })
        assert.deepStrictEqual(error, made)
        assert.deepStrictEqual({ ...error }, { ...made })
        assert.strictEqual(JSON.stringify(error), JSON.stringify(made))
        assert.deepStrictEqual(Schema.encodeSync(KernelError)(error), Schema.encodeSync(KernelError)(made))
        assert.deepStrictEqual([error.name, error.message, error.retryable], [made.name, made.message, made.retryable])
        assert.isTrue(Equal.equals(error, made) && Hash.hash(error) === Hash.hash(made))
        assert.isTrue(error instanceof KernelError && error instanceof Error && KernelError.is(error))
        assert.strictEqual(Effect.runSync(Effect.flip(error)), error)
        assert.isUndefined(error.stack)
        assert.include(Cause.pretty(Cause.fail(error)), `KernelError: ${made.message}`)
        assert.include(inspect(error), made.message)
        assert.strictEqual(Error.stackTraceLimit, frames)
      })
    )
  })
})

describe("encoding", () => {
  const encode = Schema.encodeSync(AgentOsError)
  const decode = Schema.decodeUnknownSync(AgentOsError, { onExcessProperty: "error" })

  it("leaves out absent keys, given as undefined or not at all", () => {
    const error = new KernelError({ errno: "EIO", syscall: "read", path: undefined, dest: undefined, limit: undefined })
    assert.deepStrictEqual(encode(error), { _tag: "KernelError", errno: "EIO", syscall: "read" })
    assert.strictEqual(error.message, "EIO: i/o error, read")
  })

  it("survives JSON, for any error", () => {
    FastCheck.assert(
      FastCheck.property(Arbitrary.make(AgentOsError), (error) => {
        const encoded = encode(error)
        assert.notInclude(Object.values(encoded), undefined)
        const back = decode(JSON.parse(JSON.stringify(encoded)))
        assert.strictEqual(back._tag, error._tag)
        assert.strictEqual(back.message, error.message)
        assert.deepStrictEqual(encode(back), encoded)
      }),
      { numRuns: 300 }
    )
  })

  it("knows every errno, and no other", () => {
    for (const errno of Object.keys(Errno.errnoTable)) {
      assert.strictEqual(decode({ _tag: "KernelError", errno, syscall: "x" })._tag, "KernelError")
    }
    assert.throws(() => decode({ _tag: "KernelError", errno: "ENOTHING", syscall: "x" }))
  })
})
