package dev.godwit.watch;

import dev.godwit.TestingPatience;
import dev.godwit.linux.PathText;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Takes what a watch reports, as text: {@code a/b}, {@code a/b/**}, {@code **}. */
final class TestingLooks {
  private TestingLooks() {}

  /** Everything up to now. */
  static List<String> flush(Watch watch) throws IOException {
    return flush(watch, change -> !(change instanceof Change.Renamed));
  }

  /** Everything up to now whose content may be another. */
  static List<String> contents(Watch watch) throws IOException {
    return flush(
        watch,
        change ->
            switch (change) {
              case Change.Names names -> names.content();
              case Change.Tree tree -> tree.content();
              case Change.In in -> in.content();
              case Change.Renamed renamed -> false;
              case Change.Elsewhere elsewhere -> true;
              case Change.Everything() -> true;
            });
  }

  /** Everything up to now that was closed after writing. */
  static List<String> saved(Watch watch) throws IOException {
    return flush(watch, change -> change instanceof Change.Names names && names.isSaved());
  }

  private static List<String> flush(Watch watch, Predicate<Change> wanted) throws IOException {
    long ticket = watch.flush();
    List<String> looks = new ArrayList<>();
    long end = System.nanoTime() + TestingPatience.LIMIT.toNanos();
    while (System.nanoTime() < end) {
      Batch batch = watch.take(Duration.ofSeconds(5));
      batch.changes().stream().filter(wanted).forEach(change -> looks.add(text(change)));
      if (batch.flushed() >= ticket) {
        return looks;
      }
    }
    throw new AssertionError("the flush did not come through; so far " + looks.size());
  }

  /** Whether somebody who follows the looks would look at this path. */
  static boolean cover(List<String> looks, String path) {
    if (looks.contains(path) || looks.contains("**")) {
      return true;
    }
    for (String up = path; ; up = up.substring(0, up.lastIndexOf('/'))) {
      if (looks.contains(up + "/**")) {
        return true;
      }
      if (up.indexOf('/') < 0) {
        return false;
      }
    }
  }

  private static String text(Change change) {
    return switch (change) {
      case Change.Names(byte[] directory, byte[] name, boolean content, boolean _) ->
          PathText.join(PathText.of(directory), PathText.of(name));
      case Change.Tree(byte[] path, boolean content, boolean isArrival) ->
          path.length == 0 ? "**" : PathText.of(path) + "/**";
      case Change.In in -> throw new IllegalStateException("nothing is followed: " + in);
      case Change.Renamed renamed -> throw new IllegalStateException("no look: " + renamed);
      case Change.Elsewhere elsewhere -> "elsewhere" + (elsewhere.wasBelow() ? ", was below" : "");
      case Change.Everything() -> "**";
    };
  }
}
