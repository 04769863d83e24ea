package dev.godwit.check;

import java.util.ArrayList;
import java.util.List;

/** Takes what the looks find, in their order. Not safe for threads. */
final class Findings {
  /** As many findings of one code are told; the last one says how many there are more. */
  private static final int SAME_MAX = 10;

  private final List<Finding> found = new ArrayList<>();

  void add(Code code, String what) {
    add(code, what, remedy(code));
  }

  /** The code's advice as the messages have it: no sentence of its own. */
  static String remedy(Code code) {
    String advice = code.advice();
    if (advice.isEmpty()) {
      return advice;
    }
    String open = advice.endsWith(".") ? advice.substring(0, advice.length() - 1) : advice;
    return Character.toLowerCase(open.charAt(0)) + open.substring(1);
  }

  void add(Code code, String what, String remedy) {
    found.add(new Finding(code, what, remedy));
  }

  List<Finding> list() {
    List<Finding> shown = new ArrayList<>();
    for (Finding finding : found) {
      long before = shown.stream().filter(f -> f.code() == finding.code()).count();
      if (before < SAME_MAX) {
        shown.add(finding);
      } else if (before == SAME_MAX) {
        long all = found.stream().filter(f -> f.code() == finding.code()).count();
        shown.add(
            new Finding(
                finding.code(),
                "and %d more of this kind".formatted(all - SAME_MAX),
                remedy(finding.code())));
      }
    }
    return List.copyOf(shown);
  }
}
