package dev.godwit.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What is mounted where, as this process sees it (proc_pid_mountinfo(5)). */
public final class Mounts {
  private static final Path MOUNTINFO = Path.of("/proc/self/mountinfo");
  private static final int POINT_FIELD = 4;

  /** Made by the kernel itself: nothing that could be copied. */
  private static final Set<String> OF_KERNEL =
      Set.of(
          "autofs",
          "binfmt_misc",
          "bpf",
          "cgroup",
          "cgroup2",
          "configfs",
          "debugfs",
          "devpts",
          "devtmpfs",
          "efivarfs",
          "fusectl",
          "hugetlbfs",
          "mqueue",
          "nsfs",
          "proc",
          "pstore",
          "rpc_pipefs",
          "securityfs",
          "selinuxfs",
          "sysfs",
          "tracefs");

  /**
   * One mount.
   *
   * @param id as {@link FileStatus#mount} tells it
   * @param device of the file system, as {@code 8:1}
   * @param root what of it: a bind mount shows a part
   * @param point absolute, one char a byte (ISO 8859-1)
   * @param type of the file system: {@code ext4}
   */
  public record Mount(
      long id, String device, String root, String point, String type, boolean isReadOnly) {
    /** Whether the kernel makes up what is there. */
    public boolean isOfKernel() {
      return OF_KERNEL.contains(type);
    }
  }

  private Mounts() {}

  /** All mounts in the order in which the kernel lists them; a later one covers an earlier one. */
  public static List<Mount> all() throws IOException {
    return of(MOUNTINFO);
  }

  /** The same as another process sees them, from its own root. */
  public static List<Mount> ofProcess(String pid) throws IOException {
    return of(Path.of("/proc", pid, "mountinfo"));
  }

  private static List<Mount> of(Path mountinfo) throws IOException {
    List<Mount> all = new ArrayList<>();
    for (String line : Files.readString(mountinfo, StandardCharsets.ISO_8859_1).split("\n")) {
      // ID PARENT DEVICE ROOT POINT OPTIONS [optional fields] - TYPE SOURCE OPTIONS
      List<String> fields = List.of(line.split(" "));
      int hyphen = fields.indexOf("-");
      if (hyphen > POINT_FIELD && fields.size() > hyphen + 1) {
        List<String> options = List.of(fields.get(POINT_FIELD + 1).split(","));
        all.add(
            new Mount(
                Long.parseLong(fields.get(0)),
                fields.get(2),
                unescaped(fields.get(3)),
                unescaped(fields.get(POINT_FIELD)),
                fields.get(hyphen + 1),
                options.contains("ro")));
      }
    }
    return all;
  }

  /**
   * What is mounted below a directory; where several mounts cover each other, the last one.
   *
   * @param directory absolute, without symbolic links, one char a byte (ISO 8859-1)
   * @return by the place, relative to the directory, without a slash at either end, in the same
   *     form; one place before those below it
   */
  public static Map<String, Mount> below(String directory) throws IOException {
    Map<String, Mount> below = new TreeMap<>();
    String prefix = directory.endsWith("/") ? directory : directory + "/";
    for (Mount mount : all()) {
      String point = mount.point();
      if (point.startsWith(prefix) && point.length() > prefix.length()) {
        below.put(point.substring(prefix.length()), mount);
      }
    }
    return below;
  }

  /**
   * The mount with this id ({@link FileStatus#mount}).
   *
   * @return null when this process does not see it
   */
  public static @Nullable Mount byId(long id) throws IOException {
    return all().stream().filter(mount -> mount.id() == id).findFirst().orElse(null);
  }

  /** The kernel writes space, tab, newline and backslash as three octal digits. */
  static String unescaped(String field) {
    if (field.indexOf('\\') < 0) {
      return field;
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < field.length(); i++) {
      char c = field.charAt(i);
      if (c == '\\' && isOctal(field, i + 1)) {
        text.append((char) Integer.parseInt(field, i + 1, i + 4, 8));
        i += 3;
      } else {
        text.append(c);
      }
    }
    return text.toString();
  }

  private static boolean isOctal(String field, int from) {
    return from + 3 <= field.length()
        && field.substring(from, from + 3).chars().allMatch(c -> c >= '0' && c <= '7');
  }
}
