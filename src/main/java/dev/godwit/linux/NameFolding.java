package dev.godwit.linux;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whether a file system takes names that differ for one: by case, or by Unicode's forms. */
public final class NameFolding {
  private NameFolding() {}

  /**
   * Whether an open directory takes either case of a name, by one of those that are in it. Changes
   * nothing.
   *
   * @return null when no name with a letter is in it
   */
  public static @Nullable Boolean takesEitherCase(DirectoryHandle directory) throws LinuxException {
    directory.rewind();
    List<DirectoryEntry> some = directory.nextEntries();
    directory.rewind();
    for (DirectoryEntry entry : some == null ? List.<DirectoryEntry>of() : some) {
      byte[] other = otherCase(entry.name());
      if (other != null && directory.status(entry.name()) != null) {
        return directory.status(other) != null && !isListed(directory, other);
      }
    }
    return null;
  }

  /** Inode numbers do not tell: some file systems make one for each name that is asked for. */
  private static boolean isListed(DirectoryHandle directory, byte[] name) throws LinuxException {
    boolean isListed =
        directory.entries().stream().anyMatch(entry -> Arrays.equals(entry.name(), name));
    directory.rewind();
    return isListed;
  }

  /** A name with the case of its ASCII letters changed; null when it has none. */
  static byte @Nullable [] otherCase(byte[] name) {
    byte[] other = name.clone();
    boolean hasLetters = false;
    for (int i = 0; i < other.length; i++) {
      boolean isLetter =
          (other[i] >= 'a' && other[i] <= 'z') || (other[i] >= 'A' && other[i] <= 'Z');
      hasLetters |= isLetter;
      other[i] = isLetter ? (byte) (other[i] ^ 0x20) : other[i];
    }
    return hasLetters ? other : null;
  }

  /**
   * The same, by a directory that is made for a moment.
   *
   * @param temporary a name with letters that nobody else uses
   */
  public static boolean takesEitherCase(DirectoryHandle directory, byte[] temporary)
      throws LinuxException {
    byte[] other = otherCase(temporary);
    if (other == null) {
      throw new IllegalArgumentException("a name without letters");
    }
    directory.makeDirectory(temporary, 0700);
    try {
      return directory.status(other) != null;
    } finally {
      directory.removeDirectory(temporary);
    }
  }
}
