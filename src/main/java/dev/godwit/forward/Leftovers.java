package dev.godwit.forward;

import java.io.IOException;

/** What a gate or a landing that was killed could not take down itself. */
public final class Leftovers {
  private Leftovers() {}

  /**
   * Puts the host's settings for clients' addresses back as they were, unless a gate or a landing
   * that lives needs them.
   */
  public static void cleanUp() throws IOException {
    TransparentRouting.cleanUp(Limits.sharedDirectory(Moves.DIRECTORY.resolve("any")));
  }
}
