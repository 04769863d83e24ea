package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.TestingPorts;
import dev.godwit.watch.Watch.Rung;
import dev.godwit.watch.WatchState;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a status says of a target that is behind, and how fast it comes nearer. */
@Timeout(300)
final class MirrorLagTest {
  private static final long AT_REST_MILLIS = 1500;

  /** The source side tells how it is once a second at least; the rest is a busy machine's. */
  private static final long TOLD_LATE_MILLIS = 1300;

  private static long millisSince(long nanos) {
    return (System.nanoTime() - nanos) / 1_000_000;
  }

  private static long metric(int port, String name) throws IOException, InterruptedException {
    return Long.parseLong(metric(port, name, "\\d+"));
  }

  private static long millis(int port, String name) throws IOException, InterruptedException {
    return new BigDecimal(metric(port, name, "\\d+[.]\\d{3}")).movePointRight(3).longValueExact();
  }

  private static String metric(int port, String name, String form)
      throws IOException, InterruptedException {
    String page =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics")).build(),
                HttpResponse.BodyHandlers.ofString())
            .body();
    Matcher line =
        Pattern.compile(
                "^godwit_mirror_" + name + "\\{mirror=\"root\"} (" + form + ")$", Pattern.MULTILINE)
            .matcher(page);
    assertThat(line.find()).as(page).isTrue();
    return line.group(1);
  }

  /** Held up by a large file on a slow line: the oldest change counts, not the latest. */
  @Test
  void a_target_that_is_held_up_is_behind_by_the_oldest_change() throws Exception {
    int port = TestingPorts.free();
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/first", "1");
      m.live("--bwlimit=50k", "--stop-limit=1s", "--metrics=" + port);
      for (int i = 0; i < 40; i++) {
        Files.write(m.source.resolve("f" + i), new byte[1000]);
      }
      m.ask("barrier");
      m.await("a rate", () -> m.status().get("files_per_second").asLong() > 0);
      // Over five seconds or more.
      assertThat(m.status().get("files_per_second").asLong()).isBetween(1L, 41 / 5 + 1L);
      assertThat(m.status().get("bytes_per_second").asLong()).isBetween(1L, 40_001 / 5 + 1L);
      assertThat(metric(port, "files_applied_total")).isEqualTo(41);
      assertThat(metric(port, "bytes_applied_total")).isEqualTo(40_001);
      assertThat(metric(port, "mounts_mirrored")).isZero();
      assertThat(millis(port, "silent_seconds")).isZero();
      assertThat(metric(port, "unverified")).isZero();
      assertThat(metric(port, "unwatched_directories")).isZero();
      assertThat(metric(port, "mounts_left_out")).isZero();

      Path aside = m.tree.top().resolve("aside");
      byte[] content = new byte[5_000_000]; // 100 s
      new Random(7).nextBytes(content);
      Files.write(aside, content);
      long began = System.nanoTime();
      Files.move(aside, m.source.resolve("large"));
      m.await("behind", () -> m.status().get("lag_ms").asLong() > 0);
      Thread.sleep(AT_REST_MILLIS);
      long young = System.nanoTime();
      m.tree.write("root/late", "1");
      Thread.sleep(TOLD_LATE_MILLIS);
      long before = millisSince(began);
      JsonNode status = m.status();
      assertThat(status.get("dirty").asLong()).isPositive();
      assertThat(status.get("lag_ms").asLong())
          .isBetween(before - TOLD_LATE_MILLIS, millisSince(began))
          .isGreaterThan(millisSince(young) - TOLD_LATE_MILLIS);
      assertThat(millis(port, "lag_seconds"))
          .isBetween(before - TOLD_LATE_MILLIS, millisSince(began));
      assertThat(metric(port, "dirty")).isPositive();
    }
  }

  /** What happened since the source was heard of last is not known. */
  @Test
  void a_target_that_cannot_be_reached_is_behind_since_it_was_heard_of() throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      m.tree.write("root/a", "1");
      m.live().assertEqual("at first");
      assertThat(lag(m)).isZero();
      long before = System.nanoTime();
      m.unreachable(true);
      long cut = System.nanoTime();
      m.await(MirrorState.RECONNECTING);
      Thread.sleep(AT_REST_MILLIS);
      long atLeast = millisSince(cut);
      assertThat(lag(m)).isBetween(atLeast, millisSince(before) + TOLD_LATE_MILLIS);
      assertThat(pair(m).json(Instant.now())).extractingByKey("dirty").isNull();
      m.unreachable(false);
      m.mirror.resume(); // does not wait for the next try
      m.await(MirrorState.LIVE);
      m.assertEqual("heard of again");
      assertThat(lag(m)).isZero();
      assertThat(m.mirror.status().reconnects()).isPositive();
      assertThat(m.mirror.status().rescansBy()).containsOnlyKeys(Rescan.CONNECTION);
      assertThat(m.mirror.status().counters().filesApplied()).as("of this connection").isZero();
      assertThat(m.mirror.status().total().filesApplied()).as("of all").isEqualTo(1);
    }
  }

  /** Who is told when the lag is long has to be told of a target that was never reached, too. */
  @Test
  void a_target_that_was_never_reached_is_behind_since_the_mirror_began() throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      m.tree.write("root/a", "1");
      assertThat(pair(m).json(Instant.now())).extractingByKey("dirty").isNull();
      m.unreachable(true);
      m.mirror.start();
      long began = System.nanoTime();
      m.await(MirrorState.RECONNECTING);
      Thread.sleep(AT_REST_MILLIS);
      assertThat(lag(m)).isGreaterThanOrEqualTo(millisSince(began));
      m.unreachable(false);
      m.mirror.resume();
      m.await(MirrorState.LIVE);
      m.assertEqual("reached");
      assertThat(lag(m)).isZero();
    }
  }

  /** As with a root that answers nothing: the connection stands, and nobody says how it is. */
  @Test
  void h90_a_source_side_that_hangs_is_not_known_to_be_equal() throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      m.tree.write("root/a", "1");
      m.live().assertEqual("at first");
      CountDownLatch goesOn = new CountDownLatch(1);
      long before = System.nanoTime();
      m.shows(state -> after(goesOn, state));
      TestingPatience.await("silent", () -> m.mirror.status().sight().silentMillis() > 0);
      assertThat(m.mirror.status().state()).isEqualTo(MirrorState.LIVE);
      assertThat(m.mirror.status().message()).contains("does not say how it is");
      assertThat(lag(m)).isBetween(3000L, millisSince(before) + TOLD_LATE_MILLIS);
      assertThat(pair(m).json(Instant.now())).extractingByKey("dirty").isNull();
      goesOn.countDown();
      TestingPatience.await("heard of", () -> m.mirror.status().sight().silentMillis() == 0);
      assertThat(m.mirror.status().message()).isEmpty();
      m.assertEqual("afterwards");
    }
  }

  private static WatchState after(CountDownLatch latch, WatchState state) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return state;
  }

  /** Each look at everything is counted but the first of all. */
  @Test
  void h16_why_everything_was_looked_at_again() throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      m.tree.write("root/a", "1");
      m.live().assertEqual("at first");
      assertThat(m.mirror.status().rescansBy()).isEmpty();
      m.mirror.pause(TestingMirror.LIMIT);
      m.mirror.resume();
      m.mirror.awaitLive(TestingMirror.LIMIT);
      assertThat(m.mirror.status().rescansBy()).isEqualTo(Map.of(Rescan.RESUME, 1L));
      m.shows(is -> new WatchState(is.rung(), is.reason(), 0, false, 2, WatchState.ALL));
      TestingPatience.await("told", () -> m.mirror.status().rescans() == 3);
      assertThat(pair(m).json(Instant.now()).get("rescans_by_reason"))
          .isEqualTo(
              Map.of(
                  "lost_events", 2L, "connection", 0L, "restart", 0L, "return", 0L, "resume", 1L));
      m.mirror.pause(TestingMirror.LIMIT);
      try (Mirror again = m.again(m.mirror.memory())) {
        again.start();
        again.awaitLive(TestingMirror.LIMIT);
        assertThat(again.status().rescansBy()).containsEntry(Rescan.RESTART, 1L);
      }
    }
  }

  /** H16: nothing that was noticed waits, and yet the target is behind. */
  @Test
  void h16_what_may_have_been_lost_counts_until_everything_is_looked_at() throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      m.tree.write("root/a", "1");
      m.live().assertEqual("at first");
      long lost = System.nanoTime() - 5_000_000_000L;
      m.shows(is -> new WatchState(is.rung(), is.reason(), 0, true, is.overflows(), lost));
      TestingPatience.await("told", () -> m.mirror.status().sight().unverified());
      assertThat(lag(m)).isGreaterThanOrEqualTo(5000);
      m.shows(is -> new WatchState(is.rung(), is.reason(), 7, false, is.overflows(), lost));
      TestingPatience.await("told", () -> m.mirror.status().sight().unwatched() == 7);
      assertThat(lag(m)).isGreaterThanOrEqualTo(5000);
      assertThat(m.mirror.memory().seenUntil())
          .as("for a restart")
          .isBefore(Instant.now().minusSeconds(4));
      m.shows(is -> is);
      TestingPatience.await("all is told", () -> lag(m) == 0);
    }
  }

  private static PairStatus pair(TestingMirror m) {
    return new PairStatus("one", "/a", "/b", m.mirror.status(), 0, 0, null, null, null, 0, null);
  }

  private static long lag(TestingMirror m) {
    return pair(m).lagMillis(Instant.now());
  }

  /** The first change of a quiet name comes at once, all others within the delay as one. */
  @Test
  void what_comes_within_the_delay_becomes_one_look() throws Exception {
    long delay = 4000;
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "0");
      m.live("--delay=" + delay + "ms");
      Path copy = m.target.resolve("b");
      m.tree.write("root/b", "first");
      m.await("at once", () -> TestingMirrorCommand.text(copy).equals("first"));
      long applied = System.nanoTime();
      m.await("told", () -> m.status().get("files_applied").asLong() == 2);
      for (int i = 0; i < 50; i++) {
        m.tree.write("root/b", "content " + i);
      }
      assertThat(millisSince(applied)).as("a burst").isLessThan(delay - 500);
      m.await("the last", () -> TestingMirrorCommand.text(copy).equals("content 49"));
      assertThat(millisSince(applied)).isGreaterThan(delay - 500);
      m.ask("barrier");
      assertThat(m.status().get("files_applied").asLong()).isEqualTo(3);
      // Nobody has to wait for it.
      m.tree.write("root/b", "again");
      long asked = System.nanoTime();
      m.ask("barrier");
      assertThat(copy).hasContent("again");
      assertThat(millisSince(asked)).isLessThan(delay - 500);
    }
  }

  /** The command's own output, for programs. */
  @Test
  void the_status_in_json() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/in/a", "1");
      Process process = m.live();
      m.ask("barrier");
      Files.delete(m.log);
      assertThat(m.run("mirror", "status", "--json", "-p", m.control.toString())).isZero();
      JsonNode of = JsonMapper.shared().readTree(m.output()).get("processes").get(0);
      assertThat(of.get("process").asLong()).isEqualTo(process.pid());
      assertThat(Instant.parse(of.get("started").asString()))
          .isBetween(Instant.now().minus(Duration.ofMinutes(5)), Instant.now());
      JsonNode mirror = of.get("mirrors").get(0);
      Map<String, String> wanted =
          Map.of("name", "root", "state", "live", "from", m.source.toString(), "message", "");
      wanted.forEach((key, value) -> assertThat(mirror.get(key).asString()).isEqualTo(value));
      assertThat(mirror.get("directories").asLong()).isEqualTo(2);
      assertThat(mirror.get("files_applied").asLong()).isEqualTo(1);
      m.ask("pause");
      Files.delete(m.log);
      assertThat(m.run("mirror", "status", "--json", "-p", m.control.toString())).isEqualTo(1);
      JsonNode paused = JsonMapper.shared().readTree(m.output()).at("/processes/0/mirrors/0");
      assertThat(paused.get("state").asString()).isEqualTo("paused");
      assertThat(paused.get("dirty").isNull()).isTrue();
    }
  }
}
