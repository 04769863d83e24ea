package dev.godwit.wire;

import java.time.Duration;
import java.util.function.Supplier;

/**
 * What a connection needs to know besides its two streams.
 *
 * @param build identifies the program's exact build; both ends must have the same one. At most
 *     {@link Frame#BUILD_BYTES_MAX} bytes
 * @param pingEvery how often this end makes itself heard
 * @param silenceMax a peer that is not heard for this long is lost; more than twice {@code
 *     pingEvery}
 * @param lossDetail asked once, when the stream ends or breaks, for what is known about it (the
 *     last words of ssh, say); empty when nothing is. May take a moment
 */
public record ConnectionSettings(
    String build, Duration pingEvery, Duration silenceMax, Supplier<String> lossDetail) {
  public ConnectionSettings {
    // Not multipliedBy: it loads BigDecimal, which takes 25 ms of each start.
    if (pingEvery.plus(pingEvery).compareTo(silenceMax) >= 0) {
      throw new IllegalArgumentException("pings every " + pingEvery + ", silence " + silenceMax);
    }
  }

  /** A ping every 2 s, lost after 10 s. */
  public static ConnectionSettings of(String build) {
    return new ConnectionSettings(build, Duration.ofSeconds(2), Duration.ofSeconds(10), () -> "");
  }

  public ConnectionSettings withPings(Duration pingEvery, Duration silenceMax) {
    return new ConnectionSettings(build, pingEvery, silenceMax, lossDetail);
  }

  public ConnectionSettings withLossDetail(Supplier<String> lossDetail) {
    return new ConnectionSettings(build, pingEvery, silenceMax, lossDetail);
  }
}
