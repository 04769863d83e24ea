package dev.godwit.plan;

import dev.godwit.mirror.MountChoice;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * One directory and all below it.
 *
 * @param path on old: absolute, without {@code .}, {@code ..} and a slash at the end
 * @param to on new, the same form; equal to {@code path} unless the plan says otherwise
 * @param exclude patterns of names that are left out
 * @param mounts which of the mounts below the path are moved with it
 */
public record FileTree(String path, String to, List<String> exclude, MountChoice mounts) {
  public FileTree {
    exclude = List.copyOf(exclude);
  }

  /** Of one file system. */
  public FileTree(String path, String to, List<String> exclude) {
    this(path, to, exclude, MountChoice.NONE);
  }

  /** The path on old as the kernel takes it. */
  public byte[] oldRoot() {
    return path.getBytes(StandardCharsets.UTF_8);
  }

  /** The path on new as the kernel takes it. */
  public byte[] newRoot() {
    return to.getBytes(StandardCharsets.UTF_8);
  }
}
