/**
 * The root of a VM in the making: its lowers, its bootstrap entries, its user. With nothing special it is the bundled
 * base image itself, shared by all VMs.
 */
import type { VmSpec } from "../../src/wire/Control.ts"
import { commandNames } from "../guests/shell/command-names.ts"
import { Fault } from "./fault.ts"
import { baseImage } from "./filesystem/base-image.ts"
import { Filesystem } from "./filesystem/filesystem.ts"
import { composeLowers } from "./filesystem/lowers.ts"
import type { Snapshot } from "./filesystem/tree.ts"
import { Tree } from "./filesystem/tree.ts"
import type { TreeEntry } from "./filesystem/tree-entries.ts"
import { importTree } from "./filesystem/tree-entries.ts"

let bundled: Snapshot | undefined

/** The bundled base image, built once. */
export const bundledBase = (): Snapshot => (bundled ??= baseImage(commandNames))

const unlimited = Number.MAX_SAFE_INTEGER

export class RootBuilder {
  private readonly imports: Array<Snapshot> = []
  private bootstrap: ReadonlyArray<TreeEntry> = []

  constructor(private readonly spec: VmSpec, private readonly now: () => bigint) {}

  addLower(snapshot: Snapshot): void {
    if (this.imports.length >= this.slots) throw new Fault("EINVAL", "import", "/")
    this.imports.push(snapshot)
  }

  addBootstrap(entries: ReadonlyArray<TreeEntry>): void {
    this.bootstrap = entries
  }

  finish(): Snapshot {
    const { lowers } = this.spec
    if (this.imports.length < this.slots) throw new Fault("EINVAL", "import", "/")
    let next = 0
    const trees = lowers.map((lower) => lower === "import" ? this.imports[next++] : bundledBase())
    const root = trees.length === 0
      ? Tree.empty(this.now()).snapshot()
      : trees.length === 1
      ? trees[0]
      : composeLowers(trees)
    const filled = this.bootstrap.length === 0 ? root : importTree(this.bootstrap, root, this.now())
    return lowers.includes("bundled-base-filesystem") ? this.personal(filled) : filled
  }

  private get slots(): number {
    return this.spec.lowers.filter((lower) => lower === "import").length
  }

  /** Makes the base image that of the VM's own user and host name, where they are not the usual ones. */
  private personal(root: Snapshot): Snapshot {
    const { hostname, user } = this.spec
    const usual = hostname === "agent-os" && user.name === "user" && user.uid === 1000 && user.gid === 1000 &&
      user.home === "/home/user" && user.shell === "/bin/sh"
    if (usual) return root
    const limits = { bytes: unlimited, inodes: unlimited, openFiles: 16, readdirEntries: unlimited }
    const filesystem = new Filesystem({ root, now: this.now, limits, random: () => {} })
    const caller = { credentials: { uid: 0, gid: 0, groups: [], umask: 0o022 }, cwd: "/" }
    const append = (path: string, line: string) =>
      filesystem.writeFile(caller, path, encoder.encode(`${line}\n`), { append: true })
    filesystem.writeFile(caller, "/etc/hostname", encoder.encode(`${hostname}\n`))
    if (user.uid !== 0) {
      append("/etc/passwd", `${user.name}:x:${user.uid}:${user.gid}::${user.home}:${user.shell}`)
      append("/etc/group", `${user.name}:x:${user.gid}:`)
    }
    if (!filesystem.exists(caller, user.home)) {
      filesystem.mkdirp(caller, user.home)
      filesystem.chown(caller, user.home, user.uid, user.gid)
    }
    return filesystem.snapshot()
  }
}

const encoder = new TextEncoder()
