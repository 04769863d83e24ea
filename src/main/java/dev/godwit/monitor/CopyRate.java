package dev.godwit.monitor;

import dev.godwit.move.FollowStatus;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * How fast the first copy is, from two looks at it.
 *
 * @param filesPerSecond over the time between the looks
 * @param bytesPerSecond likewise
 * @param left until all bytes that are known of are there, at this speed; empty when nothing moves
 */
public record CopyRate(double filesPerSecond, double bytesPerSecond, Optional<Duration> left) {
  /** Empty when nothing is copied, or the looks cannot be compared. */
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
      return Optional.empty(); // another process, which counts anew
    }
    long total = second.trees().stream().mapToLong(FollowStatus.Tree::bytesTotal).sum();
    double rate = bytes / seconds;
    Optional<Duration> left =
        bytes == 0
            ? Optional.empty()
            : Optional.of(
                Duration.ofSeconds(Math.round(Math.max(0, total - bytes(second)) / rate)));
    return Optional.of(new CopyRate(files / seconds, rate, left));
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
        "copying: %,.0f files/s, %,.1f MiB/s%s",
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
