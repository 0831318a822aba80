"""
The host's side of the differential test of the filesystem: carries out operations as the user whom each names, with the
system calls of Linux. Reads one JSON array of operations a line, answers with one JSON array of outcomes: a value, or the
name of an errno.
"""
import ctypes
import errno
import json
import os
import sys
import zlib

libc = ctypes.CDLL(None, use_errno=True)
AT_FDCWD = -100
users = []
files = {}
acting = None


def checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "call")


def become(index):
    """All three ids but the saved one, so that access(2), which looks at the real ids, is asked for the same user."""
    global acting
    if acting == index or len(users) < 2:
        return
    uid, gid, groups = users[index]
    if acting is not None:
        os.setresuid(0, 0, 0)
    os.setgroups(groups)
    os.setresgid(gid, gid, 0)
    os.setresuid(uid, uid, 0)
    acting = index


def data(fill, size):
    return bytes([fill]) * size


def digest(content):
    return [len(content), zlib.crc32(content)]


def facts(stat):
    directory = (stat.st_mode & 0o170000) == 0o040000
    nlink = 0 if directory and not counts_links else stat.st_nlink
    return [stat.st_mode, stat.st_uid, stat.st_gid, nlink, 0 if directory else stat.st_size]


def write_all(fd, content):
    written = os.write(fd, content)
    while written < len(content):
        written += os.write(fd, content[written:])


def whole(path, flags, content=None, mode=0o666):
    fd = os.open(path, flags, mode)
    try:
        if content is not None:
            return write_all(fd, content)
        parts = []
        while True:
            part = os.read(fd, 1 << 20)
            if part == b"":
                return digest(b"".join(parts))
            parts.append(part)
    finally:
        os.close(fd)


def kind(entry):
    if entry.is_symlink():
        return "symlink"
    if entry.is_dir(follow_symlinks=False):
        return "directory"
    return "file" if entry.is_file(follow_symlinks=False) else "other"


def entries(path):
    with os.scandir(path) as found:
        return sorted(entry.name + " " + kind(entry) for entry in found)


def real_path(path):
    fd = os.open(path, os.O_PATH)
    try:
        return os.readlink("/proc/self/fd/%d" % fd)
    finally:
        os.close(fd)


def tree(top):
    lines = []
    for at, directories, names in os.walk(top):
        for name in directories + names:
            path = at + "/" + name
            stat = os.lstat(path)
            line = facts(stat)
            if os.path.islink(path):
                line.append(os.readlink(path))
            elif os.path.isfile(path):
                line.append(whole(path, os.O_RDONLY)[1])
            lines.append(path[len(top):] + " " + json.dumps(line))
    return sorted(lines)


def write_at(fd, content, at):
    os.pwrite(fd, content, at)


def opened(slot, path, flags, mode):
    files[slot] = os.open(path, flags, mode)


def closed(slot):
    os.close(files.pop(slot))


def duplicated(slot, other):
    files[other] = os.dup(files[slot])


def when(path, times, follow):
    if times is None:
        os.utime(path, None, follow_symlinks=follow)
        return None
    os.utime(path, ns=(times[0] * 10**9, times[1] * 10**9), follow_symlinks=follow)
    stat = os.stat(path, follow_symlinks=follow)
    # the access time of a link may be that of this very look
    return [stat.st_atime_ns // 10**6 if follow else 0, stat.st_mtime_ns // 10**6]


WRITE = os.O_WRONLY | os.O_CREAT
operations = {
    "umask": lambda mask: os.umask(mask),
    "writeFile": lambda path, fill, size: whole(path, WRITE | os.O_TRUNC, data(fill, size)),
    "append": lambda path, fill, size: whole(path, WRITE | os.O_APPEND, data(fill, size)),
    "create": lambda path, mode: whole(path, WRITE | os.O_EXCL | os.O_TRUNC, b"new", mode),
    "readFile": lambda path: whole(path, os.O_RDONLY),
    "mkdir": lambda path, mode: os.mkdir(path, mode),
    "mkfifo": lambda path, mode: os.mkfifo(path, mode),
    "rmdir": lambda path: os.rmdir(path),
    "unlink": lambda path: os.unlink(path),
    "rename": lambda path, other, flags: checked(
        libc.renameat2(AT_FDCWD, path.encode(), AT_FDCWD, other.encode(), flags)
    ),
    "link": lambda path, other: os.link(path, other, follow_symlinks=False),
    "symlink": lambda target, path: os.symlink(target, path),
    "readlink": lambda path: os.readlink(path),
    "chmod": lambda path, mode: os.chmod(path, mode),
    "chown": lambda path, uid, gid, follow: os.chown(path, uid, gid, follow_symlinks=follow),
    "truncate": lambda path, size: os.truncate(path, size),
    "stat": lambda path: facts(os.stat(path)),
    "lstat": lambda path: facts(os.lstat(path)),
    "readdir": lambda path: entries(path),
    "realpath": real_path,
    "access": lambda path, mask: checked(libc.access(path.encode(), mask)),
    "utimes": when,
    "open": opened,
    "close": closed,
    "dup": duplicated,
    "read": lambda slot, length: digest(os.read(files[slot], length)),
    "pread": lambda slot, at, length: digest(os.pread(files[slot], length, at)),
    "write": lambda slot, fill, size: write_all(files[slot], data(fill, size)),
    "pwrite": lambda slot, at, fill, size: write_at(files[slot], data(fill, size), at),
    "seek": lambda slot, offset, whence: os.lseek(files[slot], offset, whence),
    "ftruncate": lambda slot, size: os.ftruncate(files[slot], size),
    "fstat": lambda slot: facts(os.fstat(files[slot])),
    "fchmod": lambda slot, mode: os.fchmod(files[slot], mode),
    "fchown": lambda slot, uid, gid: os.fchown(files[slot], uid, gid),
    "futimes": lambda slot, times: when(files[slot], times, True),
    "fsync": lambda slot: os.fsync(files[slot]),
    "freaddir": lambda slot: sorted(os.listdir(files[slot])),
    "tree": tree,
    "skip": lambda *_: None,
}


def outcome(operation):
    user, name, *arguments = operation
    try:
        become(user)
        return operations[name](*arguments)
    except OSError as error:
        return "ENOTSUP" if error.errno == errno.EOPNOTSUPP else errno.errorcode[error.errno]


def protected():
    found = {}
    for name in ("hardlinks", "symlinks", "regular", "fifos"):
        try:
            with open("/proc/sys/fs/protected_" + name) as file:
                found[name] = int(file.read())
        except OSError:
            found[name] = 0
    return found


def counts_directories(top):
    """Whether the links of a directory are those of the directories in it: on most filesystems of Linux they are."""
    os.makedirs(top + "/probe/a")
    os.mkdir(top + "/probe/b")
    count = os.stat(top + "/probe").st_nlink
    os.rmdir(top + "/probe/a")
    os.rmdir(top + "/probe/b")
    os.rmdir(top + "/probe")
    return count == 4


def hello(wanted):
    """Acts as several users where it may: as root."""
    global users
    users = wanted if os.getuid() == 0 else []
    if users:
        try:
            for index in range(len(users)):
                become(index)
        except OSError:
            users = []
    if not users:
        users = [[os.getuid(), os.getgid(), os.getgroups()]]
    os.umask(0o022)
    return {"users": users, "nlink": counts_links, "protected": protected(), "release": os.uname().release}


counts_links = counts_directories(sys.argv[1])
print(json.dumps(hello(json.loads(sys.argv[2]))), flush=True)
for line in sys.stdin:
    answers = [outcome(operation) for operation in json.loads(line)]
    print(json.dumps(answers), flush=True)
