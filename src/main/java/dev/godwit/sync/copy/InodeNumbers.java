package dev.godwit.sync.copy;

import dev.godwit.linux.FileStatus;
import java.util.Arrays;

/**
 * Gives inodes numbers from 0 on, in the order in which they come. An inode number is used again
 * after its file is gone; the time of birth tells them apart (H10). Some 40 bytes for each inode.
 * One thread at a time.
 */
final class InodeNumbers {
  private static final int WORDS = 3;
  private static final int NONE = -1;

  /** For each number: device, inode, time of birth. */
  private long[] inodes = new long[WORDS * 16];

  /** Open addressing: the number of the inode that is in a place, or {@link #NONE}. */
  private int[] places = places(32);

  private int size;

  private static int[] places(int count) {
    int[] places = new int[count];
    Arrays.fill(places, NONE);
    return places;
  }

  int size() {
    return size;
  }

  /** The number of an inode that has one; negative otherwise. */
  int find(FileStatus status) {
    return places[place(status.device(), status.inode(), status.birthNanos())];
  }

  /** The number of an inode, which it is given now if it has none: {@link #size} was that then. */
  int number(FileStatus status) {
    int place = place(status.device(), status.inode(), status.birthNanos());
    if (places[place] != NONE) {
      return places[place];
    }
    int number = size++;
    if (inodes.length < size * WORDS) {
      inodes = Arrays.copyOf(inodes, inodes.length + inodes.length / (2 * WORDS) * WORDS);
    }
    inodes[number * WORDS] = status.device();
    inodes[number * WORDS + 1] = status.inode();
    inodes[number * WORDS + 2] = status.birthNanos();
    places[place] = number;
    if (size > places.length - places.length / 4) {
      spread();
    }
    return number;
  }

  private void spread() {
    places = places(places.length * 2);
    for (int i = 0; i < size; i++) {
      places[place(inodes[i * WORDS], inodes[i * WORDS + 1], inodes[i * WORDS + 2])] = i;
    }
  }

  /** Where an inode is, or would be. */
  private int place(long device, long inode, long birth) {
    long mixed = (inode * 31 + device) * 31 + birth;
    mixed = (mixed ^ mixed >>> 32) * 0x9e37_79b9_7f4a_7c15L; // inodes follow each other
    int place = (int) (mixed >>> 32) & places.length - 1;
    while (places[place] != NONE && !isAt(places[place], device, inode, birth)) {
      place = place + 1 & places.length - 1;
    }
    return place;
  }

  private boolean isAt(int number, long device, long inode, long birth) {
    return inodes[number * WORDS + 1] == inode
        && inodes[number * WORDS] == device
        && inodes[number * WORDS + 2] == birth;
  }
}
