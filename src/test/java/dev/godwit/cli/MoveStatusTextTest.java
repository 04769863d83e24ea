package dev.godwit.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.forward.GroupMode;
import dev.godwit.forward.gate.GateStatus;
import dev.godwit.mirror.MirrorMount;
import dev.godwit.mirror.MirrorState;
import dev.godwit.monitor.MoveStatus;
import dev.godwit.move.FollowStatus;
import dev.godwit.move.KeptStatus;
import dev.godwit.move.MeasuredTrees;
import dev.godwit.move.Phase;
import dev.godwit.move.Role;
import dev.godwit.move.Waiting;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A move's status as a person and as a program reads it. */
final class MoveStatusTextTest {
  private static final Instant AT = Instant.parse("2026-03-01T02:00:00Z");

  private static MoveStatus status() {
    List<GateStatus.Visitor> visitors = new ArrayList<>();
    for (int i = 1; i <= 7; i++) {
      visitors.add(new GateStatus.Visitor("192.0.2." + i, i * 61_000L, 1_000 + i));
    }
    GateStatus gate =
        new GateStatus(
            GateStatus.Mode.RELEASED,
            7,
            0,
            "",
            3 << 20,
            2,
            List.of(
                group("web", List.of(80, 443), 3, 0, 1_234, 3 << 20, Map.of("reset", 2L)),
                group("quiet", List.of(993), 0, 0, 0, 0, Map.of())),
            List.of(),
            visitors,
            "the kernel's socket look-up",
            0,
            List.of(),
            true);
    FollowStatus.Tree tree =
        new FollowStatus.Tree(
            "/srv",
            MirrorState.LIVE,
            "",
            25,
            1_000,
            1_000,
            true,
            1_000,
            true,
            1,
            716,
            "fanotify",
            0,
            0,
            AT,
            List.of(
                new MirrorMount("media", "ext4", "fanotify"),
                new MirrorMount("jail/proc", "proc", "")),
            List.of());
    return new MoveStatus(
        "mail",
        Phase.NEW_SERVES,
        AT,
        new FollowStatus("/root/move.yaml", "", 17, Role.NEW, List.of(tree), kept()),
        gate,
        null,
        new MoveStatus.Checked(AT.minusSeconds(200), "cutover", true, "5 checks passed"),
        null,
        List.of("something does not run"),
        List.of(),
        null,
        "Next: go on.",
        false,
        MeasuredTrees.NONE);
  }

  private static List<KeptStatus> kept() {
    return List.of(
        new KeptStatus("address", AT, "10.0.0.10/24 is on new", List.of(), List.of()),
        new KeptStatus(
            "fences",
            AT,
            "up on old: dovecot",
            List.of("dovecot runs on old"),
            List.of(new KeptStatus.Event(AT.minusSeconds(70), "the fence of dovecot was put up"))));
  }

  private static GateStatus.Group group(
      String name,
      List<Integer> ports,
      int open,
      int held,
      long total,
      long bytes,
      Map<String, Long> errors) {
    return new GateStatus.Group(
        name,
        ports,
        List.of(),
        GroupMode.PASS,
        0,
        1,
        open,
        held,
        total,
        4,
        bytes,
        errors,
        90_000,
        7_000);
  }

  @Test
  void it_says_what_passes_who_comes_and_how_the_checks_went() {
    assertThat(MoveStatusText.of(status()))
        .contains("    with what is mounted there: media (ext4)\n")
        .contains("    without what is mounted there: jail/proc (proc)\n")
        .contains(
            "    web 80,443: 3 open, 0 held, 1,234 in all, 4 refused, 3.0 MiB, the oldest for"
                + " 1 min 30 s, reset: 2\n")
        .contains("    192.0.2.1 came 1 min 1 s ago, 1,001 connections\n")
        .contains("    192.0.2.5 came")
        .doesNotContain("192.0.2.6 came")
        .contains("    and 2 more addresses; --json has them\n")
        .contains("  checks: 5 checks passed (cutover, 3 min 20 s ago)\n")
        .contains("  ! something does not run\n")
        .contains("  address: 10.0.0.10/24 is on new\n")
        .contains(
            "  fences: up on old: dovecot\n    1 min 10 s ago: the fence of dovecot was put up\n")
        .endsWith("Next: go on.");
  }

  @Test
  void it_fits_into_80_columns_of_a_terminal_and_is_a_line_each_elsewhere() {
    TestingTerminal live = TestingTerminal.live(Map.of("COLUMNS", "200"));
    StatusCommand.show(live.terminal(), new StatusCommand.Rated(status(), Optional.empty()));
    assertThat(live.out().lines()).allSatisfy(line -> assertThat(line).hasSizeLessThan(120));
    assertThat(live.out().replaceAll("\u001b\\[[0-9]*[A-Z]", "").lines())
        .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(80));
    TestingTerminal file = TestingTerminal.file();
    StatusCommand.show(file.terminal(), new StatusCommand.Rated(status(), Optional.empty()));
    assertThat(file.out()).startsWith(MoveStatusText.of(status()));
  }

  @Test
  void the_json_has_all_of_it() {
    String json = JsonMappers.line(status().json());
    assertThat(json)
        .contains(
            "{\"address\":\"192.0.2.7\",\"last_seen\":\"2026-03-01T01:52:53Z\",\"connections\":1007}")
        .contains(
            "\"address\":{\"seen\":\"2026-03-01T02:00:00Z\",\"state\":\"10.0.0.10/24 is on new\"")
        .contains("\"as_wanted\":false,\"problems\":[\"dovecot runs on old\"],\"events\":[{\"at\":")
        .contains("\"ports\":[80,443]", "\"refused\":4,\"bytes\":3145728,\"oldest_ms\":90000")
        .contains(
            "\"mounts\":[{\"path\":\"media\",\"type\":\"ext4\",\"mirrored\":true,\"rung\":\"fanotify\"}")
        .contains(
            "\"checks\":{\"at\":\"2026-03-01T01:56:40Z\",\"command\":\"cutover\",\"passed\":true");
  }

  private static MoveStatus copying(MirrorState state, Instant at, long bytes) {
    return heard(state, at, at, bytes);
  }

  private static MoveStatus heard(MirrorState state, Instant heard, Instant at, long bytes) {
    boolean wasEqual = state != MirrorState.COPYING;
    return with(at, tree(state, wasEqual, heard, 25, bytes, 50 << 20));
  }

  private static FollowStatus.Tree tree(
      MirrorState state, boolean wasEqual, Instant heard, long files, long bytes, long total) {
    return new FollowStatus.Tree(
        "/srv",
        state,
        "",
        files,
        bytes,
        total,
        true,
        bytes,
        wasEqual,
        7,
        0,
        "fanotify",
        0,
        0,
        heard,
        List.of(),
        List.of());
  }

  private static MoveStatus with(Instant at, FollowStatus.Tree... trees) {
    return with(Phase.FOLLOWING, at, trees);
  }

  private static MoveStatus with(Phase phase, Instant at, FollowStatus.Tree... trees) {
    return new MoveStatus(
        "mail",
        phase,
        at,
        new FollowStatus("/root/move.yaml", "", 17, Role.OLD, List.of(trees), List.of()),
        null,
        null,
        null,
        new Waiting(23, ZonedDateTime.parse("2026-03-01T01:00:00Z"), "03:00"),
        List.of(),
        List.of(),
        null,
        "Next: go on.",
        false,
        MeasuredTrees.NONE);
  }

  /** A start that failed on the way has left mirrors, which go on. */
  @Test
  void a_first_copy_that_was_begun_is_not_said_to_be_none() {
    assertThat(MoveStatusText.of(with(Phase.PLANNED, AT, behind(0, List.of()))))
        .startsWith("Move mail: old serves; the first copy to new has not come to its end.");
  }

  @Test
  void what_does_not_get_to_the_other_host_is_told_when_that_lasts() {
    List<String> problems = List.of("target: large: No space left on device", "target: x: y");
    assertThat(behind(9_999, problems).stuck()).isEmpty();
    assertThat(behind(37_546, List.of()).stuck()).isEmpty();
    assertThat(behind(37_546, problems).stuck())
        .contains(
            "/srv: what has changed could not be applied for 37 s, and is tried again: target: large: No space left on device; and more");
  }

  private static FollowStatus.Tree behind(long millis, List<String> problems) {
    return new FollowStatus.Tree(
        "/srv",
        MirrorState.LIVE,
        "",
        1,
        1,
        1,
        true,
        1,
        true,
        1,
        millis,
        "fanotify",
        0,
        0,
        AT,
        List.of(),
        problems);
  }

  @Test
  void h90_what_is_known_of_a_mirror_that_is_not_heard_of_has_its_age() {
    MoveStatus old = heard(MirrorState.RECONNECTING, AT, AT.plusSeconds(75), 1);
    assertThat(MoveStatusText.of(old))
        .contains("/srv                     reconnecting, 25 files, 7 to do,")
        .contains("\n    this is from 1 min 15 s ago, when it was last heard of\n");
    assertThat(JsonMappers.line(old.json())).contains("\"last_contact\":\"2026-03-01T02:00:00Z\"");
    assertThat(MoveStatusText.of(heard(MirrorState.LIVE, AT, AT.plusSeconds(2), 1)))
        .doesNotContain("last heard");
    MoveStatus never = heard(MirrorState.RECONNECTING, Instant.EPOCH, AT, 0);
    assertThat(MoveStatusText.of(never)).doesNotContain("last heard");
    assertThat(JsonMappers.line(never.json())).contains("\"last_contact\":null");
  }

  @Test
  void what_is_the_same_of_several_trees_is_said_once() {
    FollowStatus.Tree tree = tree(MirrorState.RECONNECTING, true, AT, 25, 1, 1);
    FollowStatus.Tree later = tree(MirrorState.RECONNECTING, true, AT.plusSeconds(60), 25, 1, 1);
    String line =
        "  /srv                     reconnecting, 25 files, 7 to do, 0 ms behind, fanotify\n";
    String age = "this is from %s ago, when it was last heard of\n";
    assertThat(MoveStatusText.of(with(AT.plusSeconds(75), tree, tree, tree, later)))
        .contains(
            line.repeat(3)
                + "    these 3: "
                + age.formatted("1 min 15 s")
                + line
                + "    "
                + age.formatted("15 s"));
    FollowStatus.Tree live = tree(MirrorState.LIVE, true, AT, 25, 1, 1);
    assertThat(MoveStatusText.of(with(AT, live, live))).doesNotContain("these", "heard");
  }

  @Test
  void a_tree_that_is_copied_has_bytes_a_rate_and_the_time_that_is_left() throws Exception {
    MoveStatus first = copying(MirrorState.COPYING, AT, 10 << 20);
    MoveStatus second = copying(MirrorState.COPYING, AT.plusSeconds(2), 20 << 20);
    StatusCommand.Rated rated = StatusCommand.Rated.of(first, () -> second, Duration.ZERO);
    assertThat(rated.text())
        .contains(
            "  cutover: waits since 2026-03-01T01:00Z until 03:00 (process 23); to begin at once:")
        .startsWith("copying: 0 files/s, 5.0 MiB/s, 6 s left\n")
        .contains("/srv                     copying, 25 files, 20.0 MiB of 50.0 MiB, 7 to do,");
    assertThat(JsonMappers.line(rated.json()))
        .contains("\"bytes\":20971520,\"bytes_total\":52428800")
        .contains("\"rate\":{\"files_per_s\":0.0,\"bytes_per_s\":5242880.0,\"left_s\":6}");
  }

  /** After a switch the host that was left has all of it, and is compared. */
  @Test
  void what_was_equal_once_is_compared_and_has_no_share_that_is_copied() throws Exception {
    MoveStatus nothing = comparing(AT, 0, 0);
    StatusCommand.Rated calm = StatusCommand.Rated.of(nothing, () -> nothing, Duration.ZERO);
    assertThat(calm.text())
        .startsWith("Move mail:")
        .contains("/srv                     comparing, 0 files, 7 to do,");
    MoveStatus first = comparing(AT, 20, 10 << 20);
    MoveStatus second = comparing(AT.plusSeconds(2), 40, 20 << 20);
    StatusCommand.Rated rated = StatusCommand.Rated.of(first, () -> second, Duration.ZERO);
    assertThat(rated.text())
        .startsWith("comparing: 10 files/s, 5.0 MiB/s\n")
        .contains("/srv                     comparing, 40 files, 7 to do,");
  }

  private static MoveStatus comparing(Instant at, long files, long bytes) {
    return with(at, tree(MirrorState.COPYING, true, at, files, bytes, bytes));
  }

  /** More is found as long as it is copied: what is left of that says nothing. */
  @Test
  void where_nobody_has_measured_the_source_no_time_is_told() throws Exception {
    FollowStatus.Tree first = unmeasured(10 << 20);
    FollowStatus.Tree second = unmeasured(20 << 20);
    MoveStatus later = with(AT.plusSeconds(2), second);
    StatusCommand.Rated rated = StatusCommand.Rated.of(with(AT, first), () -> later, Duration.ZERO);
    assertThat(rated.text())
        .startsWith("copying: 0 files/s, 5.0 MiB/s\n")
        .contains("copying, 25 files, 20.0 MiB of at least 50.0 MiB, 7 to do,");
  }

  private static FollowStatus.Tree unmeasured(long bytes) {
    return new FollowStatus.Tree(
        "/srv",
        MirrorState.COPYING,
        "",
        25,
        bytes,
        50 << 20,
        false,
        bytes,
        false,
        7,
        0,
        "fanotify",
        0,
        0,
        AT,
        List.of(),
        List.of());
  }

  /** While nobody is there who could say it. */
  @Test
  void h90_how_far_a_mirror_is_behind_that_is_not_connected_is_not_known() {
    FollowStatus.Tree tree =
        new FollowStatus.Tree(
            "/srv",
            MirrorState.RECONNECTING,
            "Cannot reach new",
            25,
            1,
            1,
            false,
            1,
            true,
            0,
            0,
            "",
            0,
            1,
            AT.minusSeconds(75),
            List.of(),
            List.of());
    assertThat(MoveStatusText.of(with(AT, tree)))
        .contains("  /srv                     reconnecting; how far it is behind is not known\n")
        .contains("    Cannot reach new\n    this is from 1 min 15 s ago")
        .doesNotContain("0 ms");
  }

  @Test
  void a_live_mirror_is_looked_at_once_and_has_none_of_it() throws Exception {
    MoveStatus live = copying(MirrorState.LIVE, AT, 50 << 20);
    StatusCommand.Rated rated =
        StatusCommand.Rated.of(
            live,
            () -> {
              throw new AssertionError("it was looked at again");
            },
            Duration.ofHours(1));
    assertThat(rated.text())
        .startsWith("Move mail:")
        .contains("/srv                     live, 25 files, 7 to do,");
    assertThat(JsonMappers.line(rated.json())).contains("\"rate\":null");
  }
}
