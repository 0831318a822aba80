/**
 * The root of a VM in the making: its lowers, its bootstrap entries, its user. With nothing special it is the bundled
 * base image itself, shared by all VMs.
 */
import type { VmSpec } from "../../src/wire/Control.ts"
import { programNames } from "../guests/programs/names.ts"
import { Fault } from "./fault.ts"
import { baseImage } from "./filesystem/base-image.ts"
import { Filesystem } from "./filesystem/filesystem.ts"
import { composeSteps } from "./filesystem/lowers.ts"
import type { Steps } from "./filesystem/steps.ts"
import type { Snapshot } from "./filesystem/tree.ts"
import { Tree } from "./filesystem/tree.ts"
import type { TreeEntry } from "./filesystem/tree-entries.ts"
import { importSteps } from "./filesystem/tree-entries.ts"

let bundled: Snapshot | undefined

/** The bundled base image, built once. */
export const bundledBase = (): Snapshot => (bundled ??= baseImage(programNames))

const unlimited = Number.MAX_SAFE_INTEGER
const unbounded = { bytes: unlimited, inodes: unlimited, openFiles: 16, readdirEntries: unlimited }
const superuser = { credentials: { uid: 0, gid: 0, groups: [], umask: 0o022 }, cwd: "/" }

/** Where the commands of tool kits are. */
const COMMANDS = "/usr/local/bin"

/** Below them everything is the kernel's; they themselves are directories and nothing else. */
const KERNEL_TREES: ReadonlyArray<string> = ["/dev", "/proc", "/sys"]

const isKernels = ({ path, type }: TreeEntry): boolean =>
  KERNEL_TREES.some((top) => path.startsWith(`${top}/`) || (path === top && type !== "directory"))

export class RootBuilder {
  private readonly imports: Array<Snapshot> = []
  private bootstrap: ReadonlyArray<TreeEntry> = []

  constructor(private readonly spec: VmSpec, private readonly now: () => bigint) {}

  addLower(snapshot: Snapshot): void {
    if (this.imports.length >= this.slots) throw new Fault("EINVAL", "import", "/")
    this.imports.push(snapshot)
  }

  /** What lies where the kernel's own trees are is left out. */
  addBootstrap(entries: ReadonlyArray<TreeEntry>): void {
    this.bootstrap = entries.filter((entry) => !isKernels(entry))
  }

  /** Puts the root together, in as many steps as what was brought in needs. */
  *finish(): Steps<Snapshot> {
    const { lowers } = this.spec
    if (this.imports.length < this.slots) throw new Fault("EINVAL", "import", "/")
    let next = 0
    const trees = lowers.map((lower) => lower === "import" ? this.imports[next++] : bundledBase())
    const root = trees.length === 0
      ? Tree.empty(this.now()).snapshot()
      : trees.length === 1
      ? trees[0]
      : yield* composeSteps(trees)
    const filled = this.bootstrap.length === 0 ? root : yield* importSteps(this.bootstrap, root, this.now())
    return yield* this.equipped(lowers.includes("bundled-base-filesystem") ? this.personal(filled) : filled)
  }

  /** Adds the commands and declarations of the VM's tool kits; what a program's name is already keeps its program. */
  private *equipped(root: Snapshot): Steps<Snapshot> {
    const { tools } = this.spec
    if (tools === undefined) return root
    const filesystem = new Filesystem({ root, now: this.now, limits: unbounded, random: () => {} })
    const put = (path: string, text: string, mode: number) => {
      filesystem.mkdirp(superuser, path.slice(0, path.lastIndexOf("/")))
      filesystem.writeFile(superuser, path, encoder.encode(text), { mode })
    }
    const taken = (name: string) =>
      ["/bin", "/usr/bin", COMMANDS].some((directory) => filesystem.exists(superuser, `${directory}/${name}`))
    for (const name of ["agentos", ...tools.kits.flatMap((kit) => [kit.name, `agentos-${kit.name}`])]) {
      if (!taken(name)) put(`${COMMANDS}/${name}`, "#!builtin agentos\n", 0o755)
    }
    for (const { path, text } of tools.files) {
      yield
      put(path, text, 0o644)
    }
    return filesystem.snapshot()
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
    const filesystem = new Filesystem({ root, now: this.now, limits: unbounded, random: () => {} })
    const caller = superuser
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
