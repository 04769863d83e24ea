package dev.godwit.cli.sync;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Arguments and environment of this process as bytes (H4). Java decodes them by the locale, which
 * loses what the locale cannot say: with {@code LC_ALL=C} every byte above 127 becomes a question
 * mark. proc(5) still has them.
 */
public final class RawProcess {
  private static final Path ARGUMENTS = Path.of("/proc/self/cmdline");
  private static final Path ENVIRONMENT = Path.of("/proc/self/environ");

  private RawProcess() {}

  /**
   * The bytes of arguments that {@code main} was given.
   *
   * @param all every argument of {@code main}; they are the last ones of the process
   * @param from the first one that is wanted
   * @throws IOException when they cannot be had exactly
   */
  public static List<byte[]> arguments(String[] all, int from) throws IOException {
    List<byte[]> bytes = new ArrayList<>();
    for (int i = from; i < all.length; i++) {
      if (!isExact(all[i])) {
        return fromProcess(all, from);
      }
      bytes.add(all[i].getBytes(StandardCharsets.ISO_8859_1));
    }
    return bytes;
  }

  private static List<byte[]> fromProcess(String[] all, int from) throws IOException {
    List<byte[]> process = split(Files.readAllBytes(ARGUMENTS));
    int offset = process.size() - all.length;
    for (int i = 0; i < all.length; i++) {
      if (offset < 0
          || isExact(all[i])
              && !Arrays.equals(
                  all[i].getBytes(StandardCharsets.ISO_8859_1), process.get(offset + i))) {
        throw new IOException(
            "unable to read the arguments as they were typed: " + ARGUMENTS + " has others");
      }
    }
    return process.subList(offset + from, process.size());
  }

  /** A variable of the environment; null when it is not set. */
  public static byte @Nullable [] environment(String name) {
    String value = System.getenv(name);
    if (value == null || isExact(value)) {
      return value == null ? null : value.getBytes(StandardCharsets.ISO_8859_1);
    }
    byte[] prefix = (name + "=").getBytes(StandardCharsets.ISO_8859_1);
    try {
      for (byte[] variable : split(Files.readAllBytes(ENVIRONMENT))) {
        if (variable.length >= prefix.length
            && Arrays.equals(variable, 0, prefix.length, prefix, 0, prefix.length)) {
          return Arrays.copyOfRange(variable, prefix.length, variable.length);
        }
      }
    } catch (IOException e) {
      // Without proc(5) there is only what Java made of it.
    }
    return value.getBytes(StandardCharsets.UTF_8);
  }

  /** Every variable of the environment as NAME=VALUE, as it was when this process began. */
  static List<byte[]> environment() throws IOException {
    return split(Files.readAllBytes(ENVIRONMENT));
  }

  /** This process's number (getpid(2)); ProcessHandle would load far more. */
  static long number() {
    try {
      return Long.parseLong(Files.readSymbolicLink(Path.of("/proc/self")).toString());
    } catch (IOException e) {
      return ProcessHandle.current().pid(); // without proc(5)
    }
  }

  /** Whether decoding can have lost nothing: ASCII, and no mark for what was lost. */
  private static boolean isExact(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) > 0x7e || text.charAt(i) == '?') {
        return false;
      }
    }
    return true;
  }

  /** Texts that each end with NUL. */
  private static List<byte[]> split(byte[] texts) {
    List<byte[]> all = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < texts.length; i++) {
      if (texts[i] == 0) {
        all.add(Arrays.copyOfRange(texts, from, i));
        from = i + 1;
      }
    }
    return all;
  }
}
