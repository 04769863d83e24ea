package dev.godwit.mirror;

import java.util.List;

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
}
