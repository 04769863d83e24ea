package dev.godwit.mirror.actions;

import dev.godwit.linux.PathText;

/**
 * Something that happened to a name. Paths are below the source, without a slash at either end, one
 * char a byte (ISO 8859-1).
 *
 * @param path of the name; of a move, the one that it had; empty for the start
 * @param to of a move, the one that it has; else empty
 * @param isDirectory whether the name stands, or stood, for a directory
 */
public record FileEvent(Action action, String path, String to, boolean isDirectory) {
  static FileEvent of(Action action, String path, boolean isDirectory) {
    return new FileEvent(action, path, "", isDirectory);
  }

  /** For people. */
  @Override
  public String toString() {
    return action.key()
        + " "
        + PathText.display(path)
        + (to.isEmpty() ? "" : " -> " + PathText.display(to));
  }
}
