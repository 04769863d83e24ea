package dev.godwit.service;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What the systemd of a host says of a unit.
 *
 * @param name as systemd writes it, with its type
 * @param shown its properties, a line each: {@code systemctl show}
 * @param files its own and its drop-ins, one after the other: {@code systemctl cat}; empty when it
 *     has none
 */
public record UnitText(String name, String shown, String files) {
  private static final int TEXT_MAX = 256 * 1024;

  /** A property; empty also when this systemd does not know it. */
  String value(String property) {
    return values(property).stream().findFirst().orElse("");
  }

  /** One that is said several times, in this order. */
  List<String> values(String property) {
    return shown
        .lines()
        .filter(line -> line.startsWith(property + "="))
        .map(line -> line.substring(property.length() + 1).strip())
        .filter(value -> !value.isEmpty())
        .toList();
  }

  /** The words of a property. */
  List<String> words(String property) {
    return values(property).stream().flatMap(value -> List.of(value.split(" +")).stream()).toList();
  }

  /** How long systemd took to start it the last time; empty when it has not since the boot. */
  Optional<Duration> lastStart() {
    return between("InactiveExitTimestampMonotonic", "ActiveEnterTimestampMonotonic");
  }

  /** How long its last stop took; empty when there was none since the boot. */
  Optional<Duration> lastStop() {
    return between("ActiveExitTimestampMonotonic", "InactiveEnterTimestampMonotonic");
  }

  /**
   * Microseconds since the boot; 0 is never, and an end before its beginning is an earlier one's.
   */
  Optional<Duration> between(String begin, String end) {
    long from = micros(begin);
    long to = micros(end);
    return from > 0 && to >= from
        ? Optional.of(Duration.ofNanos((to - from) * 1000))
        : Optional.empty();
  }

  private long micros(String property) {
    String text = value(property);
    return text.matches("[0-9]{1,15}") ? Long.parseLong(text) : 0;
  }

  void write(MessageWriter out) {
    out.text(name).text(shown).text(files);
  }

  static UnitText read(MessageReader in) throws WireException {
    return new UnitText(in.text(ServiceCodec.TEXT_MAX), in.text(TEXT_MAX), in.text(TEXT_MAX));
  }
}
