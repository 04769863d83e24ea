package dev.godwit.mirror;

import dev.godwit.linux.PathText;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Something that is mounted below the root of a mirror's source.
 *
 * @param path below the root, one char a byte (ISO 8859-1)
 * @param type of the file system: {@code tmpfs}
 * @param rung how its changes are noticed; empty when it takes no part (H25)
 */
public record MirrorMount(String path, String type, String rung) {
  public boolean isMirrored() {
    return !rung.isEmpty();
  }

  /** For people. */
  @Override
  public String toString() {
    return PathText.display(path) + " (" + type + ")";
  }

  /** For a status in JSON. */
  public Map<String, Object> json() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("path", PathText.display(path));
    all.put("type", type);
    all.put("mirrored", isMirrored());
    all.put("rung", rung);
    return all;
  }
}
