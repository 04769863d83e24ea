package dev.godwit.service;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.KernelWriters;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Mounts;
import dev.godwit.linux.Mounts.Mount;
import dev.godwit.linux.Names;
import dev.godwit.linux.PathText;
import dev.godwit.linux.SharedMappings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who still writes below a path (H62): a unit that says "stopped" may have left sessions behind
 * that go on writing. Reads /proc (proc(5)): the descriptors of every process with their open
 * flags, and its shared mappings.
 *
 * <p>What a process has open is found by its place in the file system, not by the path that it has
 * there: a container, a service with mounts of its own, and a bind mount call the same file
 * otherwise. All paths are one char a byte (ISO 8859-1).
 *
 * <p>What the kernel writes for others is nobody's descriptor ({@link KernelWriters}).
 */
final class Writers {
  /** O_ACCMODE of open(2): read only is 0. */
  private static final int ACCESS_MODE = 3;

  private static final byte[] PROC = Names.of("/proc");
  private static final byte[] SELF = Names.of("self");
  private static final byte[] DESCRIPTORS = Names.of("fd");
  private static final byte[] ROOT = Names.of("root");
  private static final byte[] NAMESPACES = Names.of("ns");
  private static final byte[] MOUNTS = Names.of("mnt");

  /** Where something lies, by whatever mount it is reached. */
  private record Place(String device, String path) {
    private boolean isAtOrBelow(Place other) {
      return device.equals(other.device) && Writers.isAtOrBelow(path, other.path);
    }
  }

  /** The mounts as some processes see them. */
  private record View(List<Mount> mounts) {
    /** Of a path there; null when nothing is mounted above it, as of one that was unmounted. */
    @Nullable Place place(String path) {
      Mount found = null;
      for (Mount mount : mounts) {
        boolean isAbove = isAtOrBelow(path, mount.point());
        // The longest is the nearest; of two at one point the later covers the earlier.
        if (isAbove && (found == null || mount.point().length() >= found.point().length())) {
          found = mount;
        }
      }
      if (found == null) {
        return null;
      }
      String below = path.substring(found.point().equals("/") ? 0 : found.point().length());
      String whole = (found.root().equals("/") ? "" : found.root()) + below;
      return new Place(found.device(), whole.isEmpty() ? "/" : whole);
    }
  }

  private final DirectoryHandle proc;
  private final View own = new View(Mounts.all());
  private final String ownNamespace;
  private final Map<String, View> others = new HashMap<>();
  private final List<String> roots = new ArrayList<>();
  private final Set<Place> places = new LinkedHashSet<>();
  private final List<Open> found = new ArrayList<>();

  private Writers(DirectoryHandle proc, List<byte[]> roots) throws IOException {
    this.proc = proc;
    try (DirectoryHandle self = proc.beneathThroughLinks(SELF)) {
      this.ownNamespace = namespace(self);
    }
    for (byte[] root : roots) {
      String path = real(root);
      this.roots.add(path);
      Place place = own.place(path);
      if (place != null) {
        places.add(place);
      }
      // What is mounted below it may take part in the move.
      for (Mount mount : own.mounts()) {
        if (isAtOrBelow(mount.point(), path)) {
          places.add(new Place(mount.device(), mount.root()));
        }
      }
    }
  }

  /**
   * @param roots absolute paths
   * @return a line for each process and file, such as {@code imap (4711) writes /var/vmail/…}; the
   *     path is that of the process. Then one for each that the kernel writes by itself
   */
  static List<String> below(List<byte[]> roots) throws IOException {
    List<String> lines = new ArrayList<>();
    Writers writers = of(roots);
    for (Open each : writers.found) {
      try {
        lines.add(line(each));
      } catch (IOException e) {
        continue; // the process has ended: it writes no more
      }
    }
    KernelWriters.all().stream()
        .filter(writers::reaches)
        .map(KernelWriters.Writer::display)
        .forEach(lines::add);
    return List.copyOf(lines);
  }

  /** Whether a file of the kernel's is below a root, or an export leads below one. */
  private boolean reaches(KernelWriters.Writer writer) {
    Place place = own.place(writer.path());
    if (place == null) {
      return false;
    }
    if (places.stream().anyMatch(place::isAtOrBelow)) {
      return true;
    }
    // Clients come down from above, too; what is mounted below they see only when it is said so.
    return writer.kind() == KernelWriters.Kind.EXPORT
        && (places.stream().anyMatch(root -> root.isAtOrBelow(place))
            || (writer.crossesMounts()
                && roots.stream().anyMatch(root -> isAtOrBelow(root, writer.path()))));
  }

  /** What a process has open for writing, as it calls it. */
  record Open(String pid, String path) {
    /** The last part of the path. */
    String name() {
      return path.substring(path.lastIndexOf('/') + 1);
    }
  }

  /**
   * @param roots absolute paths
   */
  static List<Open> open(List<byte[]> roots) throws IOException {
    return List.copyOf(of(roots).found);
  }

  private static Writers of(List<byte[]> roots) throws IOException {
    try (DirectoryHandle proc = DirectoryHandle.open(PROC)) {
      String self = Long.toString(ProcessHandle.current().pid());
      List<String> pids =
          proc.entries().stream()
              .map(entry -> PathText.of(entry.name()))
              .filter(name -> Character.isDigit(name.charAt(0)) && !name.equals(self))
              .toList();
      Writers writers = new Writers(proc, roots);
      pids.forEach(writers::learnView);
      pids.forEach(writers::process);
      return writers;
    }
  }

  private static boolean isAtOrBelow(String path, String folder) {
    return folder.equals("/") || PathText.isAtOrBelow(path, folder);
  }

  /** The kernel names files by their real path; the plan may go through a link. */
  private static String real(byte[] root) throws LinuxException {
    try (DirectoryHandle handle = DirectoryHandle.openForNames(root)) {
      return PathText.of(handle.realPath());
    } catch (LinuxException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
      return PathText.of(root); // it was removed; somebody may have it open all the same
    }
  }

  /**
   * Remembers the mounts of a namespace that is not ours. The kernel tells us paths there from the
   * namespace's root, and a process that has changed its own one sees mounts from that only.
   */
  private void learnView(String pid) {
    try (DirectoryHandle process = proc.beneath(Names.of(pid))) {
      String namespace = namespace(process);
      boolean isWhole = PathText.of(process.readLink(ROOT)).equals("/");
      if (!namespace.equals(ownNamespace) && (isWhole || !others.containsKey(namespace))) {
        others.put(namespace, new View(Mounts.ofProcess(pid)));
      }
    } catch (IOException e) {
      return; // it has ended
    }
  }

  private void process(String pid) {
    try (DirectoryHandle process = proc.beneath(Names.of(pid))) {
      String namespace = namespace(process);
      if (!namespace.equals(ownNamespace) && !others.containsKey(namespace)) {
        learnView(pid); // it has come since
      }
      View view = others.getOrDefault(namespace, own);
      descriptors(process, pid, view);
      mappings(pid, view);
    } catch (IOException e) {
      return; // it has ended: it writes no more
    }
  }

  private static String namespace(DirectoryHandle process) throws IOException {
    try (DirectoryHandle namespaces = process.beneath(NAMESPACES)) {
      return PathText.of(namespaces.readLink(MOUNTS));
    }
  }

  private void descriptors(DirectoryHandle process, String pid, View view) throws IOException {
    try (DirectoryHandle descriptors = process.beneath(DESCRIPTORS)) {
      for (DirectoryEntry descriptor : descriptors.entries()) {
        try {
          String target = PathText.of(descriptors.readLink(descriptor.name()));
          Path info = Path.of("/proc", pid, "fdinfo", PathText.of(descriptor.name()));
          if (isBelow(target, view) && writes(info)) {
            found.add(new Open(pid, target));
          }
        } catch (IOException e) {
          continue; // this one was closed meanwhile; the others count all the same
        }
      }
    }
  }

  /** A shared writable mapping writes without a descriptor (proc(5), maps). */
  private void mappings(String pid, View view) throws IOException {
    for (String path : SharedMappings.of(pid)) {
      if (isBelow(path, view)) {
        found.add(new Open(pid, path));
      }
    }
  }

  private boolean isBelow(String target, View view) {
    Place place = target.startsWith("/") ? view.place(target) : null;
    return place != null && places.stream().anyMatch(place::isAtOrBelow);
  }

  private static String line(Open open) throws IOException {
    return "%s (%s) writes %s"
        .formatted(
            Files.readString(Path.of("/proc", open.pid(), "comm"), ISO_8859_1).strip(),
            open.pid(),
            PathText.display(open.path()));
  }

  private static boolean writes(Path info) throws IOException {
    for (String line : Files.readAllLines(info)) {
      if (line.startsWith("flags:")) {
        int flags = Integer.parseInt(line.substring("flags:".length()).strip(), 8);
        // A directory handle is never writable, so whatever is left is a file.
        return (flags & ACCESS_MODE) != 0;
      }
    }
    return false;
  }
}
