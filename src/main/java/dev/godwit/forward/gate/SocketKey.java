package dev.godwit.forward.gate;

import dev.godwit.linux.Sha256;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/** A short name of a unix socket's path, the same on both hosts. */
public final class SocketKey {
  static final int BYTES = 8;

  private SocketKey() {}

  /** Of the path as the plan has it. */
  public static byte[] of(Path path) {
    byte[] digest = Sha256.ofJava().digest(path.toString().getBytes(StandardCharsets.UTF_8));
    return Arrays.copyOf(digest, BYTES);
  }
}
