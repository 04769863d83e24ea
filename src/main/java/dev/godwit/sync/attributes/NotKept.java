package dev.godwit.sync.attributes;

import dev.godwit.linux.LinuxException;
import org.jspecify.annotations.Nullable;

/**
 * An attribute that could not be set on the target; the rest of the file is as it should be (H6).
 *
 * @param bit which, as a constant of {@link dev.godwit.sync.copy.Change}
 * @param what it is, for people: {@code owner 5:6}, {@code attribute user.a}
 * @param attribute the name of the extended attribute, if it is one
 */
@SuppressWarnings("ArrayRecordComponent") // a name is bytes; never compared
public record NotKept(int bit, String what, byte @Nullable [] attribute, LinuxException cause) {
  /** For people: what could not be set, and why. */
  @Override
  public String toString() {
    return what + " could not be set: " + cause.reason() + " (" + cause.call() + ")";
  }
}
