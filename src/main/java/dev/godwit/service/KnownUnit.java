package dev.godwit.service;

import dev.godwit.host.Systemctl;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * A unit of a plan as the systemd of a host has it.
 *
 * @param name as the plan has it
 * @param texts of the units that are started and stopped with it as parts of it, and its own, in
 *     the order of their start; none when systemd could not be asked
 * @param listening the socket units that listen for it
 * @param trouble why systemd could not be asked; empty when it could
 */
public record KnownUnit(String name, List<UnitText> texts, List<String> listening, String trouble) {
  private static final int NAMES_MAX = 256;

  public KnownUnit {
    texts = List.copyOf(texts);
    listening = List.copyOf(listening);
  }

  /** Why systemd could not start it, in its words; empty when it could. */
  public String unusable() {
    if (!trouble.isEmpty()) {
      return trouble;
    }
    for (UnitText text : texts) {
      String load = text.value("LoadState");
      if (!load.equals("loaded")) {
        String error = Systemctl.loadError(text.value("LoadError"));
        return error.isEmpty() ? "%s is %s".formatted(text.name(), load) : error;
      }
    }
    return "";
  }

  /** Why it cannot be run without systemd; empty when it can. */
  public String needsSystemd() {
    if (!listening.isEmpty()) {
      return "systemd listens for it by " + String.join(", ", listening);
    }
    for (UnitText text : texts) {
      try {
        StagedUnit unused = StagedUnit.of(text);
      } catch (ServiceException e) {
        return (text.name().equals(name) ? "" : text.name() + ": ") + e.getMessage();
      }
    }
    return "";
  }

  /** What of its commands is not run without systemd, for people. */
  public List<String> leftOut() {
    List<String> leftOut = new ArrayList<>();
    for (UnitText text : texts) {
      try {
        leftOut.addAll(StagedUnit.of(text).leftOut());
      } catch (ServiceException e) {
        // It is not run at all.
      }
    }
    return leftOut;
  }

  /** How long systemd took to start it the last time since the boot, if there was one. */
  public Optional<Duration> lastStart() {
    return sum(UnitText::lastStart);
  }

  /** The same of its stop. */
  public Optional<Duration> lastStop() {
    return sum(UnitText::lastStop);
  }

  private Optional<Duration> sum(Function<UnitText, Optional<Duration>> of) {
    Duration sum = Duration.ZERO;
    for (UnitText text : texts) {
      Optional<Duration> each = of.apply(text);
      if (each.isEmpty()) {
        return Optional.empty();
      }
      sum = sum.plus(each.get());
    }
    return texts.isEmpty() ? Optional.empty() : Optional.of(sum);
  }

  void write(MessageWriter out) {
    out.text(name).list(texts, (w, text) -> text.write(w)).texts(listening).text(trouble);
  }

  static KnownUnit read(MessageReader in) throws WireException {
    return new KnownUnit(
        in.text(ServiceCodec.TEXT_MAX),
        in.list(NAMES_MAX, UnitText::read),
        in.texts(NAMES_MAX, ServiceCodec.TEXT_MAX),
        in.text(ServiceCodec.TEXT_MAX));
  }
}
