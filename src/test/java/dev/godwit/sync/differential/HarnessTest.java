package dev.godwit.sync.differential;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The test of the test: it finds nothing between rsync and rsync, and finds what is wrong. */
@Tag("lab")
final class HarnessTest {
  private static final int CASES_MAX = 3000;

  @Test
  void rsync_does_what_rsync_does() throws Exception {
    Campaign campaign = new Campaign(settings(Settings.RSYNC, 300));
    assertThat(campaign.run()).isEmpty();
  }

  /** Looks for a case in which the option makes a difference, and makes it small. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "-H",
        "-A",
        "-X",
        "-t",
        "-p",
        "-o",
        "-l",
        "-O",
        "-U",
        "-S",
        "-c",
        "-u",
        "-n",
        "-R",
        "--delete",
        "--inplace",
        "--chmod",
        "--link-dest",
        "--exclude",
        "--max-delete",
        "--fake-super"
      })
  void a_program_that_is_deaf_to_an_option_is_found(String option) throws Exception {
    Program deaf = new OptionDropper(Settings.RSYNC, option);
    List<String> found = new ArrayList<>();
    inArena(
        arena -> {
          for (long seed = 1; seed < CASES_MAX && found.isEmpty(); seed++) {
            Case what = CaseGenerator.of(seed);
            if (!what.hasOption(option)) {
              continue;
            }
            List<Difference> differences =
                Explained.without(what, arena.compare(what, Settings.RSYNC, deaf));
            if (!differences.isEmpty()) {
              Case small =
                  Shrinker.shrink(
                      arena,
                      settings(deaf, 1),
                      what,
                      differences.getFirst(),
                      Duration.ofSeconds(2));
              if (arena.compare(small, Settings.RSYNC, deaf).isEmpty()) {
                continue; // what differed was not because of the option: another seed shows it
              }
              found.add(String.join("\n", small.commands("rsync")));
            }
          }
        });
    assertThat(found).as("the seeds from 1 have a case that shows it").isNotEmpty();
  }

  @Test
  void what_is_written_is_what_was_meant() throws Exception {
    inArena(
        arena -> {
          for (long seed = 1; seed <= 200; seed++) {
            Case what = CaseGenerator.of(seed);
            Snapshot before = arena.run(what, new Idle()).before();
            assertThat(before.entries().keySet()).isEqualTo(what.tree().nodes().keySet());
            what.tree().nodes().forEach((path, node) -> assertWritten(before, path, node));
          }
        });
  }

  private static void assertWritten(Snapshot before, String path, Node node) {
    Snapshot.Entry entry = before.entries().get(path);
    if (entry == null) {
      throw new AssertionError(path + " was not written");
    }
    Posix.Status status = entry.status();
    assertThat(status.type()).isEqualTo(node.type.bits);
    assertThat(status.uid()).isEqualTo(node.uid);
    assertThat(status.gid()).isEqualTo(node.gid);
    assertThat(status.mtime()).isEqualTo(node.mtime);
    assertThat(entry.link()).isEqualTo(node.text);
    if (!node.attributes.containsKey(Acl.ACCESS) && node.type != Node.Type.LINK) {
      assertThat(status.mode() & 07777).isEqualTo(node.mode);
    }
    if (node.type == Node.Type.FILE) {
      assertThat(status.atime()).isEqualTo(node.atime);
      assertThat(entry.content()).isEqualTo(node.content.bytes());
    }
    node.attributes.forEach(
        (name, value) -> {
          // The kernel keeps a list without names in the mode.
          if (!name.equals(Acl.ACCESS)) {
            assertThat(entry.attributes().get(name)).as(path + " " + name).isEqualTo(value);
          }
        });
  }

  @Test
  void a_case_comes_from_its_seed_alone() {
    for (long seed = 1; seed <= 100; seed++) {
      assertThat(CaseGenerator.of(seed).commands("rsync"))
          .isEqualTo(CaseGenerator.of(seed).commands("rsync"));
    }
  }

  @Test
  void names_before_their_directory_and_late_removals_are_found() {
    Output output =
        new Output("*deleting   b/x\n>f+++++++++ a/f\ncd+++++++++ a/\n>f+++++++++ b/y\n");
    assertThat(output.disorder(true)).containsExactly(">f+++++++++ a/f before its directory");
    Output late = new Output(">f+++++++++ b/y\n*deleting   b/x\n");
    assertThat(late.disorder(true)).hasSize(1);
    assertThat(late.disorder(false)).isEmpty();
  }

  private static Settings settings(Program candidate, int cases) {
    return new Settings(cases, 7_000_000, true, candidate, 4, 5, "", "", "", false, true);
  }

  private static void inArena(Arena.Body body) throws InterruptedException {
    List<Throwable> failures = new ArrayList<>();
    Arena.start(body, failures).join();
    if (!failures.isEmpty()) {
      throw new AssertionError(failures.getFirst());
    }
  }

  /** Does nothing. */
  private static final class Idle implements Program {
    @Override
    public String name() {
      return "idle";
    }

    @Override
    public Outcome run(Invocation invocation) {
      return new Outcome(0, "", "", new Window(new Time(0, 0), new Time(0, 0)));
    }
  }
}
