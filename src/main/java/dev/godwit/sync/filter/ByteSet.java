package dev.godwit.sync.filter;

/** Which bytes the brackets of a pattern stand for. */
final class ByteSet {
  private final long[] bits = new long[4];

  void add(int c) {
    bits[c >> 6] |= 1L << c;
  }

  void addRange(int first, int last) {
    for (int c = first; c <= last; c++) {
      add(c);
    }
  }

  boolean has(int c) {
    return (bits[c >> 6] >>> c & 1) != 0;
  }

  void invert() {
    for (int i = 0; i < bits.length; i++) {
      bits[i] = ~bits[i];
    }
  }

  void remove(int c) {
    bits[c >> 6] &= ~(1L << c);
  }

  /**
   * Adds a class such as {@code alpha}, as in the C locale: see isalpha(3).
   *
   * @return whether there is such a class
   */
  boolean addClass(String name) {
    return switch (name) {
      case "alpha" -> add(0, 0x07fffffe_07fffffeL);
      case "digit" -> add(0x03ff0000_00000000L, 0);
      case "alnum" -> add(0x03ff0000_00000000L, 0x07fffffe_07fffffeL);
      case "upper" -> add(0, 0x00000000_07fffffeL);
      case "lower" -> add(0, 0x07fffffe_00000000L);
      case "xdigit" -> add(0x03ff0000_00000000L, 0x0000007e_0000007eL);
      case "blank" -> add(0x00000001_00000200L, 0);
      case "space" -> add(0x00000001_00003e00L, 0);
      case "cntrl" -> add(0x00000000_ffffffffL, 0x80000000_00000000L);
      case "graph" -> add(0xfffffffe_00000000L, 0x7fffffff_ffffffffL);
      case "print" -> add(0xffffffff_00000000L, 0x7fffffff_ffffffffL);
      case "punct" -> add(0xfc00fffe_00000000L, 0x78000001_f8000001L);
      default -> false;
    };
  }

  private boolean add(long low, long high) {
    bits[0] |= low;
    bits[1] |= high;
    return true;
  }
}
