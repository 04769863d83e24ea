package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.host.Host;
import dev.godwit.host.LocalHost;
import dev.godwit.linux.Identity;
import dev.godwit.linux.Names;
import dev.godwit.sync.TestingTrees;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a copy makes of what was seen of its source before the target's host was there. */
final class EarlyLookTest {
  @TempDir Path folder;

  private Path source;
  private Path target;

  @BeforeEach
  void trees() throws Exception {
    source = folder.resolve("source");
    target = folder.resolve("target");
    FileSumsTest.grow(source);
    assertThat(copy(null, request()).ended).isNull();
  }

  private CopyRequest request(String... more) throws Exception {
    List<byte[]> arguments = new ArrayList<>();
    arguments.add(Names.of("-a"));
    for (String one : more) {
      arguments.add(Names.of(one));
    }
    arguments.add(Names.of(source + "/"));
    arguments.add(Names.of(target.toString()));
    return TestingRun.request(arguments);
  }

  private static TestingRun copy(@Nullable EarlyLook early, CopyRequest request) throws Exception {
    TestingRun run = new TestingRun();
    try (Host here = new LocalHost("here", List.of());
        Host far = new TestingFarHost("far")) {
      run.result = Copy.run(here, far, request, early, run);
    } catch (CopyException e) {
      run.ended = e;
    }
    return run;
  }

  /** Copies what was looked at before a new file came, which shows whether that look was used. */
  private boolean isNewFileCopied(CopyRequest request, boolean isRoot) throws Exception {
    Path late = source.resolve("d3/late");
    try (EarlyLook early = Objects.requireNonNull(EarlyLook.begin(request, isRoot))) {
      early.awaitAll();
      FileSumsTest.file(late, "late");
      TestingRun run = copy(early, request);
      assertThat(run.failures).isEmpty();
      assertThat(run.ended).isNull();
    }
    return Files.exists(target.resolve("d3/late"));
  }

  @Test
  void a_directory_that_was_seen_is_not_listed_again() throws Exception {
    assertThat(isNewFileCopied(request(), Identity.isRoot())).isFalse();
    // The next run has it.
    assertThat(copy(null, request()).ended).isNull();
    assertThat(target.resolve("d3/late")).hasContent("late");
  }

  @Test
  void it_is_of_no_use_where_the_target_is_somebody_elses_than_was_thought() throws Exception {
    assertThat(isNewFileCopied(request(), !Identity.isRoot())).isTrue();
  }

  @Test
  void it_is_of_no_use_where_the_target_has_nothing() throws Exception {
    FileSumsTest.clear(target);
    assertThat(isNewFileCopied(request(), Identity.isRoot())).isTrue();
  }

  @Test
  void what_differs_is_copied() throws Exception {
    FileSumsTest.file(source.resolve("d5/f2"), "other content");
    Files.delete(source.resolve("d1/f1"));
    TestingRun run = TestingRun.of(TestingRun.Way.FAR_TARGET_EARLY, request("--delete", "-i"));
    // Perhaps with the directory that the file went from: its time counts by seconds, as with
    // rsync.
    assertThat(run.itemized()).contains("*deleting   d1/f1 0", ">f.s....... d5/f2 13");
    assertThat(TestingRun.differences(source, target)).isEmpty();
  }

  @Test
  void what_is_in_the_way_is_left_to_the_copy() throws Exception {
    Path missing = folder.resolve("missing");
    CopyRequest request =
        TestingRun.request(
            List.of(Names.of("-a"), Names.of(missing + "/"), Names.of(target.toString())));
    assertThat(EarlyLook.begin(request, true)).isNull();
    TestingRun run = copy(null, request);
    assertThat(run.failures).hasSize(1);
  }

  @Test
  void nothing_is_looked_at_where_names_decide_or_all_files_are_read() throws Exception {
    assertThat(EarlyLook.begin(request("--exclude=*.tmp"), true)).isNull();
    assertThat(EarlyLook.begin(request("--checksum"), true)).isNull();
    assertThat(EarlyLook.begin(request(source + "/d1"), true)).isNull(); // several arguments
  }

  /** Whoever opened it, and had nobody to write to it, would wait for ever. */
  @Test
  @Timeout(TestingPatience.TEST_SECONDS)
  void a_pipe_with_rules_is_left_to_the_copy() throws Exception {
    Path pipe = folder.resolve("pipe");
    TestingTrees.run(folder, "mkfifo", pipe.toString());
    assertThat(EarlyLook.begin(request("--filter=. " + pipe), true)).isNull();
  }

  @Test
  void it_may_be_closed_before_it_was_used() throws Exception {
    for (int i = 0; i < 20; i++) {
      Objects.requireNonNull(EarlyLook.begin(request(), true)).close();
    }
  }
}
