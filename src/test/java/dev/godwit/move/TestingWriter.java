package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.Fill;
import dev.godwit.demo.LabHost;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A service of the plan that writes as long as it runs, whether or not a client asks it to: every
 * 30 ms a line to a file of the plan, and the same line to a log of its host's own, which no mirror
 * replaces.
 */
final class TestingWriter {
  private static final String PROGRAM = "/usr/local/sbin/lab-writer";
  private static final String LOG = "/var/log/lab-writer.log";

  /** All hosts of the lab are on one machine, and so have one monotonic clock. */
  private static final String SOURCE =
      """
      #!/usr/bin/perl
      use strict;
      use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);
      use POSIX ();
      my $file = '/run/lab-writer.pid';
      sub running {
        open(my $in, '<', $file) or return 0;
        my $pid = <$in> + 0;
        return $pid && kill(0, $pid) ? $pid : 0;
      }
      my $verb = shift // '';
      if ($verb eq 'state') {
        exit(running() ? 0 : 3);
      }
      if ($verb eq 'stop') {
        my $pid = running() or exit 0;
        kill 'TERM', $pid;
        Time::HiRes::sleep(0.01) while kill(0, $pid);
        exit 0;
      }
      exit 0 if running();
      my $child = fork();
      if ($child) {
        open(my $out, '>', $file) or die;
        print $out "$child\\n";
        exit 0;
      }
      POSIX::setsid();
      open(STDIN, '<', '/dev/null');
      open(STDOUT, '>', '/dev/null');
      open(STDERR, '>', '/dev/null');
      open(my $planned, '>>', '%s/writer.log') or die;
      open(my $log, '>>', '%s') or die;
      while (1) {
        my $line = sprintf("%%d %%d\\n", $$, clock_gettime(CLOCK_MONOTONIC) * 1e9);
        syswrite($planned, $line);
        syswrite($log, $line);
        Time::HiRes::sleep(0.03);
      }
      """
          .formatted(Fill.NOTES, LOG);

  private final TestingMove move;

  private TestingWriter(TestingMove move) {
    this.move = move;
  }

  /** In the plan and on both hosts; runs on old. */
  static TestingWriter in(TestingMove move) throws IOException {
    for (LabHost host : List.of(move.old(), move.neu())) {
      host.writeFile(PROGRAM, SOURCE, "rwxr-xr-x");
    }
    move.old().must(PROGRAM, "start");
    move.changePlan(
        plan ->
            plan.replace(
                "\nlimits:",
                "  - { name: writer, start: [%1$s, start], stop: [%1$s, stop], state: [%1$s, state] }\n\nlimits:"
                    .formatted(PROGRAM)));
    return new TestingWriter(move);
  }

  /** It runs on, but writes there no more, so that trees can be compared. */
  void freeze(Role role) throws IOException {
    move.host(role).must("bash", "-euc", "kill -STOP $(cat /run/lab-writer.pid)");
  }

  boolean runsOn(Role role) throws IOException {
    return move.host(role).run(PROGRAM, "state").succeeded();
  }

  /** Waits until it has written there, after this call. */
  void awaitWrites(Role role) throws Exception {
    int before = lines(role).size();
    TestingPatience.await(
        "the writer of " + role.word(), () -> lines(role).size() > before && runsOn(role));
  }

  private List<String> lines(Role role) throws IOException {
    Path log = move.host(role).path(LOG);
    return Files.exists(log) ? Files.readAllLines(log, StandardCharsets.US_ASCII) : List.of();
  }

  /** One process of it: from its first line to its last. */
  private record Run(Role role, String pid, long first, long last) {
    Run and(long time) {
      return new Run(role, pid, Math.min(first, time), Math.max(last, time));
    }
  }

  /** At no time since the lab was put up did it write on both hosts. */
  void assertNeverOnBoth() throws IOException {
    Map<String, Run> runs = new LinkedHashMap<>();
    for (Role role : Role.values()) {
      for (String line : lines(role)) {
        String[] words = line.split(" ", -1);
        if (words.length == 2 && !words[1].isEmpty()) { // the last one may be under way
          long time = Long.parseLong(words[1]);
          runs.merge(
              role + words[0], new Run(role, words[0], time, time), (run, more) -> run.and(time));
        }
      }
    }
    List<Run> inOrder = new ArrayList<>(runs.values());
    inOrder.sort(Comparator.comparingLong(Run::first));
    for (int i = 1; i < inOrder.size(); i++) {
      Run before = inOrder.get(i - 1);
      Run run = inOrder.get(i);
      assertThat(run.first() - before.last())
          .as("nanoseconds from the end of %s to the begin of %s", before, run)
          .isPositive();
    }
  }
}
