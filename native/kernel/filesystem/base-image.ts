/** The tree that VMs start from: what a small Linux system looks like, without its programs' code. */
import { S_IFDIR, S_IFREG } from "./inode.ts"
import type { Snapshot } from "./tree.ts"
import { ROOT_INO, Tree } from "./tree.ts"

/** 2025-01-01T00:00:00Z: the image is the same every time it is built. */
export const BASE_TIME = 1_735_689_600_000_000_000n

export const USER_UID = 1000
export const USER_GID = 1000

type Directory = readonly [path: string, mode?: number, uid?: number, gid?: number]

/** Parents first. */
const directories: ReadonlyArray<Directory> = [
  ["/bin"],
  ["/boot"],
  ["/dev"],
  ["/etc"],
  ["/etc/conf.d"],
  ["/etc/init.d"],
  ["/etc/network"],
  ["/etc/opt"],
  ["/etc/periodic"],
  ["/etc/profile.d"],
  ["/etc/skel"],
  ["/etc/ssl"],
  ["/etc/ssl/certs"],
  ["/home"],
  ["/home/user", 0o755, USER_UID, USER_GID],
  ["/lib"],
  ["/media"],
  ["/mnt"],
  ["/opt"],
  ["/proc", 0o555],
  ["/root", 0o700],
  ["/run"],
  ["/run/lock", 0o1777],
  ["/run/user"],
  ["/run/user/1000", 0o700, USER_UID, USER_GID],
  ["/sbin"],
  ["/srv"],
  ["/sys", 0o555],
  ["/tmp", 0o1777],
  ["/usr"],
  ["/usr/bin"],
  ["/usr/include"],
  ["/usr/lib"],
  ["/usr/libexec"],
  ["/usr/sbin"],
  ["/usr/src"],
  ["/usr/local"],
  ["/usr/local/bin"],
  ["/usr/local/etc"],
  ["/usr/local/include"],
  ["/usr/local/lib"],
  ["/usr/local/sbin"],
  ["/usr/local/share"],
  ["/usr/local/src"],
  ["/usr/share"],
  ["/usr/share/doc"],
  ["/usr/share/man"],
  ["/usr/share/misc"],
  ["/var"],
  ["/var/cache"],
  ["/var/lib"],
  ["/var/lib/misc"],
  ["/var/local"],
  ["/var/log"],
  ["/var/mail"],
  ["/var/opt"],
  ["/var/spool"],
  ["/var/tmp", 0o1777],
  ["/workspace", 0o755, USER_UID, USER_GID]
]

const passwd = `root:x:0:0:root:/root:/bin/sh
daemon:x:2:2:daemon:/sbin:/sbin/nologin
user:x:${USER_UID}:${USER_GID}:user:/home/user:/bin/sh
nobody:x:65534:65534:nobody:/:/sbin/nologin
`

const group = `root:x:0:root
daemon:x:2:root,daemon
tty:x:5:
users:x:100:
user:x:${USER_GID}:
nobody:x:65534:
`

const hosts = `127.0.0.1\tlocalhost localhost.localdomain
::1\tlocalhost localhost.localdomain
`

const osRelease = `NAME="Agent OS"
ID=agent-os
VERSION_ID=0.1.0
PRETTY_NAME="Agent OS 0.1.0"
`

const profile = `export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LANG=C.UTF-8
export PS1='\\h:\\w\\$ '
umask 022
for script in /etc/profile.d/*.sh; do
  if [ -r "$script" ]; then
    . "$script"
  fi
done
unset script
`

const files: ReadonlyArray<readonly [path: string, content: string, mode?: number]> = [
  ["/etc/fstab", ""],
  ["/etc/group", group],
  ["/etc/hostname", "agent-os\n"],
  ["/etc/hosts", hosts],
  ["/etc/issue", "Agent OS 0.1.0\n"],
  ["/etc/motd", ""],
  ["/etc/nsswitch.conf", "hosts: files dns\n"],
  ["/etc/passwd", passwd],
  ["/etc/profile", profile],
  ["/etc/shadow", "root:*:::::::\nuser:!:::::::\n", 0o640],
  ["/etc/shells", "/bin/sh\n/bin/bash\n"],
  ["/usr/lib/os-release", osRelease]
]

const links: ReadonlyArray<readonly [path: string, target: string]> = [
  ["/etc/mtab", "/proc/mounts"],
  ["/etc/os-release", "../usr/lib/os-release"],
  ["/var/lock", "/run/lock"],
  ["/var/run", "/run"],
  ["/var/spool/mail", "../mail"]
]

/** Present in every image, whatever the commands. */
const essential: ReadonlyArray<string> = ["bash", "env", "sh"]

const encoder = new TextEncoder()

/** Adds entries by path, looking each directory up only once. */
class Builder {
  private readonly inos = new Map([["", ROOT_INO]])

  constructor(readonly tree: Tree) {}

  private split(path: string): { readonly parent: number; readonly name: string } {
    const slash = path.lastIndexOf("/")
    return { parent: this.inos.get(path.slice(0, slash))!, name: path.slice(slash + 1) }
  }

  directory(path: string, mode: number, uid: number, gid: number): void {
    const { name, parent } = this.split(path)
    this.inos.set(path, this.tree.create(parent, name, S_IFDIR | mode, uid, gid, BASE_TIME).ino)
  }

  file(path: string, content: string, mode: number): void {
    const { name, parent } = this.split(path)
    const inode = this.tree.create(parent, name, S_IFREG | mode, 0, 0, BASE_TIME)
    inode.content = inode.content!.write(this.tree, 0, encoder.encode(content))
  }

  link(path: string, target: string): void {
    const { name, parent } = this.split(path)
    this.tree.createLink(parent, name, target, 0, 0, BASE_TIME)
  }
}

const build = (commands: ReadonlyArray<string>): Snapshot => {
  const builder = new Builder(Tree.empty(BASE_TIME))
  for (const [path, mode = 0o755, uid = 0, gid = 0] of directories) builder.directory(path, mode, uid, gid)
  for (const [path, content, mode = 0o644] of files) builder.file(path, content, mode)
  for (const [path, target] of links) builder.link(path, target)
  for (const name of [...new Set([...essential, ...commands])].sort()) {
    // The shell runs these itself; the stub is there to be found by path, listed and tested for.
    builder.file(`/bin/${name}`, `#!builtin ${name}\n`, 0o755)
    builder.link(`/usr/bin/${name}`, `/bin/${name}`)
  }
  return builder.tree.snapshot()
}

const images = new Map<string, Snapshot>()
const MAX_IMAGES = 16

/**
 * The base image with a stub in /bin (and a link in /usr/bin) for each command. One list of commands has one image,
 * shared by all VMs. Command names are plain file names, chosen by the kernel.
 */
export const baseImage = (commands: ReadonlyArray<string>): Snapshot => {
  const key = commands.join("/")
  let image = images.get(key)
  if (image === undefined) {
    if (images.size >= MAX_IMAGES) images.clear()
    image = build(commands)
    images.set(key, image)
  }
  return image
}
