package dev.godwit.stage;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.godwit.host.Processes;
import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Mounting;
import dev.godwit.linux.Mounts;
import dev.godwit.linux.Names;
import java.io.IOException;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Puts a stage's view of the host together, in namespaces that this process has to itself: every
 * file system of the host below an overlay, so that all of it is there and nothing that is written
 * reaches it.
 *
 * <p>Invariants: no overlay has a folder of the host as its upper layer but those of {@link
 * DiskFolders}; no socket of the host's file systems can be connected to, so that nobody on the
 * stage gives orders to the host's own services.
 */
final class Scenery {
  private static final Duration IP_LIMIT = Duration.ofSeconds(10);

  /** Any directory that every host has: it is covered while the view is made. */
  private static final byte[] WORK = Names.of("/tmp");

  private static final byte[] ROOT = Names.of("/tmp/root");
  private static final String RUN = "/run";

  /** Sockets of the service manager and of the bus: what asks for them must find that they lack. */
  private static final List<String> NOT_IN_RUN = List.of("systemd", "dbus", "user", "godwit");

  /** What of a root's attributes a service could not do without. */
  private static final List<String> DECIDES_ACCESS =
      List.of("system.posix_acl_access", "system.posix_acl_default", "security.selinux");

  /** A file of /run that is small enough to be a setting; process numbers mean nothing here. */
  private static final long RUN_FILE_BYTES_MAX = 64 * 1024;

  private static final int RUN_DEPTH_MAX = 8;

  private final StageRequest request;
  private final List<String> said = new ArrayList<>();
  private final List<DirectoryHandle> open = new ArrayList<>();
  private int layers;

  private Scenery(StageRequest request) {
    this.request = request;
  }

  /**
   * Makes the view and goes there.
   *
   * @return for people: where what is written to each tree is kept, and what could not be shown
   */
  static List<String> enter(StageRequest request) throws IOException, InterruptedException {
    refuseShared();
    Scenery scenery = new Scenery(request);
    try {
      scenery.files();
    } finally {
      scenery.open.forEach(DirectoryHandle::close);
    }
    scenery.network();
    return scenery.said;
  }

  /** What is done here would otherwise be done to the host itself. */
  private static void refuseShared() throws IOException {
    long process = ProcessHandle.current().pid();
    if (process != 1 || hasAddresses()) {
      throw new IOException(
          "a rehearsal needs namespaces of its own; this process is number %d%s"
              .formatted(process, hasAddresses() ? " and in the host's network" : ""));
    }
  }

  /** A network that was just made has none, not even those of the loopback. */
  private static boolean hasAddresses() {
    try {
      return NetworkInterface.networkInterfaces()
          .anyMatch(each -> !each.getInterfaceAddresses().isEmpty());
    } catch (SocketException e) {
      return false; // how Java says that there is none
    }
  }

  private DirectoryHandle opened(byte[] path) throws LinuxException {
    DirectoryHandle handle = DirectoryHandle.open(path);
    open.add(handle);
    return handle;
  }

  // ---- files

  private void files() throws IOException {
    // Everything is opened before anything is covered.
    DirectoryHandle root = opened(Names.of("/"));
    Map<String, Shown> mounts = mountPoints();
    Map<String, DirectoryHandle> trees = new LinkedHashMap<>();
    for (byte[] path : request.roots()) {
      DirectoryHandle tree = opened(path);
      trees.put(text(Paths.real(tree)), tree);
    }
    Map<String, DirectoryHandle> upper = new HashMap<>();
    int number = 0;
    for (Map.Entry<String, DirectoryHandle> tree : trees.entrySet()) {
      DirectoryHandle folder = DiskFolders.make(tree.getValue(), request.move(), number++);
      if (folder != null) {
        open.add(folder);
        upper.put(tree.getKey(), folder);
      }
    }
    DirectoryHandle run = opened(Names.of(RUN));
    Mounting.mount("tmpfs", "godwit-rehearsal", WORK, 0, "mode=755");
    refuseOpenSockets();
    DirectoryHandle.create(ROOT, 0755);
    overlay(root, ROOT, null);
    // A folder before what is in it: the overlay of a tree hides what is mounted below the tree.
    Set<String> places = new TreeSet<>(mounts.keySet());
    places.addAll(trees.keySet());
    for (String place : places) {
      Shown mount = mounts.get(place);
      if (mount != null) {
        show(mount.mount(), mount.handle());
      }
      DirectoryHandle tree = trees.get(place);
      if (tree != null) {
        showTree(place, tree, upper.get(place));
      }
    }
    kernelFileSystems();
    runFolder(run);
    DirectoryHandle.create(Paths.join(ROOT, ".godwit-before"), 0700);
    Mounting.changeRoot(ROOT, ".godwit-before");
    try (DirectoryHandle entered = DirectoryHandle.open(Names.of("/"))) {
      entered.removeDirectory(Names.of(".godwit-before"));
    }
  }

  /** A mount of the host and what is there. */
  private record Shown(Mounts.Mount mount, DirectoryHandle handle) {}

  /** The host's mounts but for /, those of the kernel's own, and /run; by where they are. */
  private Map<String, Shown> mountPoints() throws IOException {
    Map<String, Mounts.Mount> byPoint = new HashMap<>();
    for (Mounts.Mount mount : Mounts.all()) {
      byPoint.put(mount.point(), mount); // the last one at a point covers the others
    }
    Map<String, Shown> mounts = new HashMap<>();
    for (Mounts.Mount mount : byPoint.values()) {
      String point = mount.point();
      boolean madeAnew =
          point.equals("/")
              || mount.type().equals("autofs")
              || List.of("/proc", "/sys", "/dev", RUN).stream()
                  .anyMatch(top -> point.equals(top) || point.startsWith(top + "/"));
      if (!madeAnew) {
        try {
          mounts.put(point, new Shown(mount, opened(bytes(point))));
        } catch (LinuxException e) {
          // A single file, or hidden by a later mount: what lies below is shown.
          continue;
        }
      }
    }
    return mounts;
  }

  private void showTree(String path, DirectoryHandle tree, @Nullable DirectoryHandle disk)
      throws LinuxException {
    byte[] place = below(path);
    String where = disk == null ? null : overlayOnDisk(tree, place, disk);
    if (where == null) {
      overlay(tree, place, null);
      where = "in memory";
    }
    said.add("%s: what is written is kept %s".formatted(shown(path), where));
  }

  /** One mount of the host; a rehearsal may do without those that no tree is on. */
  private void show(Mounts.Mount mount, DirectoryHandle opened) {
    byte[] place = below(mount.point());
    LinuxException reason = null;
    if (!mount.isReadOnly()) {
      try {
        overlay(opened, place, null);
        return;
      } catch (LinuxException e) {
        reason = e;
      }
    }
    try {
      Mounting.bind(Names.of(Paths.open(opened)), place);
      Mounting.makeReadOnly(place);
      if (reason != null) {
        said.add("%s can only be read: %s".formatted(shown(mount.point()), reason.reason()));
      }
    } catch (LinuxException e) {
      said.add("%s is not there: %s".formatted(shown(mount.point()), e.reason()));
    }
  }

  /** The rung that needs no memory; null where this file system cannot be an upper layer. */
  private @Nullable String overlayOnDisk(
      DirectoryHandle lower, byte[] place, DirectoryHandle folder) throws LinuxException {
    try {
      overlay(lower, place, folder);
      return "beside it on disk";
    } catch (LinuxException e) {
      said.add("no overlay beside %s: %s".formatted(Names.display(place), e.reason()));
      return null;
    }
  }

  /**
   * Mounts an overlay.
   *
   * @param folder for the upper layer, empty; null for memory
   */
  private void overlay(DirectoryHandle lower, byte[] place, @Nullable DirectoryHandle folder)
      throws LinuxException {
    DirectoryHandle layer = folder;
    if (layer == null) {
      byte[] path = Paths.join(WORK, "layer-" + layers++);
      DirectoryHandle.create(path, 0700);
      layer = opened(path);
    }
    layer.makeDirectory(Names.of("upper"), 0700);
    layer.makeDirectory(Names.of("work"), 0700);
    // The overlay's own root looks like its upper layer.
    FileStatus like = lower.status();
    try (DirectoryHandle upper = layer.beneath(Names.of("upper"));
        DirectoryHandle work = layer.beneath(Names.of("work"))) {
      for (byte[] attribute : lower.xattrs()) {
        byte[] value = lower.xattr(attribute);
        if (value != null && DECIDES_ACCESS.contains(text(attribute))) {
          upper.setXattr(attribute, value);
        }
      }
      upper.setOwner(like.uid(), like.gid());
      upper.setPermissions(like.permissions());
      // Descriptors instead of paths: no character in them has a meaning, nothing can be covered.
      Mounting.mount(
          "overlay",
          "godwit-rehearsal",
          place,
          0,
          "lowerdir=%s,upperdir=%s,workdir=%s"
              .formatted(Paths.open(lower), Paths.open(upper), Paths.open(work)));
    }
  }

  /**
   * On kernels that let a socket be connected to through an overlay, {@code systemctl} on the stage
   * would command the host.
   */
  private static void refuseOpenSockets() throws IOException {
    byte[] below = Paths.join(WORK, "socket");
    byte[] over = Paths.join(WORK, "over");
    DirectoryHandle.create(below, 0700);
    DirectoryHandle.create(over, 0700);
    DirectoryHandle.create(Paths.join(WORK, "upper"), 0700);
    DirectoryHandle.create(Paths.join(WORK, "work"), 0700);
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(Path.of("/tmp/socket/s")));
      Mounting.mount(
          "overlay",
          "godwit-rehearsal",
          over,
          0,
          "lowerdir=/tmp/socket,upperdir=/tmp/upper,workdir=/tmp/work");
      if (isOpen(Path.of("/tmp/over/s"))) {
        throw new IOException(
            "a rehearsal cannot be kept apart here: this kernel connects to sockets through an"
                + " overlay, so what runs in it could give orders to the host's own services");
      }
    }
    Mounting.detach(over);
  }

  private static boolean isOpen(Path socket) {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      return channel.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  private void kernelFileSystems() throws LinuxException {
    long safe = Mounting.NO_SUID | Mounting.NO_DEVICES;
    Mounting.mount("proc", "proc", below("/proc"), safe, "");
    try {
      Mounting.mount("sysfs", "sysfs", below("/sys"), safe | Mounting.READ_ONLY, "");
    } catch (LinuxException e) {
      said.add("/sys is not there: " + e.reason());
    }
    Mounting.bindAll(Names.of("/dev"), below("/dev"));
    Mounting.mount("tmpfs", "godwit-rehearsal", below("/dev/shm"), safe, "mode=1777");
  }

  // ---- /run

  /**
   * A /run of its own with the folders and settings of the host's, for services that expect folders
   * there; without sockets, and without the marks of a service manager, by which init scripts would
   * hand over to it.
   */
  private void runFolder(DirectoryHandle run) throws LinuxException {
    Mounting.mount("tmpfs", "godwit-rehearsal", below(RUN), Mounting.NO_SUID, "mode=755");
    try (DirectoryHandle copy = DirectoryHandle.open(below(RUN))) {
      copyRun(run, copy, 0);
    }
  }

  private static void copyRun(DirectoryHandle from, DirectoryHandle to, int depth)
      throws LinuxException {
    for (DirectoryEntry entry : from.entries()) {
      byte[] name = entry.name();
      FileStatus status = from.status(name);
      if (status == null || (depth == 0 && NOT_IN_RUN.contains(text(name)))) {
        continue;
      }
      if (status.isDirectory() && depth < RUN_DEPTH_MAX) {
        to.makeDirectory(name, 0700);
        try (DirectoryHandle below = openOrNull(from, name);
            DirectoryHandle copy = to.beneath(name)) {
          if (below != null) {
            copyRun(below, copy, depth + 1);
          }
          copy.setOwner(status.uid(), status.gid());
          copy.setPermissions(status.permissions());
        }
      } else if (status.isSymbolicLink()) {
        to.makeSymbolicLink(name, from.readLink(name));
      } else if (status.isRegular()
          && status.size() <= RUN_FILE_BYTES_MAX
          && !text(name).endsWith(".pid")) {
        copyFile(from, to, name, status);
      }
    }
  }

  /** Null for what another file system covers: network namespaces and the like. */
  private static @Nullable DirectoryHandle openOrNull(DirectoryHandle from, byte[] name) {
    try {
      return from.beneathOnSameMount(name);
    } catch (LinuxException e) {
      return null;
    }
  }

  private static void copyFile(
      DirectoryHandle from, DirectoryHandle to, byte[] name, FileStatus status)
      throws LinuxException {
    try (FileHandle source = from.openForReading(name, true);
        FileHandle target = to.createFile(name, 0600)) {
      byte[] buffer = new byte[(int) RUN_FILE_BYTES_MAX];
      long at = 0;
      for (int count = read(source, buffer, at); count > 0; count = read(source, buffer, at)) {
        target.write(buffer, 0, count);
        at += count;
      }
      target.setOwner(status.uid(), status.gid());
      target.setPermissions(status.permissions());
    }
  }

  private static int read(FileHandle source, byte[] buffer, long at) throws LinuxException {
    return source.read(buffer, 0, buffer.length, at);
  }

  // ---- network

  private void network() throws IOException, InterruptedException {
    ip("link", "set", "lo", "up");
    for (String address : request.addresses()) {
      boolean is6 = address.indexOf(':') >= 0;
      List<String> arguments =
          new ArrayList<>(List.of("address", "add", address + (is6 ? "/128" : "/32"), "dev", "lo"));
      if (is6) {
        arguments.add("nodad");
      }
      ip(arguments.toArray(String[]::new));
    }
    for (StageRequest.Setting setting : request.settings()) {
      Files.writeString(Path.of("/proc/sys", setting.file()), setting.value());
    }
  }

  private static void ip(String... arguments) throws IOException, InterruptedException {
    List<String> argv = new ArrayList<>(List.of("ip"));
    argv.addAll(List.of(arguments));
    Processes.Outcome outcome = Processes.run(argv, IP_LIMIT);
    if (!outcome.isSuccess()) {
      throw new IOException(
          "the rehearsal's network cannot be made: `%s`: %s"
              .formatted(String.join(" ", argv), outcome.said()));
    }
  }

  // ---- bytes

  private static byte[] below(String path) {
    return below(bytes(path));
  }

  /** Where an absolute path is while the view is made. */
  private static byte[] below(byte[] path) {
    byte[] below = Arrays.copyOf(ROOT, ROOT.length + path.length);
    System.arraycopy(path, 0, below, ROOT.length, path.length);
    return below;
  }

  private static String shown(String path) {
    return Names.display(bytes(path));
  }

  private static String text(byte[] path) {
    return new String(path, ISO_8859_1);
  }

  private static byte[] bytes(String path) {
    return path.getBytes(ISO_8859_1);
  }
}
