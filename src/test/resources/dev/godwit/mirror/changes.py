"""Random changes of a tree, as any program could make them.

arguments: ROOT SEED [any-links] [nests]. Reads a line "N" and makes N changes, then writes "done"; each change is told
on standard error before it is made. The same seed makes the same changes, as long as nobody else
changes the tree. What is not possible (no such name, not empty, ...) is left out.

"over N" mounts something over a directory, if there is one, then makes N changes and mounts more in
between; after "done" it names the places, the one that was there before all changes first.
Directories that hold such a place keep their names.
"bare" unmounts all, as the end of the input does.

Without "any-links" a file that got another name is not removed by any of its names before the next
line: a name that comes, is written by and goes before anybody has looked is a known limit of a
mirror that is told of paths (inotify).

With "nests" directories also move into one that takes their name, and take the name of the one that they are in;
and trees are made that take a while to be looked at.
"""

import ctypes
import errno
import mmap
import os
import random
import shutil
import socket
import stat
import struct
import sys

ROOT = os.fsencode(sys.argv[1])
R = random.Random(int(sys.argv[2]))
ANY_LINKS = "any-links" in sys.argv[3:]
LIBC = ctypes.CDLL(None, use_errno=True)

NAMES = [
    b"a", b"b", b"c", b"d", b"e",
    b"-rf", b"line\nbreak", b"\xff\xfe", b"x" * 255, b"$(x)`y`;", b" ", b"*", b"\\", b"a.tmp",
    "\u00e9\u65e5".encode(), b"e\xcc\x81", b"\x1b[31m", b".hidden", b"A",
    b".godwit-notes",
]
OUTSIDE = ROOT + b".outside"
BOUND = ROOT + b".bound"
MS_BIND = 4096
MNT_DETACH = 2
fresh = set()  # inodes that got another name since the last line
mounted = {}  # where this program has mounted something: what is open there, each time


def say(*words):
    words = [w.removeprefix(ROOT + b"/") if isinstance(w, bytes) else w for w in words]
    print(*[repr(w) if isinstance(w, bytes) else w for w in words], file=sys.stderr, flush=True)


def pick(depth=2):
    path = os.path.join(ROOT, name())
    for _ in range(R.randint(0, depth)):
        if not is_dir(path):
            return path
        path = os.path.join(path, name())
    return path


def name():
    return R.choice(NAMES[:5]) if R.random() < 0.6 else R.choice(NAMES)


def mode_of(path):
    try:
        return os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0


def is_dir(path):
    return stat.S_ISDIR(mode_of(path))


def regular(path):
    if not stat.S_ISREG(mode_of(path)):
        raise FileNotFoundError(errno.ENOENT, "no file")
    return path


def is_fresh(path):
    """Whether what would go with this name got another name a moment ago."""
    if not fresh:
        return False
    try:
        status = os.lstat(path)
    except OSError:
        return False
    if (status.st_dev, status.st_ino) in fresh:
        return True
    if stat.S_ISDIR(status.st_mode):
        return any(is_fresh(os.path.join(path, one)) for one in os.listdir(path))
    return False


def is_held(path):
    """Whether something is mounted there or below."""
    return any(at == path or at.startswith(path + b"/") for at in mounted)


def content():
    size = R.choice([0, 1, 10, 100, 3000, 4096, 4097, 20000, 131072, 131073, 300000])
    if R.random() < 0.02:
        size = 2_000_000
    return R.randbytes(size)


def write(path, data, flags=os.O_WRONLY | os.O_CREAT | os.O_TRUNC):
    fd = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, R.choice([0o600, 0o644, 0o666]))
    try:
        while data:
            data = data[os.write(fd, data):]
    finally:
        os.close(fd)


def create():
    path = pick()
    if mode_of(path) and not stat.S_ISREG(mode_of(path)):
        return
    data = content()
    say("create", path, len(data))
    write(path, data)


def overwrite():
    path = regular(pick())
    size = os.lstat(path).st_size
    at = R.randint(0, max(0, size))
    data = R.randbytes(R.choice([1, 1, 50, 5000]))
    say("overwrite", path, at, len(data))
    fd = os.open(path, os.O_WRONLY)
    try:
        os.pwrite(fd, data, at)
    finally:
        os.close(fd)


def append():
    path = regular(pick())
    data = R.randbytes(R.choice([1, 100, 5000]))
    say("append", path, len(data))
    write(path, data, os.O_WRONLY | os.O_APPEND)


def map_write():
    path = regular(pick())
    size = os.lstat(path).st_size
    if size == 0:
        return
    flush = R.random() < 0.5
    say("map", path, "flush" if flush else "")
    fd = os.open(path, os.O_RDWR)
    try:
        with mmap.mmap(fd, size) as m:
            for _ in range(R.randint(1, 3)):
                at = R.randrange(size)
                m[at] = (m[at] + 1) % 256
            if flush:
                m.flush()
    finally:
        os.close(fd)


def same_size_same_time():
    path = regular(pick())
    status = os.lstat(path)
    if status.st_size == 0:
        return
    say("rewrite with its time", path)
    fd = os.open(path, os.O_RDWR)
    try:
        at = R.randrange(status.st_size)
        old = os.pread(fd, 1, at)
        os.pwrite(fd, bytes([(old[0] + 1) % 256]), at)
        os.utime(fd, ns=(status.st_atime_ns, status.st_mtime_ns))
    finally:
        os.close(fd)


def truncate():
    path = regular(pick())
    size = os.lstat(path).st_size
    to = R.choice([0, size // 2, size + 1, size + 100_000])
    if to > 4_000_000:
        to = 0
    say("truncate", path, to)
    os.truncate(path, to)


def punch():
    path = regular(pick())
    size = os.lstat(path).st_size
    at = R.randint(0, 200_000)
    say("sparse", path, at)
    fd = os.open(path, os.O_WRONLY)
    try:
        os.pwrite(fd, b"end", size // 2 + at)
    finally:
        os.close(fd)


def rename():
    source, target = pick(), pick()
    if not mode_of(source) or is_fresh(target) or is_held(source) or is_held(target):
        return
    say("rename", source, target)
    os.rename(source, target)


def replace():
    """As editors and databases write: a new file, then its rename over the old one."""
    path = pick()
    if is_dir(path) or is_fresh(path):
        return
    new = path[:240] + b".new"
    say("replace", path)
    write(new, content())
    if R.random() < 0.5 and mode_of(path):
        os.chmod(new, R.choice([0o640, 0o4755]))
    os.rename(new, path)


def sink():
    """A directory goes into another one that has taken its name."""
    path = pick(1)
    if not is_dir(path) or is_held(path):
        return
    aside = path[:240] + b".aside"
    to = os.path.join(path, *[b"x"] * R.randint(0, 2), name())
    say("sink", path, to)
    os.rename(path, aside)
    os.makedirs(os.path.dirname(to))
    os.rename(aside, to)


def rise():
    """What is in a directory takes its place."""
    path = pick(1)
    if not is_dir(path) or is_fresh(path) or is_held(path):
        return
    below = [d for d, _, _ in os.walk(path)][1:]
    if not below:
        return
    inner = R.choice(sorted(below))
    aside = path[:240] + b".aside"
    say("rise", inner, path)
    os.rename(inner, aside)
    shutil.rmtree(path)
    os.rename(aside, path)


def exchange():
    one, other = pick(), pick()
    if not mode_of(one) or not mode_of(other) or is_held(one) or is_held(other):
        return
    say("exchange", one, other)
    if LIBC.renameat2(-100, one, -100, other, 2) != 0:
        raise OSError(ctypes.get_errno(), "renameat2")


def link():
    source, target = pick(), pick()
    if is_dir(source) or not mode_of(source):
        return
    say("link", source, target)
    os.link(source, target, follow_symlinks=False)
    if not ANY_LINKS:
        status = os.lstat(target)
        fresh.add((status.st_dev, status.st_ino))


def symlink():
    path = pick()
    to = R.choice([b"nowhere", b"../a", OUTSIDE, b"y" * 1000, b"\xff"])
    say("symlink", path, to)
    os.symlink(to, path)


def directory_to_link():
    path = pick(1)
    if not is_dir(path) or is_fresh(path) or is_held(path):
        return
    say("directory becomes a link", path)
    shutil.rmtree(path)
    os.symlink(OUTSIDE, path)


def link_to_directory():
    path = pick(1)
    if not stat.S_ISLNK(mode_of(path)) or is_fresh(path):
        return
    say("link becomes a directory", path)
    os.unlink(path)
    os.mkdir(path)
    write(os.path.join(path, b"keep"), b"kept")


def make_directory():
    path = pick()
    say("mkdir", path)
    os.mkdir(path, R.choice([0o700, 0o755, 0o2775, 0o1777]))


def make_tree():
    top = pick()
    say("tree", top)
    os.makedirs(os.path.join(top, b"x", b"y", b"z"))
    for i in range(R.randint(1, 20)):
        at = R.choice([b"", b"x", b"x/y", b"x/y/z"])
        write(os.path.join(top, at, b"%d" % i), content()[:5000])


def make_wide_tree():
    top = pick()
    say("wide tree", top)
    for i in range(R.randint(20, 200)):
        at = os.path.join(top, b"w%d" % (i % 7), b"%d" % i)
        os.makedirs(at)
        write(os.path.join(at, b"f"), content()[:100])


def remove():
    path = pick()
    if not mode_of(path) or is_fresh(path) or is_held(path):
        return
    say("remove", path)
    if is_dir(path):
        if R.random() < 0.5:
            os.rmdir(path)
        else:
            shutil.rmtree(path)
    else:
        os.unlink(path)


def chmod():
    path = pick()
    if not mode_of(path) or stat.S_ISLNK(mode_of(path)):
        return
    mode = R.choice([R.randrange(0o10000), 0o644, 0o755, 0o4711, 0o2755])
    say("chmod", path, oct(mode))
    os.chmod(path, mode)


def chown():
    path = pick()
    uid, gid = R.randrange(5), R.randrange(70000)
    say("chown", path, uid, gid)
    os.lchown(path, uid, gid)


def utime():
    path = pick()
    at = R.randrange(2**31 * 10**9)
    say("utime", path, at)
    os.utime(path, ns=(at, at), follow_symlinks=False)


def set_attribute():
    path = pick()
    mode = mode_of(path)
    space = b"user." if stat.S_ISREG(mode) or stat.S_ISDIR(mode) else b"trusted."
    space = R.choice([space, b"trusted."])
    key = space + R.choice([b"a", b"b", b"long-" + b"n" * 100])
    value = R.randbytes(R.choice([0, 1, 20, 500]))
    say("setfattr", path, key, len(value))
    os.setxattr(path, key, value, follow_symlinks=False)


def remove_attribute():
    path = pick()
    names = [os.fsencode(n) for n in os.listxattr(path, follow_symlinks=False)]
    names = sorted(n for n in names if not n.startswith(b"system.") and n != b"security.selinux")
    if names:
        key = R.choice(names)
        say("setfattr -x", path, key)
        os.removexattr(path, key, follow_symlinks=False)


def capability():
    path = regular(pick())
    say("setcap", path)
    value = struct.pack("<IIIII", 0x02000001, 1 << R.randrange(20), 0, 0, 0)
    os.setxattr(path, b"security.capability", value)


def acl_value():
    entries = [(1, R.randrange(8), -1), (4, R.randrange(8), -1), (32, R.randrange(8), -1)]
    for uid in sorted(R.sample(range(1, 9), R.randint(0, 2))):
        entries.append((2, R.randrange(8), uid))
    for gid in sorted(R.sample(range(1, 9), R.randint(0, 2))):
        entries.append((8, R.randrange(8), gid))
    if len(entries) > 3:
        entries.append((16, R.randrange(8), -1))
    entries.sort(key=lambda e: (e[0], e[2]))
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *e) for e in entries)


def set_list():
    path = pick()
    mode = mode_of(path)
    if not mode or stat.S_ISLNK(mode):
        return
    default = stat.S_ISDIR(mode) and R.random() < 0.5
    key = b"system.posix_acl_default" if default else b"system.posix_acl_access"
    if R.random() < 0.3:
        say("setfacl -x", path, key)
        os.removexattr(path, key)
    else:
        say("setfacl", path, key)
        os.setxattr(path, key, acl_value())


def special():
    path = pick()
    kind = R.choice([stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
    say("mknod", path, oct(kind))
    os.mknod(path, kind | 0o640, os.makedev(7, R.randrange(300)))


def of_root():
    say("root")
    R.choice([
        lambda: os.chmod(ROOT, R.choice([0o700, 0o755, 0o2750])),
        lambda: os.chown(ROOT, R.randrange(3), R.randrange(3)),
        lambda: os.utime(ROOT, ns=(1, R.randrange(2**31 * 10**9))),
        lambda: os.setxattr(ROOT, b"user.root", R.randbytes(3)),
        lambda: os.setxattr(ROOT, b"system.posix_acl_default", acl_value()),
    ])()


def call(name, result):
    if result != 0:
        raise OSError(ctypes.get_errno(), name)


def is_related(one, other):
    """Whether one of them is in the other: then changes in what shows would reach what is hidden."""
    return (one + b"/").startswith(other + b"/") or (other + b"/").startswith(one + b"/")


def mount_over():
    """What was in the directory is out of reach then; its name has plain letters only."""
    at = ROOT
    for one in R.choices(NAMES[:5], k=R.randint(1, 2)):
        at = os.path.join(at, one)
        if not is_dir(at):
            return
    shown = R.choice([None, BOUND, pick(1)])
    if shown is not None and (not is_dir(shown) or is_held(shown) or is_related(shown, at)):
        return
    if shown is None:
        say("mount a tmpfs over", at)
        call("mount", LIBC.mount(b"none", at, b"tmpfs", 0, None))
    else:
        say("mount", shown, "over", at)
        call("mount", LIBC.mount(shown, at, None, MS_BIND, None))
    # By this it is unmounted: what the place is in may have another name by another mount.
    mounted.setdefault(at, []).append(os.open(at, os.O_PATH | os.O_DIRECTORY))


def unmount_all():
    say("unmount all")
    for fd in sorted(sum(mounted.values(), []), reverse=True):
        call("umount2", LIBC.umount2(b"/proc/self/fd/%d" % fd, MNT_DETACH))
        os.close(fd)
    mounted.clear()


CHANGES = [
    (create, 12), (overwrite, 6), (append, 6), (map_write, 5), (same_size_same_time, 4),
    (truncate, 4), (punch, 3), (rename, 12), (replace, 6), (exchange, 3), (link, 6), (symlink, 3),
    (directory_to_link, 1), (link_to_directory, 2), (make_directory, 8), (make_tree, 4),
    (remove, 8), (chmod, 4), (chown, 3), (utime, 3), (set_attribute, 5), (remove_attribute, 3),
    (capability, 2), (set_list, 6), (special, 4), (of_root, 1),
]
if "nests" in sys.argv[3:]:
    CHANGES += [(sink, 6), (rise, 6), (make_wide_tree, 3)]
IMPOSSIBLE = {
    errno.ENOENT, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENOTEMPTY, errno.EINVAL,
    errno.ELOOP, errno.EOPNOTSUPP, errno.ENODATA, errno.ENAMETOOLONG, errno.EPERM,
    errno.EBUSY, errno.EXDEV,  # mounts
}
# On ext4 and xfs what does not fit into an inode's attributes is refused so.
MAY_BE_TOO_MUCH = {set_attribute, set_list, capability}


def change(changes):
    what = R.choices([c for c, _ in changes], [w for _, w in changes])[0]
    try:
        what()
    except OSError as e:
        if e.errno == errno.ENOSPC and what in MAY_BE_TOO_MUCH:
            say("  no room for it")
        elif e.errno not in IMPOSSIBLE:
            raise
        else:
            say("  not possible:", errno.errorcode[e.errno])


def over(count):
    """Returns the places, each once."""
    os.makedirs(BOUND, exist_ok=True)
    for _ in range(100):
        if not mounted:
            mount_over()
    changes = CHANGES + [(mount_over, 4)] if mounted else CHANGES
    for _ in range(count):
        change(changes)
    return [at.removeprefix(ROOT + b"/").decode() for at in mounted]


try:
    for line in sys.stdin:
        fresh.clear()
        words = line.split()
        places = []
        if words[0] == "over":
            places = over(int(words[1]))
        elif words[0] == "bare":
            unmount_all()
        else:
            for _ in range(int(words[0])):
                change(CHANGES)
        print("done", *places, flush=True)
finally:
    unmount_all()
