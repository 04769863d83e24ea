package dev.godwit.mirror;

/**
 * What is to be known of a source's root after a restart, so that another directory is not taken
 * for it (H27).
 *
 * @param identity see {@code watch.Root}; empty when it was never seen
 * @param wasFilled whether it held something
 */
public record RootMemory(String identity, boolean wasFilled) {
  public static final RootMemory NONE = new RootMemory("", false);
}
