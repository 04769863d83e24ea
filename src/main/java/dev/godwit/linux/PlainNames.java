package dev.godwit.linux;

import java.util.ArrayList;
import java.util.List;

/**
 * How many of a directory's names are the only name of something small that is no directory, by
 * their statuses alone and without an object for each; and which are not.
 */
public final class PlainNames {
  /**
   * What is in a directory.
   *
   * @param names how many of them
   * @param bytes their sizes together
   * @param others all other names, and those of which nothing can be said; in the directory's order
   */
  public record Found(int names, long bytes, List<DirectoryEntry> others) {}

  private static final int BATCH = 128;

  private final RawNames names = new RawNames();
  private final StatusWords statuses = new StatusWords(BATCH);
  private final int[] batch = new int[BATCH];
  private int pending;
  private int count;
  private long bytes;
  private List<DirectoryEntry> others = new ArrayList<>();

  PlainNames() {}

  /**
   * Looks at a directory that was not listed yet.
   *
   * @param large a regular file of this size is not small any more, in bytes
   */
  public static Found of(DirectoryHandle directory, long large) throws LinuxException {
    return Scratch.get().plainNames().look(directory, large);
  }

  private Found look(DirectoryHandle directory, long large) throws LinuxException {
    pending = 0;
    count = 0;
    bytes = 0;
    others = new ArrayList<>();
    for (int length = names.read(directory); length > 0; length = names.read(directory)) {
      for (int at = 0; at < length; at = names.next(at)) {
        if (names.isDots(at)) {
          continue;
        }
        int type = names.type(at);
        if (type == DirectoryEntry.UNKNOWN || type == DirectoryEntry.DIRECTORY) {
          others.add(names.entry(at));
          continue;
        }
        batch[pending++] = at;
        if (pending == BATCH) {
          add(directory.descriptor(), large);
        }
      }
      add(directory.descriptor(), large);
    }
    return new Found(count, bytes, others);
  }

  private void add(int directory, long large) {
    long to = statuses.address();
    int asked = 0;
    for (int i = 0; i < pending; i++) {
      if (names.status(directory, names.name(batch[i]), StatusWords.MASK, to)) {
        batch[asked++] = batch[i];
        to += StatusWords.BYTES;
      } else {
        others.add(names.entry(batch[i]));
      }
    }
    statuses.take(asked);
    for (int i = 0; i < asked; i++) {
      int at = i * StatusWords.WORDS;
      boolean isLarge = statuses.isRegular(at) && statuses.size(at) >= large;
      if (statuses.links(at) == 1 && !isLarge) {
        count++;
        bytes += statuses.size(at);
      } else {
        others.add(names.entry(batch[i]));
      }
    }
    pending = 0;
  }
}
