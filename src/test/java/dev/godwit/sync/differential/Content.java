package dev.godwit.sync.differential;

import java.util.ArrayList;
import java.util.List;

/**
 * What is in a file, described shortly enough that a person can type it.
 *
 * @param word repeated until {@code size}; empty: zeros
 * @param patches written over it
 * @param sparse whether pages of zeros are holes
 */
record Content(String word, int size, List<Patch> patches, boolean sparse) {
  static final Content EMPTY = text("");

  /** Text at an offset; what is beyond the file's size is cut off. */
  record Patch(int offset, String text) {}

  Content {
    patches = List.copyOf(patches);
  }

  static Content text(String text) {
    return new Content(text, text.length(), List.of(), false);
  }

  Content withPatch(int offset, String text) {
    List<Patch> more = new ArrayList<>(patches);
    more.add(new Patch(offset, text));
    return new Content(word, size, more, sparse);
  }

  Content withSize(int newSize) {
    return new Content(word, newSize, patches, sparse);
  }

  byte[] bytes() {
    byte[] all = new byte[size];
    for (int i = 0; i < size && !word.isEmpty(); i++) {
      all[i] = (byte) word.charAt(i % word.length());
    }
    for (Patch patch : patches) {
      for (int i = 0; i < patch.text.length() && patch.offset + i < size; i++) {
        all[patch.offset + i] = (byte) patch.text.charAt(i);
      }
    }
    return all;
  }

  /** As perl(1) reads it between double quotes; a shell's word can have no NUL. */
  private static String octal(String word) {
    StringBuilder text = new StringBuilder();
    for (char c : word.toCharArray()) {
      text.append(
          Character.isLetterOrDigit(c) && c < 0x7f
              ? String.valueOf(c)
              : "\\%03o".formatted((int) c));
    }
    return text.toString();
  }

  /** The commands that make it, for a quoted path. */
  List<String> commands(String path) {
    List<String> commands = new ArrayList<>();
    if (size == 0) {
      commands.add(": >" + path);
    } else if (word.isEmpty()) {
      commands.add(
          sparse ? "truncate -s " + size + " " + path : "head -c " + size + " /dev/zero >" + path);
    } else {
      commands.add(
          "perl -e 'print substr(\"%s\" x %d, 0, %d)' >%s"
              .formatted(octal(word), size / word.length() + 1, size, path));
    }
    for (Patch patch : patches) {
      if (patch.offset < size) {
        String text = patch.text.substring(0, Math.min(patch.text.length(), size - patch.offset));
        commands.add(
            "printf %s "
                + Shell.word(text)
                + " | dd status=none bs=1 conv=notrunc seek="
                + patch.offset
                + " of="
                + path);
      }
    }
    return commands;
  }
}
