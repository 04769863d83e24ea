package dev.godwit.host;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.godwit.linux.Mounts;
import dev.godwit.linux.Mounts.Mount;
import dev.godwit.linux.Names;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What is mounted below a directory.
 *
 * @param path below the directory, one char a byte (ISO 8859-1)
 * @param type of the file system: {@code ext4}
 * @param mayTakePart whether it could be mirrored with the directory: it is none that the kernel
 *     makes up, no single file, and shows no directory that it is in itself
 */
public record MountBelow(String path, String type, boolean mayTakePart) {
  static final int COUNT_MAX = 1000;
  private static final int PATH_CHARS_MAX = 4096;

  /**
   * In the order of their paths, one before those in it; a thousand at most.
   *
   * @param directory absolute, without symbolic links
   */
  public static List<MountBelow> of(Path directory) throws IOException {
    List<MountBelow> found = new ArrayList<>();
    String here = new String(directory.toString().getBytes(UTF_8), ISO_8859_1);
    for (Map.Entry<String, Mount> one : Mounts.below(here).entrySet()) {
      if (found.size() < COUNT_MAX) {
        Path point = directory.resolve(new String(one.getKey().getBytes(ISO_8859_1), UTF_8));
        boolean mayTakePart =
            !one.getValue().isOfKernel()
                && Files.isDirectory(point, LinkOption.NOFOLLOW_LINKS)
                && !shows(point, directory);
        found.add(new MountBelow(one.getKey(), one.getValue().type(), mayTakePart));
      }
    }
    return found;
  }

  /** Whether a bind mount shows the directory, or one that this is in. */
  private static boolean shows(Path point, Path directory) throws IOException {
    for (Path above = directory; above != null; above = above.getParent()) {
      if (Files.isSameFile(point, above)) {
        return true;
      }
    }
    return false;
  }

  /** For people. */
  @Override
  public String toString() {
    return Names.display(path.getBytes(ISO_8859_1)) + " (" + type + ")";
  }

  void write(MessageWriter out) {
    out.text(path).text(type).bool(mayTakePart);
  }

  static MountBelow read(MessageReader in) throws WireException {
    return new MountBelow(in.text(2 * PATH_CHARS_MAX), in.text(256), in.bool());
  }
}
