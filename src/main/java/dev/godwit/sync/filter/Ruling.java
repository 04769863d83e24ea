package dev.godwit.sync.filter;

import dev.godwit.linux.Names;
import org.jspecify.annotations.Nullable;

/**
 * The rule that decides over a name, for people.
 *
 * @param isExcluded whether the name is hidden, or protected
 * @param pattern as it was written
 * @param file the name of the per-directory file that the rule is from; null: from the options
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Ruling(boolean isExcluded, byte[] pattern, byte @Nullable [] file) {
  /** As rsync words it: {@code because of pattern *.o [per-dir .rules]}. */
  public String because() {
    return "because of pattern "
        + Names.display(pattern)
        + (file == null ? "" : " [per-dir " + Names.display(file) + "]");
  }
}
