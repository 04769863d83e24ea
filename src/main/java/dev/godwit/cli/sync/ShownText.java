package dev.godwit.cli.sync;

import java.nio.charset.StandardCharsets;

/**
 * Takes back the escapes of {@link dev.godwit.linux.Names#display}, in which messages of the engine
 * carry names, so that they can be printed in rsync's escapes.
 */
final class ShownText {
  private ShownText() {}

  static byte[] bytes(String text) {
    byte[] shown = text.getBytes(StandardCharsets.UTF_8);
    ByteText bytes = new ByteText();
    for (int i = 0; i < shown.length; i++) {
      if (shown[i] == '\\' && i + 1 < shown.length && shown[i + 1] == '\\') {
        bytes.add(shown[i++]);
      } else if (shown[i] == '\\' && i + 3 < shown.length && shown[i + 1] == 'x') {
        bytes.add(
            (byte) (Character.digit(shown[i + 2], 16) << 4 | Character.digit(shown[i + 3], 16)));
        i += 3;
      } else {
        bytes.add(shown[i]);
      }
    }
    return bytes.toBytes();
  }
}
