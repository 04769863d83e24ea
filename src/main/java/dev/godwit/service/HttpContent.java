package dev.godwit.service;

import dev.godwit.service.Conversation.Refusal;
import java.io.IOException;
import java.util.Locale;

/** What an answer of HTTP/1.1 holds, after its first line (RFC 9112, 6). */
final class HttpContent {
  /** More than a check looks at; what comes after it is not waited for. */
  private static final int BYTES_MAX = 1 << 20;

  private static final int HEADERS_MAX = 1000;
  private static final int NO_CONTENT = 204;
  private static final int NOT_MODIFIED = 304;

  private HttpContent() {}

  /**
   * Reads it to its end, or to the first MiB.
   *
   * @return one char a byte (ISO 8859-1)
   * @throws Refusal when it ended before it was whole
   */
  static String read(Conversation conversation, int status) throws IOException {
    long length = -1;
    boolean isChunked = false;
    int headers = 0;
    for (String line = conversation.line(); !line.isEmpty(); line = conversation.line()) {
      if (++headers > HEADERS_MAX) {
        throw new Refusal("answered more than " + HEADERS_MAX + " headers");
      }
      String lower = line.toLowerCase(Locale.ROOT);
      if (lower.startsWith("content-length:")) {
        length = number(lower.substring("content-length:".length()).strip(), 10);
      }
      isChunked |= lower.startsWith("transfer-encoding:") && lower.endsWith("chunked");
    }
    if (status == NO_CONTENT || status == NOT_MODIFIED) {
      return "";
    }
    if (isChunked) {
      return chunks(conversation);
    }
    return length < 0 ? conversation.bytes(BYTES_MAX) : whole(conversation, length);
  }

  private static String chunks(Conversation conversation) throws IOException {
    StringBuilder content = new StringBuilder();
    while (content.length() < BYTES_MAX) {
      long size = number(conversation.line().split(";", 2)[0].strip(), 16);
      if (size == 0) {
        break;
      }
      content.append(whole(conversation, size));
      if (size <= BYTES_MAX) {
        String unused = conversation.line(); // the end of the chunk's last line
      }
    }
    return content.toString();
  }

  private static String whole(Conversation conversation, long length) throws IOException {
    int wanted = (int) Math.min(length, BYTES_MAX);
    String content = conversation.bytes(wanted);
    if (content.length() < wanted) {
      throw new Refusal(
          "the connection was closed within the answer, after %d of %d bytes"
              .formatted(content.length(), length));
    }
    return content;
  }

  private static long number(String digits, int radix) throws Refusal {
    try {
      return Long.parseUnsignedLong(digits, radix) & Long.MAX_VALUE;
    } catch (NumberFormatException e) {
      throw new Refusal("answered a length that is none: " + Conversation.printable(digits));
    }
  }
}
