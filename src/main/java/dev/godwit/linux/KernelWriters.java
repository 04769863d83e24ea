package dev.godwit.linux;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the kernel itself writes for others, so that no process has it open (H62): disk images
 * behind loop devices (loop(4)), swap files (proc(5), swaps), and what its NFS server exports
 * (exports(5)).
 */
public final class KernelWriters {
  /** What the kernel writes for. */
  public enum Kind {
    IMAGE,
    SWAP,
    EXPORT
  }

  /**
   * One of them.
   *
   * @param path of the file, or of the directory that is exported; absolute, one char a byte (ISO
   *     8859-1)
   * @param name of the loop device, or to whom it is exported; empty for swap
   * @param crossesMounts whether an export goes on in what is mounted below it
   */
  public record Writer(Kind kind, String path, String name, boolean crossesMounts) {
    /** For people: what is written, and why. */
    public String display() {
      String shown = PathText.display(path);
      return switch (kind) {
        case IMAGE -> "the kernel writes %s, the disk image of %s".formatted(shown, name);
        case SWAP -> "the kernel writes %s, which it swaps to".formatted(shown);
        case EXPORT -> "%s may write below %s over NFS".formatted(name, shown);
      };
    }
  }

  /** Where nfs-utils keep what is exported, whether or not a client has asked for it yet. */
  private static final Path EXPORTED = Path.of("/var/lib/nfs/etab");

  private static final Pattern CLIENT = Pattern.compile("(\\S+?)\\(([^)]*)\\)");
  private static final int SWAP_FIELDS = 5;

  private KernelWriters() {}

  /** All of this host, by the paths that they have in this process's namespace. */
  public static List<Writer> all() throws IOException {
    return of(Path.of("/sys"), Path.of("/proc"), EXPORTED);
  }

  static List<Writer> of(Path sys, Path proc, Path exported) throws IOException {
    List<Writer> writers = new ArrayList<>();
    images(sys.resolve("block"), writers);
    swapFiles(lines(proc.resolve("swaps")), writers);
    if (serves(proc.resolve("fs/nfsd/threads"))) {
      exports(lines(exported), writers);
    }
    return writers;
  }

  private static void images(Path devices, List<Writer> writers) throws IOException {
    if (!Files.isDirectory(devices)) {
      return; // no sysfs, as in a sandbox
    }
    try (DirectoryStream<Path> loops = Files.newDirectoryStream(devices, "loop*")) {
      for (Path loop : loops) {
        try {
          String path = withoutEnd(Files.readString(loop.resolve("loop/backing_file"), ISO_8859_1));
          boolean isReadOnly = Files.readString(loop.resolve("ro")).strip().equals("1");
          if (!isReadOnly && isOurs(path)) {
            writers.add(new Writer(Kind.IMAGE, path, "/dev/" + loop.getFileName(), false));
          }
        } catch (IOException e) {
          continue; // it has no file, or none any more
        }
      }
    }
  }

  private static String withoutEnd(String line) {
    return line.endsWith("\n") ? line.substring(0, line.length() - 1) : line;
  }

  /**
   * The kernel tells a file of another namespace by its path there, which may well be one of a tree
   * here; but seldom one that exists. One that was removed is told with a word at its end.
   */
  private static boolean isOurs(String path) {
    if (path.endsWith(" (deleted)")) {
      return true;
    }
    String folder = path.substring(0, path.lastIndexOf('/') + 1);
    try (DirectoryHandle above = DirectoryHandle.openForNames(PathText.bytes(folder))) {
      return above.status(PathText.bytes(PathText.name(path))) != null;
    } catch (LinuxException e) {
      return e.errno() != Errno.ENOENT && e.errno() != Errno.ENOTDIR;
    }
  }

  /** Filename, Type, Size, Used, Priority; after a line of these words. */
  private static void swapFiles(List<String> lines, List<Writer> writers) {
    for (String line : lines) {
      String[] fields = line.split("[ \t]+");
      if (fields.length >= SWAP_FIELDS && fields[1].equals("file")) {
        writers.add(new Writer(Kind.SWAP, Mounts.unescaped(fields[0]), "", false));
      }
    }
  }

  /** Without a thread, what is exported reaches nobody. */
  private static boolean serves(Path threads) throws IOException {
    List<String> lines = lines(threads);
    return !lines.isEmpty() && !lines.getFirst().strip().equals("0");
  }

  /** A path, then clients with their options in parentheses; {@code rw} lets one write. */
  private static void exports(List<String> lines, List<Writer> writers) {
    for (String line : lines) {
      String[] parts = line.split("[ \t]+", 2);
      if (parts.length < 2 || !parts[0].startsWith("/")) {
        continue;
      }
      Matcher client = CLIENT.matcher(parts[1]);
      while (client.find()) {
        List<String> options = List.of(client.group(2).split(","));
        if (options.contains("rw")) {
          String name = client.group(1).equals("*") ? "every client" : client.group(1);
          boolean crosses = options.contains("crossmnt");
          writers.add(new Writer(Kind.EXPORT, Mounts.unescaped(parts[0]), name, crosses));
        }
      }
    }
  }

  private static List<String> lines(Path file) throws IOException {
    try {
      return Files.readAllLines(file, ISO_8859_1);
    } catch (NoSuchFileException e) {
      return List.of(); // a kernel without it, or a host that has never had it
    }
  }
}
