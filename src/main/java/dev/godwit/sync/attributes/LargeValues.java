package dev.godwit.sync.attributes;

import dev.godwit.linux.LinuxException;
import org.jspecify.annotations.Nullable;

/** Gives the values of extended attributes that were too large for the listing. */
@FunctionalInterface
public interface LargeValues {
  /**
   * Asks the source.
   *
   * @param attribute its name
   * @return null when the source has it no more
   * @throws LinuxException when it cannot be read there
   */
  byte @Nullable [] value(byte[] attribute) throws LinuxException;
}
