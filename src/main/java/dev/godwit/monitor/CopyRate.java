package dev.godwit.monitor;

import dev.godwit.mirror.MirrorState;
import dev.godwit.move.FollowStatus;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How fast the first copy is, or the comparison of what was equal once, from two looks at it.
 *
 * @param isComparing whether most of it is there, and only looked at: then what is left is not
 *     known
 * @param filesPerSecond over the time between the looks
 * @param bytesPerSecond likewise
 * @param left until all bytes are there, at this speed; empty when nothing moves, or nobody knows
 *     how many there are
 */
public record CopyRate(
    boolean isComparing, double filesPerSecond, double bytesPerSecond, Optional<Duration> left) {
  /** Empty when nothing is copied or not even begun with, or the looks cannot be compared. */
  public static Optional<CopyRate> between(MoveStatus before, MoveStatus now) {
    double seconds = Duration.between(before.at(), now.at()).toNanos() / 1e9;
    FollowStatus first = before.follow();
    FollowStatus second = now.follow();
    if (first == null || second == null || second.live() || seconds <= 0) {
      return Optional.empty();
    }
    long files = files(second) - files(first);
    long bytes = bytes(second) - bytes(first);
    if (files < 0 || bytes < 0) {
      return Optional.empty(); // another connection, which counts anew
    }
    if (files(second) == 0) {
      return Optional.empty(); // as in the first moments after a switch
    }
    boolean isComparing = copying(second).allMatch(FollowStatus.Tree::wasEqual);
    long total = second.trees().stream().mapToLong(FollowStatus.Tree::bytesTotal).sum();
    double rate = bytes / seconds;
    Optional<Duration> left =
        bytes == 0 || isComparing || !second.isTotalKnown()
            ? Optional.empty()
            : Optional.of(
                Duration.ofSeconds(Math.round(Math.max(0, total - bytes(second)) / rate)));
    return Optional.of(new CopyRate(isComparing, files / seconds, rate, left));
  }

  private static Stream<FollowStatus.Tree> copying(FollowStatus status) {
    return status.trees().stream().filter(tree -> tree.state() == MirrorState.COPYING);
  }

  private static long files(FollowStatus status) {
    return status.trees().stream().mapToLong(FollowStatus.Tree::files).sum();
  }

  private static long bytes(FollowStatus status) {
    return status.trees().stream().mapToLong(FollowStatus.Tree::bytes).sum();
  }

  /** One line for people. */
  public String text() {
    return String.format(
        Locale.ROOT,
        "%s: %,.0f files/s, %,.1f MiB/s%s",
        isComparing ? "comparing" : "copying",
        filesPerSecond,
        bytesPerSecond / (1 << 20),
        left.map(each -> ", " + words(each) + " left").orElse(""));
  }

  /** The same for programs. */
  public Map<String, Object> json() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("files_per_s", filesPerSecond);
    object.put("bytes_per_s", bytesPerSecond);
    object.put("left_s", left.map(Duration::toSeconds).orElse(null));
    return object;
  }

  static String words(Duration duration) {
    long seconds = duration.toSeconds();
    if (seconds < 120) {
      return seconds + " s";
    }
    return seconds < 7200 ? seconds / 60 + " min" : seconds / 3600 + " h";
  }
}
