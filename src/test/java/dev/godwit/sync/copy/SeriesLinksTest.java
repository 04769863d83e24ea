package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * H10: files with several names, whatever names are one file on the target before. Small enough to
 * try all there is.
 */
@Timeout(300)
final class SeriesLinksTest extends TestingTwoTrees {
  private static final String[] NAMES = {"a", "b", "c", "d"};

  /** Every way in which the names can be files, as the number of each name's file. */
  private static List<int[]> partitions() {
    List<int[]> all = new ArrayList<>();
    for (int b = 0; b <= 1; b++) {
      for (int c = 0; c <= Math.max(0, b) + 1; c++) {
        for (int d = 0; d <= Math.max(Math.max(0, b), c) + 1; d++) {
          all.add(new int[] {0, b, c, d});
        }
      }
    }
    return all;
  }

  /**
   * @param areOwn whether each file has permissions of its own
   */
  private static void make(Path directory, int[] files, boolean areOwn) throws IOException {
    Files.createDirectories(directory);
    Map<Integer, Path> made = new HashMap<>();
    for (int i = 0; i < NAMES.length; i++) {
      Path name = directory.resolve(NAMES[i]);
      Path first = made.get(files[i]);
      if (first != null) {
        Files.createLink(name, first);
        continue;
      }
      made.put(files[i], name);
      Files.writeString(name, "the same");
      Files.setAttribute(name, "unix:mode", areOwn ? 0600 + files[i] : 0640);
      Files.setLastModifiedTime(name, FileTime.fromMillis(1_000_000));
    }
  }

  private static String describe(Path directory) throws IOException {
    Map<Object, String> files = new HashMap<>();
    StringBuilder text = new StringBuilder();
    for (String name : NAMES) {
      Map<String, Object> of =
          Files.readAttributes(directory.resolve(name), "unix:*", LinkOption.NOFOLLOW_LINKS);
      String first = files.computeIfAbsent(of.get("ino"), key -> name);
      text.append("%s=%s %s  ".formatted(name, first, of.get("mode")));
    }
    return text.toString();
  }

  @ParameterizedTest
  @ValueSource(strings = {"together", "file by file", "file by file, the last one first"})
  void h10_names_that_are_other_files_on_the_target(String how) throws Exception {
    List<int[]> partitions = partitions();
    assertThat(partitions).hasSize(15);
    Files.createDirectories(target);
    int number = 0;
    List<String> cases = new ArrayList<>();
    for (int[] here : partitions) {
      for (int[] there : partitions) {
        String directory = "case" + number++;
        cases.add(directory);
        make(source.resolve(directory), here, true);
        make(target.resolve(directory), there, false);
      }
    }
    try (TestingSeries series = new TestingSeries(source, target)) {
      for (int i = 0; i < cases.size(); i++) {
        look(series, cases.get(i), partitions.get(i / partitions.size()), how);
      }
      assertThat(series.barrier().failures()).isZero();
    }
    List<String> wrong = new ArrayList<>();
    for (int i = 0; i < cases.size(); i++) {
      String wanted = describe(source.resolve(cases.get(i)));
      String found = describe(target.resolve(cases.get(i)));
      if (!found.equals(wanted)) {
        String before = java.util.Arrays.toString(partitions.get(i % partitions.size()));
        wrong.add("target was " + before + ", wanted " + wanted + ", found " + found);
      }
    }
    assertThat(wrong).isEmpty();
  }

  /** All names of a file are always looked at together. */
  private static void look(TestingSeries series, String directory, int[] files, String how)
      throws Exception {
    if (how.equals("together")) {
      series.lookNames(directory, NAMES);
      return;
    }
    boolean isReversed = how.endsWith("first");
    for (int i = 0; i < NAMES.length; i++) {
      int file = isReversed ? NAMES.length - 1 - i : i;
      List<String> names = new ArrayList<>();
      for (int j = 0; j < NAMES.length; j++) {
        if (files[j] == file) {
          names.add(NAMES[j]);
        }
      }
      if (!names.isEmpty()) {
        series.lookNames(directory, names.toArray(String[]::new));
      }
    }
  }
}
