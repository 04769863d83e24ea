"""Mounts a directory so that names that differ by case, or by Unicode's forms, are one.

Usage: folding.py DIRECTORY MOUNT-POINT; runs until it is unmounted. Names are kept as they were
first written. With fusepy, in the foreground.
"""

import os
import sys
import unicodedata

import fusepy

# UTIME_OMIT of utimensat(2): that time stays as it is.
OMIT = (1 << 30) - 2


def key(name):
    return unicodedata.normalize("NFC", name).casefold()


class Folding(fusepy.Operations):
    use_ns = True
    flag_utime_omit_ok = True

    def __init__(self, root):
        self.root = os.path.realpath(root)

    def real(self, path):
        """Where a path is: each name as it is spelled there, or as it was asked for."""
        at = self.root
        for name in path.split("/"):
            if name and not os.path.lexists(os.path.join(at, name)):
                wanted = key(name)
                try:
                    name = next((one for one in os.listdir(at) if key(one) == wanted), name)
                except OSError:
                    pass
            at = os.path.join(at, name) if name else at
        return at

    def getattr(self, path, fh=None):
        st = os.lstat(self.real(path))
        times = {"st_" + name: getattr(st, "st_%s_ns" % name) for name in ("atime", "ctime", "mtime")}
        names = ("gid", "mode", "nlink", "size", "uid")
        return times | {"st_" + name: getattr(st, "st_" + name) for name in names}

    def readdir(self, path, fh):
        return [".", ".."] + os.listdir(self.real(path))

    def readlink(self, path):
        return os.readlink(self.real(path))

    def statfs(self, path):
        st = os.statvfs(self.real(path))
        names = ("bavail", "bfree", "blocks", "bsize", "favail", "ffree", "files", "frsize", "namemax")
        return {"f_" + name: getattr(st, "f_" + name) for name in names}

    def mkdir(self, path, mode):
        os.mkdir(self.real(path), mode)

    def rmdir(self, path):
        os.rmdir(self.real(path))

    def unlink(self, path):
        os.unlink(self.real(path))

    def symlink(self, path, text):
        os.symlink(text, self.real(path))

    def link(self, path, existing):
        os.link(self.real(existing), self.real(path))

    def rename(self, old, new):
        before = self.real(new)
        wanted = os.path.join(os.path.dirname(before), os.path.basename(new))
        replaces = os.path.lexists(before) and not os.path.samefile(before, self.real(old))
        os.rename(self.real(old), before if replaces else wanted)

    def chmod(self, path, mode):
        os.chmod(self.real(path), mode)

    def chown(self, path, uid, gid):
        os.chown(self.real(path), uid, gid, follow_symlinks=False)

    def utimens(self, path, times=None):
        st = os.lstat(self.real(path))
        now = zip(times, (st.st_atime_ns, st.st_mtime_ns))
        kept = [was if time == OMIT else time for time, was in now]
        os.utime(self.real(path), ns=tuple(kept), follow_symlinks=False)

    def create(self, path, mode, fi=None):
        return os.open(self.real(path), os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)

    def open(self, path, flags):
        return os.open(self.real(path), flags & ~os.O_APPEND)

    def read(self, path, size, offset, fh):
        return os.pread(fh, size, offset)

    def write(self, path, data, offset, fh):
        return os.pwrite(fh, data, offset)

    def truncate(self, path, length, fh=None):
        os.truncate(self.real(path), length)

    def flush(self, path, fh):
        pass

    def release(self, path, fh):
        os.close(fh)

    def fsync(self, path, datasync, fh):
        os.fsync(fh)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    fusepy.FUSE(Folding(sys.argv[1]), sys.argv[2], foreground=True, nothreads=True, entry_timeout=0, attr_timeout=0)
