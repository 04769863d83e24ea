package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.Names;
import dev.godwit.sync.TestingTrees;
import dev.godwit.sync.filter.FilterRule;
import dev.godwit.sync.rules.Deletion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The target has ten names; six of them, in two directories, are not at the source. */
final class RemovalShareTest {
  @TempDir Path folder;

  private Path source;
  private Path target;

  @BeforeEach
  void grow() throws Exception {
    source = TestingTrees.folder(folder, "source");
    target = TestingTrees.folder(folder, "target");
    for (String name : List.of("a/1", "a/2", "b")) {
      TestingTrees.folder(source, "a");
      Files.writeString(source.resolve(name), "source");
    }
    for (String name : List.of("a/1", "a/2", "b", "a/3", "a/4", "c/d/5", "c/6")) {
      TestingTrees.folder(target, Path.of(name).getNameCount() > 2 ? "c/d" : "a");
      Files.writeString(target.resolve(name), "target");
    }
  }

  private TestingRun run(double share, Deletion when, List<FilterRule> filters) throws Exception {
    return TestingRun.of(
        TestingRun.Way.LOCAL,
        new CopyRequest(
            TestingRun.rules(
                rules -> {
                  rules.deletion = when;
                  rules.deleteShareMax = share;
                  rules.ignoreTimes = true;
                }),
            List.of(Names.of(source + "/")),
            Names.of(target.toString()),
            null,
            filters));
  }

  @ParameterizedTest
  @EnumSource(
      value = Deletion.class,
      names = {"BEFORE", "DURING", "DELAY", "AFTER"})
  void h27_nothing_is_changed_when_more_would_go_than_may(Deletion when) throws Exception {
    SortedMap<String, String> before = TestingTrees.listing(target);
    TestingRun refused = run(0.59, when, List.of());
    CopyException ended = Objects.requireNonNull(refused.ended);
    assertThat(ended.status()).isEqualTo(CopyStatus.MAX_DELETE);
    assertThat(ended)
        .hasMessageContaining("6 of the 10 names")
        .hasMessageContaining("60.0 %")
        .hasMessageContaining("--delete-limit=60%");
    assertThat(refused.items).isEmpty();
    assertThat(TestingTrees.listing(target)).isEqualTo(before);

    TestingRun done = run(0.6, when, List.of());
    assertThat(done.ended).isNull();
    assertThat(target.resolve("c")).doesNotExist();
    assertThat(target.resolve("a/1")).hasContent("source");
  }

  @Test
  void h27_an_emptied_source_removes_nothing() throws Exception {
    TestingTrees.run(folder, "sh", "-c", "rm -r source/*");
    SortedMap<String, String> before = TestingTrees.listing(target);
    assertThat(run(0.99, Deletion.DURING, List.of()).ended)
        .hasMessageContaining("10 of the 10 names");
    assertThat(TestingTrees.listing(target)).isEqualTo(before);
  }

  @Test
  void what_filters_protect_stays_and_is_counted_so() throws Exception {
    FilterRule rule = FilterRule.of(FilterRule.Kind.RULE, Names.of("protect /c"));
    assertThat(run(0.19, Deletion.DURING, List.of(rule)).ended)
        .hasMessageContaining("2 of the 7 names");
    assertThat(run(0.3, Deletion.DURING, List.of(rule)).ended).isNull();
    assertThat(target.resolve("c/d/5")).exists();
  }
}
