package dev.godwit.cli.sync;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;

/**
 * One JSON object (RFC 8259) being written, in ASCII: what is not is escaped, so that no name can
 * make a line lie (H46). A library would cost a short copy more time than the copy itself.
 */
final class JsonObject {
  private final ByteText to;
  private boolean isFirst = true;

  JsonObject(ByteText to) {
    this.to = to;
    to.add((byte) '{');
  }

  JsonObject put(String key, String text) {
    key(key);
    string(text);
    return this;
  }

  JsonObject put(String key, long number) {
    key(key);
    to.add(number);
    return this;
  }

  JsonObject put(String key, boolean value) {
    key(key);
    to.add(Boolean.toString(value));
    return this;
  }

  /**
   * A name. One that is not UTF-8 is given twice: readable, and whole as {@code KEY_base64} (RFC
   * 4648).
   */
  JsonObject putName(String key, byte[] name) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(name)).toString();
      return put(key, text);
    } catch (CharacterCodingException e) {
      put(key, new String(name, StandardCharsets.UTF_8));
      return put(key + "_base64", Base64.getEncoder().encodeToString(name));
    }
  }

  /** An object inside; ended before anything more is put here. */
  JsonObject object(String key) {
    key(key);
    return new JsonObject(to);
  }

  JsonObject putAll(String key, Iterable<String> texts) {
    key(key);
    to.add((byte) '[');
    String comma = "";
    for (String text : texts) {
      to.add(comma);
      string(text);
      comma = ",";
    }
    to.add((byte) ']');
    return this;
  }

  void end() {
    to.add((byte) '}');
  }

  private void key(String key) {
    to.add(isFirst ? "\"" : ",\"").add(key).add("\":");
    isFirst = false;
  }

  private void string(String text) {
    to.add((byte) '"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        to.add((byte) '\\').add((byte) c);
      } else if (c < 0x20 || c >= 0x7f) {
        to.add(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        to.add((byte) c);
      }
    }
    to.add((byte) '"');
  }
}
