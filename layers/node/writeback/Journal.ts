/**
 * Changes of host folders that can be taken back until they are all made. What is replaced or removed is kept under a
 * hidden name beside its place.
 *
 * @since 0.1.0
 */
import { randomBytes } from "node:crypto"
import { constants } from "node:fs"
import type { FileHandle } from "node:fs/promises"
import { chmod, link, mkdir, open, rename, rmdir, symlink, unlink } from "node:fs/promises"
import type { At, Facts, HostFolder } from "./HostFolder.ts"
import { factsOf, isSame, split, unlessAbsent } from "./HostFolder.ts"

/**
 * The kinds of changes.
 *
 * @since 0.1.0
 * @category models
 */
export type Operation = "backup" | "mkdir" | "stage" | "put" | "remove" | "chmod"

/**
 * A change that could not be made, at the place that the host's user knows.
 *
 * @since 0.1.0
 * @category errors
 */
export class StepFailure {
  constructor(readonly path: string, readonly detail: string) {}
}

interface Undo {
  readonly place: string
  readonly run: () => Promise<void>
}

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW

const changed = () => new Error("it changed on the host meanwhile")

/** Filesystems without hard links; there a file is away for an instant while it is replaced. */
const unlinkable = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV"])

const ignoreMissing = async (run: () => Promise<void>): Promise<void> => {
  try {
    await run()
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export class Journal {
  private readonly undo: Array<Undo> = []
  private readonly kept: Array<Undo> = []
  private readonly staged = new Map<string, string>()
  private readonly suffix = randomBytes(6).toString("hex")
  private count = 0

  constructor(private readonly before: (operation: Operation, path: string) => void) {}

  /** A hidden name that nobody else uses. */
  private hidden(): string {
    return `.agent-os-${this.suffix}-${this.count++}`
  }

  private async step(
    operation: Operation,
    folder: HostFolder,
    path: string,
    run: (at: At, name: string) => Promise<void>
  ): Promise<void> {
    const place = folder.name(path)
    try {
      this.before(operation, place)
      await folder.beside(path, run)
    } catch (cause) {
      throw new StepFailure(place, cause instanceof Error ? withoutPaths(cause) : String(cause))
    }
  }

  /** Later steps are undone first. `run` works in the directory of the path, wherever its descriptor is by then. */
  private remember(list: Array<Undo>, folder: HostFolder, path: string, run: (at: At) => Promise<void>): void {
    const [directory] = split(path)
    list.push({ place: folder.name(path), run: () => folder.within(directory, run) })
  }

  makeDirectory(folder: HostFolder, path: string): Promise<void> {
    return this.step("mkdir", folder, path, async (at, name) => {
      await mkdir(at(name), 0o700)
      this.remember(this.undo, folder, path, (at) => ignoreMissing(() => rmdir(at(name))))
    })
  }

  /** Sets the permissions of a directory; its other bits stay. */
  setMode(folder: HostFolder, path: string, mode: number): Promise<void> {
    const set = (mode: number) => folder.within(path, (at) => chmod(at("."), mode))
    return this.step("chmod", folder, path, async (at, name) => {
      const old = (await factsOf(at(name))).mode
      await set((old & 0o7000) | mode)
      this.undo.push({ place: folder.name(path), run: () => set(old) })
    })
  }

  /** Writes the content of a file that is to come, beside its place. */
  stage(
    folder: HostFolder,
    path: string,
    content: Uint8Array,
    mode: number,
    replaced: Facts | undefined
  ): Promise<void> {
    return this.step("stage", folder, path, async (at) => {
      const temporary = this.hidden()
      const file = await open(at(temporary), CREATE, 0o600)
      try {
        this.remember(this.undo, folder, path, (at) => ignoreMissing(() => unlink(at(temporary))))
        await file.writeFile(content)
        await file.chmod(mode)
        if (replaced !== undefined) await keepOwner(file, replaced)
      } finally {
        await file.close()
      }
      this.staged.set(folder.name(path), temporary)
    })
  }

  /** Brings a staged file to its place, over the file that is there, or where nothing is. */
  put(folder: HostFolder, path: string, replaced: Facts | undefined): Promise<void> {
    return this.step("put", folder, path, async (at, name) => {
      const temporary = this.staged.get(folder.name(path))!
      if (replaced !== undefined) return this.replace(folder, path, at, temporary, replaced)
      const linked = await tryLink(at(temporary), at(name))
      if (!linked) await renameToFree(at(temporary), at(name))
      this.forget(folder, path)
      if (linked) await unlink(at(temporary))
    })
  }

  /** Makes a link; the one that is there makes way for it. */
  putLink(folder: HostFolder, path: string, target: string, replaced: Facts | undefined): Promise<void> {
    return this.step("put", folder, path, async (at, name) => {
      if (replaced === undefined) {
        await symlink(target, at(name))
        return this.forget(folder, path)
      }
      const temporary = this.hidden()
      await symlink(target, at(temporary))
      this.remember(this.undo, folder, path, (at) => ignoreMissing(() => unlink(at(temporary))))
      await this.replace(folder, path, at, temporary, replaced)
    })
  }

  /** What was made new is removed when everything is taken back. */
  private forget(folder: HostFolder, path: string): void {
    const [, name] = split(path)
    this.remember(this.undo, folder, path, (at) => ignoreMissing(() => unlink(at(name))))
  }

  /** The old file gets a second, hidden name; then the new one takes the first in one move. */
  private async replace(folder: HostFolder, path: string, at: At, temporary: string, replaced: Facts): Promise<void> {
    const [, name] = split(path)
    const backup = this.hidden()
    if (!await tryLink(at(name), at(backup))) await rename(at(name), at(backup))
    // a rename onto another name of the same file does nothing, so the hidden name is removed besides
    this.remember(this.undo, folder, path, async (at) => {
      await rename(at(backup), at(name))
      await ignoreMissing(() => unlink(at(backup)))
    })
    this.remember(this.kept, folder, path, (at) => unlink(at(backup)))
    if (!isSame(replaced, await factsOf(at(backup)), true)) throw changed()
    await rename(at(temporary), at(name))
  }

  /**
   * Takes an entry away, a folder with all that is in it; `check` may refuse once it is out of reach. Until the end it is
   * only hidden.
   */
  remove(
    folder: HostFolder,
    path: string,
    was: Facts,
    operation: "backup" | "remove",
    check: (place: string) => Promise<void>
  ): Promise<void> {
    return this.step(operation, folder, path, async (at, name) => {
      const backup = this.hidden()
      await rename(at(name), at(backup))
      this.remember(this.undo, folder, path, (at) => rename(at(backup), at(name)))
      const place = `${split(path)[0]}/${backup}`
      this.kept.push({ place: folder.name(place), run: () => folder.removeTree(place) })
      if (!isSame(was, await factsOf(at(backup)), true)) throw changed()
      await check(place)
    })
  }

  /** Takes everything back; gives the places where that failed. */
  rollback(): Promise<Array<string>> {
    return runAll(this.undo.reverse())
  }

  /** Drops what was kept; gives the places where something hidden stays behind. */
  commit(): Promise<Array<string>> {
    return runAll(this.kept)
  }
}

const runAll = async (list: ReadonlyArray<Undo>): Promise<Array<string>> => {
  const failed = new Set<string>()
  for (const { place, run } of list) {
    try {
      await run()
    } catch {
      failed.add(place)
    }
  }
  return [...failed]
}

/** A second name for a file, which must be free; `false` where the filesystem has no such thing. */
const tryLink = async (from: string, to: string): Promise<boolean> => {
  try {
    await link(from, to)
    return true
  } catch (cause) {
    if (unlinkable.has((cause as NodeJS.ErrnoException).code ?? "")) return false
    throw cause
  }
}

const renameToFree = async (from: string, to: string): Promise<void> => {
  if (await unlessAbsent(() => factsOf(to)) !== undefined) throw changed()
  await rename(from, to)
}

/** Only root may give files away; for others the file that replaces belongs to who writes it. */
const keepOwner = async (file: FileHandle, { gid, uid }: Facts): Promise<void> => {
  try {
    await file.chown(uid, gid)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EPERM") throw cause
  }
}

/** A system error without the paths of descriptors. */
const withoutPaths = (error: Error): string => error.message.replace(/, \w+ '\/proc\/self\/fd\/.*$/s, "")
