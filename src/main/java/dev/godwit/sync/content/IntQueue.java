package dev.godwit.sync.content;

import java.util.Arrays;

/** Numbers, first in first out. One thread at a time. */
final class IntQueue {
  private int[] numbers = new int[16];
  private int first;
  private int count;

  void add(int number) {
    if (count == numbers.length) {
      int[] longer = new int[2 * count];
      for (int i = 0; i < count; i++) {
        longer[i] = numbers[(first + i) % count];
      }
      numbers = longer;
      first = 0;
    }
    numbers[(first + count++) % numbers.length] = number;
  }

  int size() {
    return count;
  }

  boolean isEmpty() {
    return count == 0;
  }

  /** The first one, which stays; not to be called on an empty queue. */
  int peek() {
    return numbers[first];
  }

  /** The first one, which goes; not to be called on an empty queue. */
  int remove() {
    int number = numbers[first];
    first = (first + 1) % numbers.length;
    count--;
    return number;
  }

  @Override
  public String toString() {
    int[] all = new int[count];
    Arrays.setAll(all, i -> numbers[(first + i) % numbers.length]);
    return Arrays.toString(all);
  }
}
