#!/usr/bin/python3
"""A service that changes files of one folder in every way, without a pause, until it is stopped.

busy-writer.py start|stop|state FOLDER LOG

As it starts and as it ends it notes in LOG what is in the folder, so that what one host has left can
be compared with what the other one begins with. The times of a mapped file come when the kernel
likes, so they are not noted.
"""
import hashlib, mmap, os, random, signal, stat, sys, time

PID = "/run/busy-writer.pid"
NAMES = 40
MAPPED = 4
LAST = 30

verb, folder, log = sys.argv[1:4]


def running():
    try:
        with open(PID) as file:
            pid = int(file.read())
        os.kill(pid, 0)
        return pid
    except (OSError, ValueError):
        return 0


def note(word):
    lines = []
    seen = {}
    for above, folders, files in os.walk(folder):
        for name in sorted(folders + files):
            path = os.path.join(above, name)
            status = os.lstat(path)
            line = [os.path.relpath(path, folder), oct(status.st_mode)]
            if stat.S_ISREG(status.st_mode):
                with open(path, "rb") as file:
                    line.append(hashlib.sha256(file.read()).hexdigest()[:16])
                line.append("as " + seen.setdefault(status.st_ino, line[0]))
                if not name.startswith("mapped"):
                    line.append(str(status.st_mtime_ns))
            lines.append(" ".join(line))
    with open(log, "a") as file:
        file.write("%s %d\n%s\n" % (word, len(lines), "".join(line + "\n" for line in sorted(lines))))


def path(number):
    return os.path.join(folder, "file%d" % number)


def write(name, flags, content):
    fd = os.open(name, flags | os.O_CREAT, 0o640)
    os.write(fd, content)
    os.close(fd)


def change(chance, maps):
    name = path(chance.randrange(NAMES))
    way = chance.randrange(9)
    try:
        if way == 0:  # the same size, twice within one tick of the clock
            write(name, os.O_WRONLY, chance.randbytes(512))
            write(name, os.O_WRONLY, chance.randbytes(512))
        elif way == 1:  # the same size and time
            write(name, os.O_WRONLY, chance.randbytes(512))
            before = os.stat(name)
            write(name, os.O_WRONLY, chance.randbytes(512))
            os.utime(name, ns=(before.st_atime_ns, before.st_mtime_ns))
        elif way == 2:
            memory = chance.choice(maps)
            at = chance.randrange(len(memory) - 8)
            memory[at : at + 8] = chance.randbytes(8)
        elif way == 3:
            write(name, os.O_WRONLY | os.O_APPEND, chance.randbytes(64))
        elif way == 4:
            write(name + ".new", os.O_WRONLY | os.O_TRUNC, chance.randbytes(300))
            os.rename(name + ".new", name)
        elif way == 5:
            os.unlink(name)
        elif way == 6:
            os.link(name, path(chance.randrange(NAMES)))
        elif way == 7:
            os.rename(name, path(chance.randrange(NAMES)))
        else:
            inner = os.path.join(folder, "folder%d" % chance.randrange(4))
            other = os.path.join(folder, "folder%d" % chance.randrange(4, 8))
            if os.path.isdir(other):
                os.unlink(os.path.join(other, "in"))
                os.rmdir(other)
            if os.path.isdir(inner):
                os.rename(inner, other)
            else:
                os.mkdir(inner)
                write(os.path.join(inner, "in"), os.O_WRONLY, chance.randbytes(100))
    except FileNotFoundError:
        write(name, os.O_WRONLY, chance.randbytes(512))
    except (FileExistsError, OSError):
        pass  # the other name is there, or a folder that is not empty


def run():
    chance = random.Random()
    ends = []
    signal.signal(signal.SIGTERM, lambda number, frame: ends.append(number))
    maps = []
    for number in range(MAPPED):
        fd = os.open(os.path.join(folder, "mapped%d" % number), os.O_RDWR | os.O_CREAT)
        os.ftruncate(fd, 16384)
        maps.append(mmap.mmap(fd, 16384))
        os.close(fd)
    while not ends:
        change(chance, maps)
        time.sleep(0.003)
    for unused in range(LAST):
        change(chance, maps)
    for memory in maps:
        memory[0:8] = chance.randbytes(8)
        memory.close()
    note("stop")


if verb == "state":
    sys.exit(0 if running() else 3)
if verb == "stop":
    pid = running()
    if pid:
        os.kill(pid, signal.SIGTERM)
        while running() == pid:
            time.sleep(0.01)
    sys.exit(0)
if running():
    sys.exit(0)
os.makedirs(folder, exist_ok=True)
note("start")
child = os.fork()
if child:
    with open(PID, "w") as file:
        file.write("%d\n" % child)
    sys.exit(0)
os.setsid()
null = os.open("/dev/null", os.O_RDWR)
for fd in range(3):
    os.dup2(null, fd)
run()
