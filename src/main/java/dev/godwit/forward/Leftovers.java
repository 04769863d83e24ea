package dev.godwit.forward;

import java.io.IOException;
import java.nio.file.Path;

/** What a gate or a landing that was killed could not take down itself. */
public final class Leftovers {
  private Leftovers() {}

  /**
   * Puts the host's settings for clients' addresses back as they were, unless a gate or a landing
   * that lives needs them, and removes rules of gates that do not.
   */
  public static void cleanUp() throws IOException {
    of(Moves.DIRECTORY.resolve("any"));
  }

  /**
   * The same for where the states are kept.
   *
   * @param stateDirectory of any gate or landing there
   */
  static void of(Path stateDirectory) throws IOException {
    TransparentRouting.cleanUp(Limits.sharedDirectory(stateDirectory));
    Redirection.cleanUp(Limits.hostDirectory(stateDirectory, Redirection.NOTES));
  }
}
