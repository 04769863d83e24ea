package dev.godwit.forward.gate;

import dev.godwit.forward.GateException;
import dev.godwit.forward.loop.ServiceListener;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Mounting;
import dev.godwit.linux.Mounts;
import dev.godwit.linux.Names;
import dev.godwit.linux.Sockets;
import dev.godwit.linux.UnixDiagnostics;
import dev.godwit.linux.UnixDiagnostics.UnixSocket;
import dev.godwit.linux.UnixSockets;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The name of one unix socket, which leads clients to whoever has it: the service, or a gate. It
 * changes hands by rename(2) alone, so that it is always there; connections that exist, and those
 * in a listener's queue, do not depend on it.
 *
 * <p>Beside {@code NAME} stand {@code .NAME.godwit}, the service's own socket while the gate has
 * the name, and {@code .NAME.gate}, the gate's.
 *
 * <p>A service that stops removes the name, whoever has it: so until it has stopped the name is a
 * mount point, which cannot be removed. Where mounting is not allowed, or the service sees other
 * mounts, the name is put back as soon as it is missed. A service that starts removes the name too
 * and binds its own; the gate takes it again unless it is to be the service's.
 *
 * <p>Threads: any.
 */
public final class SocketName implements AutoCloseable {
  private enum Phase {
    /** The service has its name. */
    AWAY,
    /** The gate has it; the service may stop at any moment. */
    STOPPING,
    /** The gate has it; the service has stopped. */
    TAKEN,
    /** The service is to have it back, and may be starting. */
    YIELDING
  }

  private static final byte[] ITSELF = Names.of(".");
  private static final int SOCKET_TYPE = 0140000;
  private static final int PERMISSIONS = 07777;

  private final Path path;
  private final DirectoryHandle directory;
  private final byte[] name;
  private final byte[] kept;
  private final byte[] ours;
  private final byte[] next;
  private Phase phase = Phase.AWAY;
  private @Nullable FileStatus gate;
  private boolean guarded;
  private long freedNanos;
  private long gapNanos;

  /**
   * @throws IOException when there is no such directory
   */
  SocketName(Path given) throws IOException {
    Path parent = given.toAbsolutePath().getParent();
    if (parent == null) {
      throw new IOException("unix:" + given + " is no file");
    }
    Path real = parent.toRealPath();
    path = real.resolve(given.getFileName());
    directory = DirectoryHandle.open(Names.of(real.toString()));
    name = Names.of(path.getFileName().toString());
    kept = beside(path, "godwit");
    ours = beside(path, "gate");
    next = beside(path, "next");
  }

  private static byte[] beside(Path path, String what) {
    return Names.of("." + path.getFileName() + "." + what);
  }

  /** Whether a service listens there now, so that a gate could stand beside it. */
  static boolean isServed(Path path) throws IOException {
    if (Files.notExists(path, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    try (SocketName name = new SocketName(path)) {
      FileStatus now = name.directory.status(name.name);
      // What is no socket is not one that will be: that is to be told.
      return now != null
          && ((now.mode() & FileStatus.TYPE) != SOCKET_TYPE || name.isLiving(name.name));
    }
  }

  /** Whether its directory is still the one that the path leads to. */
  boolean isCurrent() throws IOException {
    Path parent = path.getParent();
    if (parent == null || Files.notExists(parent)) {
      return false;
    }
    try (DirectoryHandle now = DirectoryHandle.open(Names.of(parent.toString()))) {
      FileStatus one = directory.status(ITSELF);
      FileStatus other = now.status(ITSELF);
      return one != null
          && other != null
          && one.inode() == other.inode()
          && one.device() == other.device();
    }
  }

  /** Without symbolic links on the way. */
  Path path() {
    return path;
  }

  /** Of the directory; changes of it are told to {@link #look}. */
  int directory() {
    return directory.descriptor();
  }

  /**
   * Makes the gate's socket, with the owner, group and mode of the service's.
   *
   * @param served somebody has to listen at it now
   * @return a descriptor that listens; the caller's
   */
  synchronized int open(boolean served) throws IOException {
    FileStatus service = directory.status(name);
    String wrong =
        service == null
            ? " is not there"
            : (service.mode() & FileStatus.TYPE) != SOCKET_TYPE
                ? " is something else than a socket"
                : listeners().isEmpty() && served ? ": nobody listens there" : "";
    if (service == null || !wrong.isEmpty()) {
      throw new GateException(GateException.Kind.UNSUPPORTED, "unix:" + path + wrong);
    }
    remove(ours);
    int fd = UnixSockets.stream();
    try {
      UnixSockets.bind(fd, path.resolveSibling("." + path.getFileName() + ".gate"), 0600);
      copyRights(service);
      gate = directory.status(ours);
      Sockets.listen(fd, ServiceListener.BACKLOG);
      return fd;
    } catch (IOException e) {
      Sockets.close(fd);
      remove(ours);
      throw e;
    }
  }

  private void copyRights(FileStatus from) throws LinuxException {
    directory.setOwner(ours, from.uid(), from.gid());
    directory.setPermissions(ours, from.mode() & PERMISSIONS);
  }

  private void remove(byte[] one) throws LinuxException {
    try {
      directory.remove(one);
    } catch (LinuxException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
  }

  /** From now on who connects comes to the gate. Again changes nothing. */
  synchronized void take() throws IOException {
    if (phase == Phase.AWAY || phase == Phase.YIELDING) {
      takeName();
      phase = Phase.STOPPING;
      guard();
    } else {
      cover();
    }
  }

  private void takeName() throws LinuxException {
    if (!isOurs()) {
      FileStatus service = directory.status(name);
      if (service != null) {
        copyRights(service);
        give(name, kept);
      }
      give(ours, name);
      FileStatus now = directory.status(kept);
      if (service != null && now != null) {
        copyRights(now); // those that it has set since it bound its socket, until it lost the name
      }
    }
    gapEnds();
  }

  /** Gives a socket another name, in the place of whatever has it. */
  private void give(byte[] from, byte[] to) throws LinuxException {
    remove(next);
    directory.makeHardLink(next, directory, from);
    directory.rename(next, to);
    remove(next); // rename(2) does nothing between two names of one inode
  }

  private void gapEnds() {
    if (freedNanos != 0) {
      gapNanos += System.nanoTime() - freedNanos;
      freedNanos = 0;
    }
  }

  private void guard() {
    try {
      Mounting.bind(bytes(path), bytes(path));
      guarded = true;
    } catch (LinuxException e) {
      guarded = false; // who removes the name will be noticed
    }
  }

  private void unguard() throws LinuxException {
    if (guarded) {
      guarded = false;
      try {
        Mounting.detach(bytes(path));
      } catch (LinuxException e) {
        if (e.errno() != Errno.EINVAL && e.errno() != Errno.ENOENT) {
          throw e;
        }
        // Removed where it is no mount point, which takes the mount away (Linux 3.18).
      }
    }
  }

  /** The service has stopped, and whoever removes the name from here on is one that starts. */
  synchronized void stopped() throws IOException {
    if (phase == Phase.STOPPING) {
      unguard();
      if (directory.status(name) == null) {
        takeName();
      }
      phase = Phase.TAKEN;
    }
  }

  /** Something has changed in the directory. */
  synchronized void look() throws IOException {
    if (phase != Phase.STOPPING && phase != Phase.TAKEN) {
      return;
    }
    if (isOurs()) {
      passRightsOn();
      return;
    }
    // A service that starts removes the name a moment before it binds it.
    if (phase == Phase.STOPPING || directory.status(name) != null) {
      takeName();
    }
  }

  /** A service that sets them after it has bound its socket finds ours at that name. */
  private void passRightsOn() throws LinuxException {
    FileStatus now = directory.status(name);
    FileStatus service = directory.status(kept);
    if (now != null && service != null) {
      if (now.uid() != service.uid() || now.gid() != service.gid()) {
        directory.setOwner(kept, now.uid(), now.gid());
      }
      if (now.mode() != service.mode()) {
        directory.setPermissions(kept, now.mode() & PERMISSIONS);
      }
    }
  }

  /** The service is about to start. Most remove the name themselves just before they bind it. */
  synchronized void makeRoom() throws IOException {
    if (phase != Phase.AWAY) {
      unguard();
      phase = Phase.YIELDING;
    }
  }

  /** The service did not start, perhaps because it found the name taken: clients are refused. */
  synchronized void free() throws IOException {
    if (phase == Phase.YIELDING && isOurs() && !isLiving(kept)) {
      remove(name);
      freedNanos = System.nanoTime();
    }
  }

  /**
   * A service is about to start behind the gate that would not while somebody answers at its name,
   * as one asks that connects to it first: clients find nothing until it has bound its own.
   */
  synchronized void clear() throws IOException {
    if (phase == Phase.TAKEN && isOurs() && !isLiving(kept)) {
      remove(name);
      freedNanos = System.nanoTime();
    }
  }

  /** A service behind the gate has not started, or has stopped and taken the name with it. */
  synchronized void cover() throws IOException {
    if (phase == Phase.TAKEN && directory.status(name) == null) {
      takeName();
    }
  }

  /** The service did not start at all: clients wait instead. */
  synchronized void takeAgain() throws IOException {
    if (phase == Phase.YIELDING) {
      takeName();
      phase = Phase.TAKEN;
    }
  }

  /** The name is the service's again, if that lives. Who has come by then is the gate's. */
  synchronized void giveBack() throws IOException {
    if (phase == Phase.AWAY) {
      return;
    }
    unguard();
    if (isOurs()) {
      if (isLiving(kept)) {
        passRightsOn();
        directory.rename(kept, name);
      } else {
        remove(name); // as the service left it
      }
    }
    gapEnds();
    remove(kept);
    phase = Phase.AWAY;
  }

  /**
   * For a process that is about to end and cannot do more: a service that lives gets its name; one
   * that does not has nothing to get, and another gate may want it.
   */
  synchronized void leave() throws IOException {
    unguard();
    if (isLiving(kept)) {
      giveBack();
    }
  }

  /** Gives the name back and takes away what stands beside it. */
  @Override
  public synchronized void close() throws IOException {
    try {
      giveBack();
      remove(ours);
      remove(next);
    } finally {
      directory.close();
    }
  }

  /** Whether the name leads to the gate. */
  synchronized boolean isOurs() throws LinuxException {
    FileStatus now = directory.status(name);
    FileStatus own = gate;
    return now != null
        && own != null
        && now.inode() == own.inode()
        && now.device() == own.device()
        && now.birthNanos() == own.birthNanos();
  }

  /** Where the service itself is reached, past the gate. */
  synchronized Path service() throws LinuxException {
    return isOurs() ? path.resolveSibling("." + path.getFileName() + ".godwit") : path;
  }

  /** The service's listeners: one, or none. */
  synchronized List<UnixSocket> listeners() throws LinuxException {
    return sockets(isOurs() ? kept : name, UnixDiagnostics.LISTEN);
  }

  /** The connections that the service has accepted and not closed. */
  synchronized List<UnixSocket> connections() throws LinuxException {
    return sockets(isOurs() ? kept : name, UnixDiagnostics.ESTABLISHED);
  }

  private List<UnixSocket> sockets(byte[] one, int state) throws LinuxException {
    FileStatus status = directory.status(one);
    return status == null ? List.of() : UnixDiagnostics.sockets(status, state);
  }

  private boolean isLiving(byte[] one) throws LinuxException {
    return !sockets(one, UnixDiagnostics.LISTEN).isEmpty();
  }

  /** How long the name was missing because a service would not start where it was. */
  synchronized Duration gap() {
    return Duration.ofNanos(gapNanos);
  }

  /** Where a service is reached that may stand behind a gate of another process. */
  public static Path behindGate(Path path) {
    Path kept = path.resolveSibling("." + path.getFileName() + ".godwit");
    return Files.exists(kept, LinkOption.NOFOLLOW_LINKS) ? kept : path;
  }

  /**
   * Does for a gate that was killed what it could not do.
   *
   * @param again another one will take the name: it stays, as the only one who knows whose it was
   */
  static void restore(Path path, boolean again) throws IOException {
    try (SocketName left = new SocketName(path)) {
      String point = new String(bytes(left.path), StandardCharsets.ISO_8859_1);
      for (Mounts.Mount mount : Mounts.all()) {
        if (mount.point().equals(point)) {
          Mounting.detach(bytes(left.path));
        }
      }
      left.gate = left.directory.status(left.ours);
      left.phase = again && !left.isLiving(left.kept) ? Phase.AWAY : Phase.TAKEN;
      left.remove(again && left.phase == Phase.AWAY ? left.kept : left.next);
    }
  }

  private static byte[] bytes(Path path) {
    return Names.of(path.toString());
  }
}
