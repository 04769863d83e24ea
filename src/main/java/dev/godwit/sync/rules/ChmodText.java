package dev.godwit.sync.rules;

/** Whether a text is what {@code --chmod} takes: chmod(1)'s modes with D and F before them. */
final class ChmodText {
  private ChmodText() {}

  static boolean isValid(String text) {
    for (String item : text.split(",", -1)) {
      if (!isItem(item)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isItem(String item) {
    int at = 0;
    boolean hasKind = false;
    boolean hasClass = false;
    while (at < item.length() && "DFugoa".indexOf(item.charAt(at)) >= 0) {
      if (item.charAt(at) == 'D' || item.charAt(at) == 'F') {
        if (hasKind) {
          return false;
        }
        hasKind = true;
      } else {
        hasClass = true;
      }
      at++;
    }
    if (at == item.length()) {
      return false;
    }
    if (Character.digit(item.charAt(at), 8) >= 0) {
      return !hasClass && isOctal(item.substring(at));
    }
    if ("+-=".indexOf(item.charAt(at)) < 0) {
      return false;
    }
    String what = item.substring(at + 1);
    if (what.length() == 1 && "ugo".contains(what)) {
      return true;
    }
    for (int i = 0; i < what.length(); i++) {
      if ("rwxXst".indexOf(what.charAt(i)) < 0) {
        return false;
      }
    }
    return true;
  }

  private static boolean isOctal(String text) {
    int mode = 0;
    for (int i = 0; i < text.length(); i++) {
      int digit = Character.digit(text.charAt(i), 8);
      mode = mode * 8 + digit;
      if (digit < 0 || mode > 07777) {
        return false;
      }
    }
    return true;
  }
}
