package dev.godwit.mirror;

import dev.godwit.linux.Names;
import dev.godwit.linux.PathText;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Which of the mounts below a source's root take part. What is mounted later never does by itself
 * (H25).
 *
 * @param paths below the root, one char a byte (ISO 8859-1)
 * @param isAll also all that are there when the mirror begins
 */
public record MountChoice(List<String> paths, boolean isAll) {
  public static final MountChoice NONE = new MountChoice(List.of(), false);

  public MountChoice {
    paths = List.copyOf(paths);
  }

  /**
   * What people write: paths below the root, or {@code all}; a directory of that name is {@code
   * ./all}.
   *
   * @param words one char a byte
   * @param wrong takes each word that is neither
   */
  public static MountChoice of(List<String> words, Consumer<String> wrong) {
    boolean isAll = false;
    Set<String> paths = new LinkedHashSet<>();
    for (String word : words) {
      String path = word.replaceFirst("^(\\./+)+", "").replaceFirst("/+$", "");
      if (word.equals("all")) {
        isAll = true;
      } else if (Names.isPathBelow(PathText.bytes(path))) {
        paths.add(path);
      } else {
        wrong.accept(word);
      }
    }
    return new MountChoice(List.copyOf(paths), isAll);
  }

  /** Whether a mount at this path takes part that is there when the mirror begins. */
  public boolean has(String path) {
    return isAll || paths.contains(path);
  }
}
