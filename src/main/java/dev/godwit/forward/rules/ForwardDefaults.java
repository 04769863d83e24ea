package dev.godwit.forward.rules;

import java.time.Duration;

/** What holds where nothing is said. */
public final class ForwardDefaults {
  public static final Duration DRAIN_LIMIT = Duration.ofSeconds(30);

  private ForwardDefaults() {}
}
