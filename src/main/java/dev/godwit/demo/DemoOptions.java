package dev.godwit.demo;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code godwit demo} was asked for.
 *
 * @param files how many files host old is filled with
 * @param json where the results go as JSON; null for nowhere
 * @param keep leave the hosts up at the end
 * @param rollback also go back to old, and to new again
 * @param godwit the argument list that runs Godwit itself on a host of the lab, without a command
 */
public record DemoOptions(
    int files, @Nullable Path json, boolean keep, boolean rollback, List<String> godwit) {
  public static final int FILES_DEFAULT = 20_000;
  public static final int FILES_MIN = 100;
  public static final int FILES_MAX = 1_000_000;

  public DemoOptions {
    if (files < FILES_MIN || files > FILES_MAX) {
      throw new IllegalArgumentException(
          "--files takes a number from " + FILES_MIN + " to " + FILES_MAX + ", not " + files);
    }
    godwit = List.copyOf(godwit);
  }

  /** The usual demo: runs the start script beside which this program was built. */
  public static DemoOptions of(int files, @Nullable Path json, boolean keep, boolean rollback) {
    return new DemoOptions(
        files, json, keep, rollback, List.of(Programs.home().resolve("godwit").toString()));
  }
}
