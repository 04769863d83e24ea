package dev.godwit.sync.filter;

import dev.godwit.linux.Names;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Where a rule comes from. What a file says is not repeated in messages: whoever reads them may not
 * be allowed to read the file (H43).
 *
 * @param file escaped; null: an option
 * @param line from 1 on
 */
record Origin(@Nullable String file, int line) {
  static final Origin OPTION = new Origin(null, 0);

  private static final int SHOWN_BYTES_MAX = 200;

  FilterException problem(int exitValue, byte[] text, String what) {
    return new FilterException(exitValue, where(text) + ": " + what);
  }

  FilterException problem(byte[] text, String what) {
    return problem(FilterException.SYNTAX, text, what);
  }

  private String where(byte[] text) {
    if (file != null) {
      return "the filter rule in line " + line + " of " + file;
    }
    if (text.length > SHOWN_BYTES_MAX) {
      return "the filter rule \"" + Names.display(Arrays.copyOf(text, SHOWN_BYTES_MAX)) + "…\"";
    }
    return "the filter rule \"" + Names.display(text) + "\"";
  }
}
