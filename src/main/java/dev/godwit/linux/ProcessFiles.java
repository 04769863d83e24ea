package dev.godwit.linux;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Open files of other processes: who holds a socket (proc(5), /proc/PID/fd), and a duplicate of it
 * (pidfd_getfd(2), Linux 5.6; needs the right to trace the process).
 */
public final class ProcessFiles {
  private static final long PIDFD_OPEN = 434;
  private static final long PIDFD_GETFD = 438;
  private static final Path PROC = Path.of("/proc");

  /** A descriptor of a process. */
  public record Holder(int pid, int fd) {}

  private ProcessFiles() {}

  /**
   * Looks through all processes for sockets. Costs 20 to 250 ms on a busy host.
   *
   * @return for each inode that somebody holds, all who hold it
   */
  public static Map<Long, List<Holder>> socketHolders(Set<Long> inodes) throws IOException {
    Map<Long, List<Holder>> found = new HashMap<>();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
      for (Path process : processes) {
        int pid = Integer.parseInt(process.getFileName().toString());
        collect(pid, process.resolve("fd"), inodes, found);
      }
    }
    return found;
  }

  private static void collect(
      int pid, Path directory, Set<Long> inodes, Map<Long, List<Holder>> found) {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        try {
          long inode = socketInode(Files.readSymbolicLink(file).toString());
          if (inode >= 0 && inodes.contains(inode)) {
            int fd = Integer.parseInt(file.getFileName().toString());
            found.computeIfAbsent(inode, i -> new ArrayList<>()).add(new Holder(pid, fd));
          }
        } catch (IOException e) {
          continue; // closed while we looked
        }
      }
    } catch (IOException | java.nio.file.DirectoryIteratorException e) {
      return; // the process ended while we looked
    }
  }

  /** Whether a process's descriptor is this socket now. */
  public static boolean holds(Holder holder, long inode) {
    return isSocket(PROC.resolve(holder.pid() + "/fd/" + holder.fd()), inode);
  }

  private static boolean isSocket(Path descriptor, long inode) {
    try {
      return socketInode(Files.readSymbolicLink(descriptor).toString()) == inode;
    } catch (IOException e) {
      return false; // closed, or the process has ended
    }
  }

  /**
   * A socket of this process as others see it: its inode.
   *
   * @throws IOException when the descriptor is no socket
   */
  public static long socketInode(int fd) throws IOException {
    String link = Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd)).toString();
    long inode = socketInode(link);
    if (inode < 0) {
      throw new IOException("descriptor " + fd + " is " + link);
    }
    return inode;
  }

  private static long socketInode(String link) {
    return link.startsWith("socket:[") && link.endsWith("]")
        ? Long.parseLong(link, 8, link.length() - 1, 10)
        : -1;
  }

  /**
   * Whether this kernel can duplicate descriptors of other processes; asked about one of our own.
   *
   * @throws LinuxException ENOSYS when it cannot, EPERM when a filter of calls forbids it
   */
  public static void checkDuplicate() throws LinuxException {
    int own = Sockets.tcp(false);
    try {
      Sockets.close(duplicate(new Holder((int) ProcessHandle.current().pid(), own)));
    } finally {
      Sockets.close(own);
    }
  }

  /**
   * A duplicate of another process's socket, {@code O_CLOEXEC}.
   *
   * @throws LinuxException ENOENT when the descriptor is something else by now
   */
  public static int duplicate(Holder holder, long inode) throws LinuxException {
    int fd = duplicate(holder);
    if (isSocket(Path.of("/proc/self/fd/" + fd), inode)) {
      return fd;
    }
    Sockets.close(fd);
    throw new LinuxException("pidfd_getfd", object(holder), Errno.ENOENT);
  }

  private static String object(Holder holder) {
    return "process " + holder.pid() + " descriptor " + holder.fd();
  }

  private static int duplicate(Holder holder) throws LinuxException {
    String object = object(holder);
    int process =
        (int) LinuxException.check(Syscall.call(PIDFD_OPEN, holder.pid(), 0), "pidfd_open", object);
    try {
      return (int)
          LinuxException.check(
              Syscall.call(PIDFD_GETFD, process, holder.fd(), 0), "pidfd_getfd", object);
    } finally {
      Sockets.close(process);
    }
  }
}
