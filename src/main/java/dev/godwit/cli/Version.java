package dev.godwit.cli;

import org.jspecify.annotations.Nullable;

/** Which Godwit this is. */
public final class Version {
  private Version() {}

  /** As {@code godwit --version} prints it. */
  public static String line() {
    // From the jar's manifest; classes in a directory have none.
    @Nullable String version = Version.class.getPackage().getImplementationVersion();
    return "godwit " + (version == null ? "(not packaged)" : version);
  }
}
