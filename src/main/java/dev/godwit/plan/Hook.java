package dev.godwit.plan;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * A command of the administrator's that is run before or after a step of a cut-over, or when one
 * was taken back. When it fails, so has the step; a taking back has not.
 *
 * @param before or after it
 * @param step the step's word, such as {@code barrier}
 * @param command an argument list; no shell is between
 * @param limit in the hold, what is left of that counts too
 */
public record Hook(boolean before, String step, Where on, List<String> command, Duration limit) {
  /** The steps of a cut-over, in their order; a test compares them with the steps that are made. */
  public static final List<String> STEPS =
      List.of(
          "audit", "capture", "hold", "drain", "stop", "queued", "barrier", "pause", "settle",
          "start", "check", "release", "follow", "address");

  /** What stands for a step when an attempt is over and the host serves that did before it. */
  public static final String TAKE_BACK = "take-back";

  /** As long as people wait for a command without asking what it does. */
  public static final Duration DEFAULT_LIMIT = Duration.ofSeconds(30);

  /** On which host. */
  public enum Where {
    OLD,
    NEW,
    /** Where the command of the move was typed. */
    HERE
  }

  public Hook {
    command = List.copyOf(command);
  }

  /** For messages: {@code hook before stop on old (/usr/local/sbin/x)}. */
  public String display() {
    return "hook %s %s on %s (%s)"
        .formatted(
            before ? "before" : "after",
            step,
            on.name().toLowerCase(Locale.ROOT),
            command.getFirst());
  }
}
