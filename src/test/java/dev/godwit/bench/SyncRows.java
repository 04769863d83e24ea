package dev.godwit.bench;

import dev.godwit.bench.Contestant.Command;
import dev.godwit.bench.Goal.MemoryMegabytes;
import dev.godwit.bench.Goal.TimesFaster;
import dev.godwit.bench.Goal.TimesSlowerAtMost;
import dev.godwit.bench.Goal.WireMegabytes;
import dev.godwit.bench.Goal.WireShare;
import dev.godwit.bench.Row.Route;
import dev.godwit.bench.Row.Start;
import dev.godwit.bench.TreeCheck.Exactness;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What {@code ./benchmark sync} measures, and the goals. */
final class SyncRows {
  private static final String RSYNC = "rsync";
  private static final String CP = "cp -a";
  private static final String TAR = "tar, tar";
  private static final String CAT = "cat, ssh, cat";

  private static final Mails MAILS = new Mails(false);
  private static final Mails RENAMED = new Mails(true);
  private static final WebFiles WEB = new WebFiles();
  private static final LargeFile LARGE = new LargeFile(4L << 30, LargeFile.Change.NONE);
  private static final LargeFile CHANGED =
      new LargeFile(4L << 30, LargeFile.Change.ONE_PERCENT_OF_BLOCKS);
  private static final LargeFile GIGABYTE = new LargeFile(1L << 30, LargeFile.Change.NONE);
  private static final LargeFile SHIFTED = new LargeFile(1L << 30, LargeFile.Change.INSERTIONS);
  private static final SmallFiles MILLION = new SmallFiles(1_000_000, 0, 100);
  private static final SmallFiles TEN_MILLION = new SmallFiles(10_000_000, 0, 100);
  private static final SmallFiles SLOW = new SmallFiles(20_000, 2000, 100);
  private static final SmallFiles SLOWER = new SmallFiles(2000, 2000, 100);
  private static final SmallFiles MANY = new SmallFiles(10_000, 2000, 100);
  private static final SmallFiles FEW = new SmallFiles(10, 2_000_000, 10);

  private static final Start EMPTY = new Start.Empty();
  private static final Start EQUAL = new Start.Equal();

  private final Candidate candidate;
  private final String godwit;

  /**
   * @param godwit path of the start script
   */
  SyncRows(Candidate candidate, String godwit) {
    this.candidate = candidate;
    this.godwit = godwit;
  }

  List<Row> all() {
    List<Row> rows = new ArrayList<>();
    firstCopies(rows);
    largeFiles(rows);
    nothingChanged(rows);
    others(rows);
    return rows;
  }

  private void firstCopies(List<Row> rows) {
    rows.add(
        row(
            "mails",
            "100,000 mails, first copy, local",
            MAILS,
            EMPTY,
            Route.LOCAL,
            List.of(candidate("-a"), rsync("-a"), cp(), tar()),
            new TimesFaster(2.5, RSYNC)));
    rows.add(
        row(
            "mails-ahax",
            "100,000 mails, first copy with -aHAX, local",
            MAILS,
            EMPTY,
            Route.LOCAL,
            List.of(candidate("-aHAX"), rsync("-aHAX")),
            new TimesFaster(2, RSYNC)));
    rows.add(
        row(
            "mails-ssh",
            "100,000 mails, first copy, ssh",
            MAILS,
            EMPTY,
            Route.SSH,
            List.of(candidate("-a"), rsync("-a")),
            new TimesFaster(2, RSYNC)));
    rows.add(
        row(
            "mails-ssh-z",
            "100,000 mails, first copy with -z, ssh",
            MAILS,
            EMPTY,
            Route.SSH,
            List.of(candidate("-az"), rsync("-az")),
            new TimesFaster(2, RSYNC),
            new WireShare(1, RSYNC)));
    rows.add(
        row(
            "web",
            "20,000 web files, first copy, local",
            WEB,
            EMPTY,
            Route.LOCAL,
            List.of(candidate("-a"), rsync("-a"), cp(), tar()),
            new TimesFaster(3.5, RSYNC)));
    rows.add(
        row(
            "web-ssh",
            "20,000 web files, first copy, ssh",
            WEB,
            EMPTY,
            Route.SSH,
            List.of(candidate("-a"), rsync("-a")),
            new TimesFaster(1.4, RSYNC)));
  }

  private void largeFiles(List<Row> rows) {
    rows.add(
        row(
            "large",
            "one file of 4 GB, first copy, local",
            LARGE,
            EMPTY,
            Route.LOCAL,
            List.of(candidate("-a"), rsync("-a"), cp()),
            new TimesSlowerAtMost(1.05, CP)));
    rows.add(
        row(
            "large-ssh",
            "one file of 4 GB, first copy, ssh",
            LARGE,
            EMPTY,
            Route.SSH,
            List.of(candidate("-a"), rsync("-a"), cat()),
            new TimesSlowerAtMost(1.1, CAT)));
    rows.add(
        row(
            "delta-inplace",
            "4 GB, 1 % of blocks changed, --inplace, ssh",
            CHANGED,
            new Start.CopyOf(LARGE),
            Route.SSH,
            List.of(candidate("-a --inplace"), rsync("-a --inplace")),
            new TimesFaster(8, RSYNC),
            new WireShare(0.1, RSYNC)));
    rows.add(
        row(
            "delta",
            "4 GB, 1 % of blocks changed, ssh",
            CHANGED,
            new Start.CopyOf(LARGE),
            Route.SSH,
            List.of(candidate("-a"), rsync("-a")),
            new TimesFaster(4, RSYNC),
            new WireShare(0.1, RSYNC)));
    rows.add(
        row(
            "insertions",
            "1 GB, 1,000 insertions of 100 bytes, ssh",
            SHIFTED,
            new Start.CopyOf(GIGABYTE),
            Route.SSH,
            List.of(candidate("-a"), rsync("-a")),
            new TimesFaster(1.5, RSYNC),
            new WireShare(1, RSYNC)));
  }

  private void nothingChanged(List<Row> rows) {
    rows.add(
        row(
            "same-100k",
            "100,000 files, nothing changed, local",
            MAILS,
            EQUAL,
            Route.LOCAL,
            List.of(candidate("-a"), rsync("-a")),
            new TimesFaster(1.3, RSYNC)));
    rows.add(
        row(
            "same-100k-ahax",
            "100,000 files, nothing changed, -aHAX --delete",
            MAILS,
            EQUAL,
            Route.LOCAL,
            List.of(candidate("-aHAX --delete"), rsync("-aHAX --delete")),
            new TimesFaster(2.5, RSYNC)));
    rows.add(
        row(
            "same-100k-ssh",
            "100,000 files, nothing changed, ssh, cold",
            MAILS,
            EQUAL,
            Route.SSH,
            List.of(candidate("-a"), rsync("-a")),
            new TimesFaster(0.8, RSYNC),
            new MemoryMegabytes(150)));
    rows.add(
        row(
            "same-100k-kept",
            "100,000 files, nothing changed, ssh, kept agent",
            MAILS,
            EQUAL,
            Route.SSH,
            List.of(kept(), rsync("-a")),
            new TimesFaster(2, RSYNC)));
    rows.add(
        row(
            "same-1m",
            "1,000,000 files, nothing changed, local",
            MILLION,
            EQUAL,
            Route.LOCAL,
            List.of(candidate("-a"), rsync("-a")),
            new TimesFaster(2.2, RSYNC)));
    rows.add(
        row(
            "same-1m-ssh",
            "1,000,000 files, nothing changed, ssh",
            MILLION,
            EQUAL,
            Route.SSH,
            List.of(candidate("-a"), rsync("-a")),
            new TimesFaster(1.8, RSYNC),
            new WireMegabytes(1),
            new MemoryMegabytes(250)));
    rows.add(
        new Row(
            "same-10m-ssh",
            "10,000,000 files, nothing changed, ssh",
            TEN_MILLION,
            EQUAL,
            Route.SSH,
            candidate.label(),
            running(List.of(candidate("-a"), rsync("-a"))),
            List.of(new MemoryMegabytes(600)),
            true));
  }

  private void others(List<Row> rows) {
    List<Contestant> renaming =
        List.of(candidate("-a --delete", "--detect-renames"), rsync("-a --delete"));
    rows.add(
        row(
            "renames",
            "half of 100,000 mails renamed, local",
            RENAMED,
            new Start.CopyOf(MAILS),
            Route.LOCAL,
            renaming,
            new TimesFaster(7, RSYNC)));
    rows.add(
        row(
            "renames-ssh",
            "half of 100,000 mails renamed, ssh",
            RENAMED,
            new Start.CopyOf(MAILS),
            Route.SSH,
            renaming,
            new TimesFaster(7, RSYNC),
            new WireMegabytes(1)));
    List<Contestant> mounting =
        List.of(candidate("-a").exactTo(Exactness.SECONDS), rsync("-a").exactTo(Exactness.SECONDS));
    rows.add(
        row(
            "sshfs",
            "20,000 files of 2 KB onto an sshfs mount",
            SLOW,
            EMPTY,
            new Route(Route.Kind.SSHFS, null),
            mounting,
            new TimesFaster(3, RSYNC)));
    rows.add(
        row(
            "sshfs-2ms",
            "2,000 files of 2 KB onto sshfs, 2 ms away",
            SLOWER,
            EMPTY,
            new Route(Route.Kind.SSHFS, Duration.ofMillis(2)),
            mounting,
            new TimesFaster(3, RSYNC)));
    rows.add(
        row(
            "delay",
            "10,000 files of 2 KB, or 10 of 2 MB; 100 ms away",
            MANY,
            EMPTY,
            new Route(Route.Kind.SSH, Duration.ofMillis(100)),
            List.of(candidate("-a"), few(candidate("-a")), rsync("-a"), few(rsync("-a"))),
            new TimesSlowerAtMost(1.25, few(candidate("-a")).label())));
  }

  private Row row(
      String name,
      String title,
      DataSet source,
      Start start,
      Route route,
      List<Contestant> contestants,
      Goal... goals) {
    return new Row(
        name,
        title,
        source,
        start,
        route,
        candidate.label(),
        running(contestants),
        List.of(goals),
        false);
  }

  /** Without the candidate when there is none. */
  private List<Contestant> running(List<Contestant> contestants) {
    if (candidate != Candidate.NONE) {
      return contestants;
    }
    return contestants.stream()
        .filter(contestant -> !contestant.label().startsWith(candidate.label()))
        .toList();
  }

  private static Contestant few(Contestant contestant) {
    return new Contestant(
        contestant.label() + ", 10 files", contestant.command(), FEW, contestant.exactness(), null);
  }

  private Contestant candidate(String options) {
    return candidate(options, "");
  }

  /**
   * @param own options that rsync does not have
   */
  private Contestant candidate(String options, String own) {
    if (candidate == Candidate.RSYNC) {
      return Contestant.of(candidate.label(), copy(List.of("rsync"), options));
    }
    return Contestant.of(
        candidate.label(), copy(List.of(godwit, "sync"), (options + " " + own).strip()));
  }

  /** With an agent that an earlier run has left on the line. */
  private Contestant kept() {
    Contestant keeping = candidate("-a", "--keep-agent=600");
    return keeping.between(keeping.command(), candidate("-a", "--keep-agent=0").command());
  }

  private static Contestant rsync(String options) {
    return Contestant.of(RSYNC, copy(List.of("rsync"), options));
  }

  private static Command copy(List<String> program, String options) {
    return place -> {
      List<String> line = new ArrayList<>(program);
      line.addAll(List.of(options.split(" ", -1)));
      if (!place.isLocal()) {
        line.addAll(List.of("-e", String.join(" ", place.ssh())));
      }
      line.addAll(List.of(place.source() + "/", place.destination()));
      return line;
    };
  }

  private static Contestant cp() {
    return Contestant.of(
        CP, place -> List.of("cp", "-a", "--", place.source() + "/.", place.target()));
  }

  private static Contestant tar() {
    // Only this format of tar carries times to the nanosecond.
    String pipe = "tar -C \"$0\" --format=posix -cf - . | tar -C \"$1\" -xpf -";
    return Contestant.of(TAR, place -> List.of("sh", "-c", pipe, place.source(), place.target()));
  }

  private static Contestant cat() {
    return Contestant.of(
            CAT,
            place -> {
              List<String> line =
                  new ArrayList<>(
                      List.of(
                          "sh",
                          "-c",
                          "cat \"$0\" | \"$@\"",
                          place.source() + "/" + LargeFile.FILE));
              line.addAll(place.ssh());
              line.add(place.host());
              line.add("cat >" + place.target() + "/" + LargeFile.FILE);
              return line;
            })
        .exactTo(Exactness.CONTENT);
  }
}
