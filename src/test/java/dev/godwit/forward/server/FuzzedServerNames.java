package dev.godwit.forward.server;

/** As {@code FuzzedDecoders}, of the first message of a TLS client. */
public final class FuzzedServerNames {
  private static final int NAME_MAX = 255;

  private FuzzedServerNames() {}

  public static void fuzzerTestOneInput(byte[] input) {
    ServerName.Found found = ServerName.find(input, input.length);
    String name = found.name();
    if (name != null && (!found.complete() || name.isEmpty() || name.length() > NAME_MAX)) {
      throw new IllegalStateException("a name of " + name.length() + " bytes");
    }
    if (!found.complete() && input.length >= ServerName.BYTES_MAX) {
      throw new IllegalStateException("it needs more for ever");
    }
    for (int count = 0; count < input.length; count += 7) {
      ServerName.Found before = ServerName.find(input, count);
      if (before.complete() && !before.equals(found)) {
        throw new IllegalStateException("what comes later changes where it goes");
      }
    }
  }
}
