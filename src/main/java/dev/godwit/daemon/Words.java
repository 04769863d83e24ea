package dev.godwit.daemon;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Values as they are written on command lines and in files. What is none throws
 * IllegalArgumentException with a message for people.
 */
public final class Words {
  public static final int PORT_MAX = 65535;
  private static final int DURATION_NUMBER_MAX = 1_000_000;

  private Words() {}

  /** {@code 500ms}, {@code 5s}, {@code 10m}, {@code 1h}, {@code 7d}. */
  public static Duration duration(String value) {
    int digits = 0;
    while (digits < value.length() && value.charAt(digits) >= '0' && value.charAt(digits) <= '9') {
      digits++;
    }
    int number = number(value.substring(0, digits), DURATION_NUMBER_MAX);
    Duration found =
        switch (value.substring(digits)) {
          case "ms" -> Duration.ofMillis(number);
          case "s" -> Duration.ofSeconds(number);
          case "m" -> Duration.ofMinutes(number);
          case "h" -> Duration.ofHours(number);
          case "d" -> Duration.ofDays(number);
          default -> Duration.ZERO;
        };
    if (number <= 0 || found.isZero()) {
      throw new IllegalArgumentException(
          "found " + value + ", expected a time such as 500ms, 5s, 10m or 1h");
    }
    return found;
  }

  /** A number of 0 to {@code max}, or -1. */
  public static int number(String text, int max) {
    if (text.isEmpty() || text.length() > 9) {
      return -1;
    }
    int value = 0;
    for (int i = 0; i < text.length(); i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = value * 10 + digit;
    }
    return value <= max ? value : -1;
  }

  /**
   * Where something is served: {@code PORT} is this host's loopback only, {@code :PORT} every
   * address of it, {@code ADDRESS:PORT} that one.
   */
  public static InetSocketAddress address(String value) {
    int colon = value.lastIndexOf(':');
    String host = colon < 0 ? "localhost" : value.substring(0, colon);
    int port = number(value.substring(colon + 1), PORT_MAX);
    boolean isBracketed = host.startsWith("[") && host.endsWith("]");
    if (port >= 0 && (isBracketed || host.indexOf(':') < 0)) {
      if (host.isEmpty() || host.equals("*")) {
        return new InetSocketAddress(port);
      }
      if (host.equals("localhost")) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
      }
      String literal = isBracketed ? host.substring(1, host.length() - 1) : host;
      // Letters alone would be a name, which is asked of a name server.
      if (isBracketed || literal.matches("[0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+")) {
        try {
          return new InetSocketAddress(InetAddress.getByName(literal), port);
        } catch (UnknownHostException e) {
          throw noAddress(value, e);
        }
      }
    }
    throw noAddress(value, null);
  }

  private static IllegalArgumentException noAddress(
      String value, @org.jspecify.annotations.Nullable Exception cause) {
    return new IllegalArgumentException("found " + value + ", expected one [ADDRESS]:PORT", cause);
  }

  /** A path from the root on. */
  public static Path absolute(String text) {
    if (!text.startsWith("/")) {
      throw new IllegalArgumentException("found " + text + ", expected a path from the root on");
    }
    return Path.of(text);
  }
}
