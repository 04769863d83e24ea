package dev.godwit.sync.content;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What {@code --checksum-choice} says (rsync(1)).
 *
 * @param transfer of content that is transferred: what {@code %C} prints without {@code
 *     --checksum}. How Godwit verifies a transfer does not depend on it, except that with {@link
 *     ChecksumKind#NONE} there are no deltas
 * @param compare of content that stands on both sides, with {@code --checksum}
 */
public record ChecksumChoice(ChecksumKind transfer, ChecksumKind compare) {
  public static final ChecksumChoice USUAL =
      new ChecksumChoice(ChecksumKind.USUAL, ChecksumKind.USUAL);

  /**
   * Reads a choice.
   *
   * @param text one name, or two with a comma in between; null: nothing was chosen
   * @throws IllegalArgumentException with a message for the user when a name is none
   */
  public static ChecksumChoice parse(@Nullable String text) {
    if (text == null) {
      return USUAL;
    }
    int comma = text.indexOf(',');
    if (comma < 0) {
      ChecksumKind kind = kind(text, text, ChecksumKind.USUAL);
      return new ChecksumChoice(kind, kind);
    }
    ChecksumKind transfer = kind(text.substring(0, comma), text, ChecksumKind.USUAL);
    // The automatic choice is that which was made for the transfer, where that is one.
    return new ChecksumChoice(transfer, kind(text.substring(comma + 1), text, transfer));
  }

  private static ChecksumKind kind(String name, String text, ChecksumKind automatic) {
    if (name.toLowerCase(Locale.ROOT).equals("auto")) {
      return automatic;
    }
    ChecksumKind kind = ChecksumKind.named(name);
    if (kind == null) {
      StringBuilder known = new StringBuilder("auto");
      for (ChecksumKind each : ChecksumKind.values()) {
        known.append(' ').append(each.text());
      }
      throw new IllegalArgumentException(
          "--checksum-choice="
              + text
              + ": there is no checksum \""
              + name
              + "\"; choose one of: "
              + known);
    }
    return kind;
  }

  /** Whether files go whole because nothing would verify a delta. */
  public boolean forcesWholeFiles() {
    return transfer == ChecksumKind.NONE;
  }

  /**
   * Checks that files can be compared by checksum.
   *
   * @throws IllegalArgumentException with a message for the user when they cannot
   */
  public void needCompare() {
    if (compare == ChecksumKind.NONE) {
      throw new IllegalArgumentException(
          "--checksum compares files by their checksum, and --checksum-choice says none for that;"
              + " leave one of them out");
    }
  }
}
