package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.LinuxException;
import java.util.Arrays;

/**
 * Renames a directory of the target to a name that lies in it, or to one that it lies in, as when
 * the source moved it aside, made another one under its name and moved it into that. No system call
 * does that in one step: one of the two has a temporary name in between.
 *
 * <p>What can fail for want of room comes first, and a step that fails is taken back. A process
 * that is killed in between leaves the temporary name, which the next session removes, and sends
 * again what was in it: nothing of that counts as removed from the target (H27).
 *
 * <p>Nobody else is at either place. For one rename.
 */
final class NestedRename {
  private final DirectoryHandle root;
  private final byte[] temporary;

  /**
   * @param temporary a name that nothing has
   */
  NestedRename(DirectoryHandle root, byte[] temporary) {
    this.root = root;
    this.temporary = temporary;
  }

  /**
   * To a name that lies in it: a new directory takes its place, and it is in that one.
   *
   * @throws LinuxException when that is not possible; then nothing was changed
   */
  void sink(byte[] from, byte[] to) throws LinuxException {
    byte[] aside = beside(from);
    byte[] below = Paths.concat(aside, Arrays.copyOfRange(to, from.length, to.length));
    try {
      TargetRename.makeMissing(root, Paths.parent(below));
      rename(from, below);
    } catch (LinuxException e) {
      removeEmpty(Paths.parent(below), aside);
      throw e;
    }
    try {
      rename(aside, from);
    } catch (LinuxException e) {
      rename(below, from);
      removeEmpty(Paths.parent(below), aside);
      throw e;
    }
  }

  /**
   * To the name of a directory that it lies in: that one, without it, gets its old name, and lies
   * in it. What had that name in it before has it in the other one then.
   *
   * @throws LinuxException when that is not possible; then nothing was changed
   */
  void rise(byte[] from, byte[] to) throws LinuxException {
    byte[] below = Arrays.copyOfRange(from, to.length + 1, from.length);
    byte[] aside = beside(to);
    rename(from, aside);
    try {
      TargetRename.makeMissing(root, Paths.parent(Paths.join(aside, below)));
      exchange(aside, to);
    } catch (LinuxException e) {
      rename(aside, from); // with directories that a look removes
      throw e;
    }
    try {
      if (stands(from)) {
        exchange(aside, from);
        rename(aside, Paths.join(from, below));
      } else {
        rename(aside, from);
      }
    } catch (LinuxException e) {
      exchange(aside, to);
      rename(aside, from);
      throw e;
    }
  }

  private boolean stands(byte[] path) throws LinuxException {
    try (DirectoryHandle in = root.beneath(Paths.parent(path))) {
      return in.status(Paths.name(path)) != null;
    }
  }

  private byte[] beside(byte[] path) {
    return Paths.join(Paths.parent(path), temporary);
  }

  private void rename(byte[] from, byte[] to) throws LinuxException {
    try (DirectoryHandle out = root.beneath(Paths.parent(from));
        DirectoryHandle in = root.beneath(Paths.parent(to))) {
      out.renameWithoutReplacing(Paths.name(from), in, Paths.name(to));
    }
  }

  private void exchange(byte[] one, byte[] other) throws LinuxException {
    try (DirectoryHandle out = root.beneath(Paths.parent(one));
        DirectoryHandle in = root.beneath(Paths.parent(other))) {
      out.exchangeWith(Paths.name(one), in, Paths.name(other));
    }
  }

  /** Removes directories that were made just now, from the innermost up to the outermost. */
  private void removeEmpty(byte[] innermost, byte[] outermost) {
    for (byte[] path = innermost; Paths.isAtOrBelow(path, outermost); path = Paths.parent(path)) {
      try (DirectoryHandle in = root.beneath(Paths.parent(path))) {
        in.removeDirectory(Paths.name(path));
      } catch (LinuxException e) {
        // Not made, or the next session knows it by its name.
      }
    }
  }
}
