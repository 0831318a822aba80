import { BadArgument, SystemError } from "@effect/platform/Error"
import { assert, describe, it } from "@effect/vitest"
import { platformError, reasonOf } from "../../layers/platform/PlatformErrors.ts"
import type { Errno } from "../../src/Errno.ts"
import { errnoTable } from "../../src/Errno.ts"
import { KernelError } from "../../src/errors/KernelError.ts"
import { PathError } from "../../src/errors/PathError.ts"
import { ProcessError } from "../../src/errors/ProcessError.ts"
import { SidecarError } from "../../src/errors/SidecarError.ts"
import { TransportError } from "../../src/errors/TransportError.ts"

const origin = { module: "FileSystem", method: "readFile", pathOrDescriptor: "x" } as const

const known = {
  EPERM: "PermissionDenied",
  ENOENT: "NotFound",
  EBADF: "BadResource",
  EAGAIN: "WouldBlock",
  EACCES: "PermissionDenied",
  EBUSY: "Busy",
  EEXIST: "AlreadyExists",
  ENOTDIR: "BadResource",
  EISDIR: "BadResource",
  EROFS: "PermissionDenied",
  ELOOP: "BadResource",
  ETIMEDOUT: "TimedOut"
} as const

describe("errors of a VM as errors of the platform", () => {
  it("every errno has its reason, and ours is the cause", () => {
    for (const errno of Object.keys(errnoTable) as Array<Errno>) {
      const cause = new KernelError({ errno, syscall: "open", path: "/home/user/x" })
      const error = platformError(origin, cause)
      assert.instanceOf(error, SystemError)
      if (error._tag !== "SystemError") continue
      assert.strictEqual(error.reason, (known as Record<string, string>)[errno] ?? "Unknown", errno)
      assert.strictEqual(error.reason, reasonOf(errno))
      assert.deepStrictEqual(
        [error.module, error.method, error.pathOrDescriptor, error.syscall, error.description],
        ["FileSystem", "readFile", "x", "open", cause.message]
      )
      assert.strictEqual(error.cause, cause)
    }
  })

  it("a refused path is a bad argument", () => {
    const cause = new PathError({ reason: "ReadOnly", path: "/proc/x" })
    const error = platformError(origin, cause)
    assert.instanceOf(error, BadArgument)
    assert.strictEqual(error.message, "FileSystem.readFile: Path is read-only: /proc/x")
    assert.strictEqual(error.cause, cause)
  })

  it("what became of the VM is unknown to the platform and known to the cause", () => {
    const causes = [
      new SidecarError({ reason: "VmLost", detail: "gone" }),
      new TransportError({ reason: "Timeout", detail: "late" })
    ]
    for (const cause of causes) {
      const error = platformError(origin, cause)
      assert.strictEqual(error._tag === "SystemError" && error.reason, "Unknown")
      assert.strictEqual(error.cause, cause)
    }
  })

  it("a process is timed out, missing, or ended for a reason of its own", () => {
    const reasons = (["TimedOut", "NotFound", "OutputLimit", "Spawn", "Truncated", "SessionLimit"] as const).map(
      (reason) => {
        const so = { command: "x", stdout: "", stderr: "", detail: "" }
        const error = platformError({ ...origin, module: "Command" }, new ProcessError({ ...so, reason }))
        return error._tag === "SystemError" ? error.reason : error._tag
      }
    )
    assert.deepStrictEqual(reasons, ["TimedOut", "NotFound", "Unknown", "Unknown", "Unknown", "Unknown"])
  })
})
