package dev.godwit.sync.filter;

import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * What, beside the rules, decides what they mean.
 *
 * @param deleteExcluded a rule that names no side hides and does not protect (--delete-excluded)
 * @param zeroTerminated lines of merge files end with a NUL (--from0)
 * @param confineRoot merge files that are named by a path must lie below this directory
 *     (--confine-root); null: anywhere
 * @param standardInput what a merge file "-" is read from; null: there is none
 * @param environment for $HOME and $CVSIGNORE
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record FilterSettings(
    boolean deleteExcluded,
    boolean zeroTerminated,
    byte @Nullable [] confineRoot,
    @Nullable InputStream standardInput,
    Environment environment) {

  /** Where variables are looked up. */
  @FunctionalInterface
  public interface Environment {
    /** The bytes of a variable; null when it is not set. */
    byte @Nullable [] value(String name) throws FilterException;
  }

  /** Without other options, with the variables of this process. */
  public static FilterSettings of(boolean deleteExcluded) {
    return of(deleteExcluded, false, null);
  }

  /** Without standard input, with the variables of this process. */
  public static FilterSettings of(
      boolean deleteExcluded, boolean zeroTerminated, byte @Nullable [] confineRoot) {
    return new FilterSettings(
        deleteExcluded, zeroTerminated, confineRoot, null, ProcessEnvironment.INSTANCE);
  }

  /** The same with rules from standard input, where a merge file is called "-". */
  public FilterSettings reading(InputStream standardInput) {
    return new FilterSettings(
        deleteExcluded, zeroTerminated, confineRoot, standardInput, environment);
  }
}
