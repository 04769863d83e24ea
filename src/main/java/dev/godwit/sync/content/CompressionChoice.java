package dev.godwit.sync.content;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What {@code --compress}, {@code --compress-choice} and {@code --compress-level} say together
 * (rsync(1)). Between two Godwits there is one method, zstd; the names of the others are known and
 * mean it.
 *
 * @param isOn whether content is compressed
 * @param level of zstd; null: by the speed of the line, {@link LevelControl}
 * @param note for {@code -v}: that another method is used than the one asked for; null when there
 *     is nothing to say
 */
public record CompressionChoice(boolean isOn, @Nullable Integer level, @Nullable String note) {
  public static final CompressionChoice OFF = new CompressionChoice(false, null, null);

  private static final int LEVEL_MIN = -131072;
  private static final int LEVEL_MAX = 22;

  /** Levels of zlib, 1 to 9, as the level of zstd with about the same work. */
  private static final int[] OF_ZLIB = {1, 1, 1, 2, 2, 3, 5, 7, 9};

  /**
   * Puts the three options together.
   *
   * @param compress as {@code --compress} says
   * @param choice as {@code --compress-choice} says; null when it was not given
   * @param level as {@code --compress-level} says; null when it was not given
   * @throws IllegalArgumentException with a message for the user when the choice is none
   */
  public static CompressionChoice of(
      boolean compress, @Nullable String choice, @Nullable Integer level) {
    String name = choice == null ? "auto" : choice.toLowerCase(Locale.ROOT);
    return switch (name) {
      case "none" -> OFF;
      case "auto" -> compress || level != null ? ofZstd(level) : OFF;
      case "zstd" -> ofZstd(level);
      case "zlib", "zlibx" -> ofZlib(level, note(name));
      case "lz4" -> new CompressionChoice(true, 1, note(name));
      default ->
          throw new IllegalArgumentException(
              "--compress-choice="
                  + choice
                  + ": there is no method \""
                  + choice
                  + "\"; choose one of: auto zstd lz4 zlibx zlib none");
    };
  }

  private static CompressionChoice ofZstd(@Nullable Integer level) {
    Integer wanted =
        level == null
            ? null
            : (Integer) (level == 0 ? LevelControl.USUAL : Math.clamp(level, LEVEL_MIN, LEVEL_MAX));
    return new CompressionChoice(true, wanted, null);
  }

  private static CompressionChoice ofZlib(@Nullable Integer level, String note) {
    if (level == null || level == -1) {
      return new CompressionChoice(true, null, note);
    }
    if (level == 0) {
      return OFF;
    }
    return new CompressionChoice(true, OF_ZLIB[Math.clamp(level, 1, OF_ZLIB.length) - 1], note);
  }

  private static String note(String name) {
    return "--compress-choice="
        + name
        + " has no effect but on an rsync there: what is sent is compressed with zstd";
  }
}
