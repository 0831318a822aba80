/** A policy and operations of several steps, between which others act or the policy is replaced. */
import { assert, describe, it } from "@effect/vitest"
import { O_CREAT, O_RDONLY, O_WRONLY } from "../../native/kernel/filesystem/flags.ts"
import { GuardedFilesystem } from "../../native/kernel/filesystem/guarded-filesystem.ts"
import type { Steps } from "../../native/kernel/filesystem/steps.ts"
import { Tree } from "../../native/kernel/filesystem/tree.ts"
import { DecisionLog } from "../../native/kernel/policy/decision-log.ts"
import type { PermissionsConfig } from "../../src/config/PermissionsConfig.ts"
import { compile } from "../../src/policy/Policy.ts"
import { bytes, fails, faultOf, names, root as host, text, wide } from "../kernel/filesystem/support.ts"

type Fs = NonNullable<PermissionsConfig["fs"]>

const deny = (paths: ReadonlyArray<string>, operations: ReadonlyArray<string> = ["*"]): Fs => ({
  default: "allow",
  rules: [{ mode: "deny", operations: operations as never, paths }]
})

const unheard = new DecisionLog({
  now: () => 0n,
  traceOf: () => undefined,
  tell: () => ({ schedule: () => {}, flush: () => {} }),
  all: false
})

/** A tree with something secret, something frozen, and something that takes many steps. */
const make = (fs: Fs): GuardedFilesystem => {
  let time = 1_000_000_000_000n
  const made = new GuardedFilesystem({
    root: Tree.empty(0n).snapshot(),
    readOnly: false,
    now: () => (time += 1000n),
    limits: wide,
    random: (out) => out.fill(7)
  }, unheard)
  for (const path of ["/secret", "/secret/deep", "/frozen", "/frozen/deep", "/open", "/open/deep", "/tmp"]) {
    made.mkdir(host, path, 0o777)
  }
  made.writeFile(host, "/secret/deep/key", bytes("secret"))
  made.writeFile(host, "/frozen/deep/conf", bytes("frozen"))
  for (let i = 0; i < 5000; i++) made.writeFile(host, `/open/deep/${i}`, bytes("x"))
  made.symlink(host, "/open", "/link")
  made.enforce(compile({ fs }))
  return made
}

/** The end of an operation, with something in between its first two steps, of which it must have more. */
const meanwhile = <A>(steps: Steps<A>, act: () => void): A => {
  assert.isFalse(steps.next().done === true, "it takes but one step")
  act()
  for (;;) {
    const result = steps.next()
    if (result.done === true) return result.value
  }
}

const relink = (fs: GuardedFilesystem, target: string) => () => {
  fs.unlink(host, "/link")
  fs.symlink(host, target, "/link")
}

describe("a path that leads elsewhere in the midst of an operation", () => {
  it("copies what was asked about", () => {
    const fs = make(deny(["/secret", "/secret/**"]))
    meanwhile(fs.copySteps(host, "/link/deep", "/tmp/copy", { recursive: true }), relink(fs, "/secret"))
    assert.strictEqual(names(fs, "/tmp/copy").length, 5000)
    assert.notInclude(names(fs, "/tmp/copy"), "key")
    fails("EACCES", () => fs.copy(host, "/link/deep", "/tmp/again", { recursive: true }))
  })

  it("removes what was asked about", () => {
    const fs = make(deny(["/frozen/**"], ["rm", "write"]))
    meanwhile(fs.removeSteps(host, "/link/deep", { recursive: true }), relink(fs, "/frozen"))
    assert.strictEqual(text(fs.readFile(host, "/frozen/deep/conf")), "frozen")
    assert.isFalse(fs.exists(host, "/open/deep"))
    fails("EACCES", () => fs.remove(host, "/link/deep", { recursive: true }))
  })

  it("writes the copy where it was asked about", () => {
    const fs = make(deny(["/frozen/**"], ["write"]))
    fs.symlink(host, "/tmp", "/into")
    meanwhile(fs.copySteps(host, "/open/deep", "/into/new", { recursive: true }), () => {
      fs.unlink(host, "/into")
      fs.symlink(host, "/frozen", "/into")
    })
    assert.deepStrictEqual(names(fs, "/frozen"), ["deep"])
    assert.strictEqual(names(fs, "/tmp/new").length, 5000)
  })

  it("asks about what is added meanwhile, or leaves it out", () => {
    const fs = make(deny(["/tmp/copy/9999"], ["write"]))
    meanwhile(
      fs.copySteps(host, "/open/deep", "/tmp/copy", { recursive: true }),
      () => fs.writeFile(host, "/open/deep/9999", bytes("planted"))
    )
    assert.isFalse(fs.exists(host, "/tmp/copy/9999"))
    fails("EACCES", () => fs.copy(host, "/open/deep", "/tmp/copy", { recursive: true }))
  })
})

describe("a way through a place that may not be looked at", () => {
  it("tells nothing of what is there", () => {
    const fs = make(deny(["/secret", "/secret/**"]))
    // what is there, what is not, and what lies below either
    const through = ["deep", "nothing", "deep/key", "deep/nothing"].flatMap((name) =>
      ["..", ".", "../..", "../../open"].map((rest) => `/secret/${name}/${rest}`)
    )
    for (const [index, target] of through.entries()) {
      const link = `/tmp/${index}`
      fs.symlink(host, target, link)
      const ways: Array<readonly [string, () => unknown]> = [
        ["stat", () => fs.stat(host, target)],
        ["stat of a link", () => fs.stat(host, link)],
        ["readdir", () => fs.readdir(host, `${link}/.`)],
        ["open", () => fs.open(host, link, O_WRONLY | O_CREAT)],
        ["open without writing", () => fs.open(host, target, O_RDONLY | O_CREAT)],
        ["mkdir", () => fs.mkdir(host, target)],
        ["rename", () => fs.rename(host, "/open", `${link}/x`)],
        ["rename of it", () => fs.rename(host, target, "/tmp/x")],
        ["rmdir", () => fs.rmdir(host, target)]
      ]
      for (const [name, way] of ways) {
        assert.isFalse(fs.exists(host, target), target)
        assert.strictEqual(faultOf(way).errno, "EACCES", `${name} ${target}`)
      }
    }
  })

  it("is open to whoever stands there", () => {
    const fs = make(deny(["/secret", "/secret/**"]))
    const inside = { ...host, cwd: "/secret/deep" }
    assert.isTrue(fs.exists(inside, "../../open"))
    assert.isTrue(fs.exists(inside, "../deep/../../open"))
    fails("EACCES", () => fs.stat({ ...host, cwd: "/open" }, "../secret/deep/../../open"))
    assert.isTrue(fs.exists(host, "/../open/../tmp/.."))
  })
})

describe("moving", () => {
  it("puts nothing where it could not be written", () => {
    const fs = make(deny(["/srv/*/conf", "/srv/*/keys/**"], ["write"]))
    for (const path of ["/srv", "/tmp/app", "/tmp/app/keys", "/tmp/plain"]) fs.mkdir(host, path, 0o777)
    fs.writeFile(host, "/tmp/app/conf", bytes("planted"))
    fails("EACCES", () => fs.rename(host, "/tmp/app", "/srv/app"))
    fs.unlink(host, "/tmp/app/conf")
    fs.writeFile(host, "/tmp/app/keys/a", bytes("planted"))
    const { denial } = fails("EACCES", () => fs.rename(host, "/tmp/app", "/srv/app"))
    assert.deepInclude(denial, { operation: "write", resource: "/srv/app/keys/a", rule: 0 })
    fs.rename(host, "/tmp/plain", "/srv/plain")
    fails("EACCES", () => fs.rename(host, "/tmp/app", "/srv/plain", { exchange: true }))
  })

  it("exchanges no protected name, nor one above it, on either side", () => {
    const fs = make(deny(["/secret/**", "**/.env"]))
    fs.mkdir(host, "/tmp/d", 0o777)
    fs.writeFile(host, "/tmp/f", bytes("f"))
    const pairs = [
      ["/secret", "/tmp/d"],
      ["/tmp/d", "/secret"],
      ["/secret/deep", "/tmp/d"],
      ["/tmp/f", "/secret/deep/key"],
      ["/secret/deep/key", "/tmp/f"]
    ] as const
    for (const [from, to] of pairs) {
      fails("EACCES", () => fs.rename(host, from, to, { exchange: true }))
    }
    fs.enforce(compile({}))
    fs.writeFile(host, "/tmp/d/.env", bytes("env"))
    fs.mkdir(host, "/tmp/e", 0o777)
    fs.enforce(compile({ fs: deny(["/tmp/d/**"]) }))
    for (const [from, to] of [["/tmp/d", "/tmp/e"], ["/tmp/e", "/tmp/d"]]) {
      fails("EACCES", () => fs.rename(host, from, to, { exchange: true }))
    }
    fs.enforce(compile({ fs: deny(["/secret/**"]) }))
    fs.rename(host, "/tmp/d", "/tmp/e", { exchange: true })
    assert.deepStrictEqual(names(fs, "/tmp/e"), [".env"])
  })
})

describe("a policy that is replaced", () => {
  const closed = compile({ fs: "deny" })
  it("lets a copy and a removal that have begun go on", () => {
    const fs = make("allow")
    meanwhile(fs.copySteps(host, "/open/deep", "/tmp/copy", { recursive: true }), () => fs.enforce(closed))
    fails("EACCES", () => fs.copy(host, "/open/deep", "/tmp/other", { recursive: true }))
    fs.enforce(compile({}))
    assert.strictEqual(names(fs, "/tmp/copy").length, 5000)
    meanwhile(fs.removeSteps(host, "/tmp/copy", { recursive: true }), () => fs.enforce(closed))
    fs.enforce(compile({}))
    assert.isFalse(fs.exists(host, "/tmp/copy"))
  })

  it("ends a long read and a long write, whose path is asked about at each step", () => {
    const fs = make("allow")
    const big = new Uint8Array(64 * 1024 * 1024)
    fs.writeFile(host, "/tmp/big", big)
    fails("EACCES", () => meanwhile(fs.readSteps(host, "/tmp/big"), () => fs.enforce(closed)))
    fs.enforce(compile({}))
    fails("EACCES", () => meanwhile(fs.writeSteps(host, "/tmp/new", big), () => fs.enforce(closed)))
  })

  it("leaves open files to those who hold them, and no path to anybody", () => {
    const fs = make("allow")
    const file = fs.open(host, "/secret/deep/key", O_RDONLY)
    fs.enforce(compile({ fs: deny(["/secret/**"]) }))
    assert.strictEqual(text(file.read(6)), "secret")
    fails("EACCES", () => fs.open(host, "/secret/deep/key", O_RDONLY))
    const inside = { ...host, cwd: "/secret/deep" }
    fails("EACCES", () => fs.readFile(inside, "key"))
    fails("EACCES", () => fs.readdir(inside, "."))
    file.close()
  })
})
