package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.Main;
import dev.godwit.TestingPatience;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What --fsync makes durable, and when, by the system calls of a copy. */
@Tag("lab") // strace takes its time
@Timeout(value = TestingPatience.TEST_SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class FsyncTest {
  private static final Pattern RENAME =
      Pattern.compile(
          "renameat2?\\(\\d+<([^>]*)>, \"([^\"]*)\", \\d+<([^>]*)>, \"([^\"]*)\".* = 0");
  private static final Pattern SYNC = Pattern.compile("fsync\\(\\d+<([^>]*)>\\) += 0");

  private static final String UNFINISHED = " <unfinished ...>";
  private static final Pattern RESUMED = Pattern.compile("<\\.\\.\\. \\w+ resumed>(.*)");

  @TempDir Path folder;

  /**
   * One call that did what it was to do.
   *
   * @param from the old path of a rename; what was synced otherwise
   * @param to the new path; empty for a sync
   */
  private record Call(String from, String to) {
    boolean isRename() {
      return !to.isEmpty();
    }
  }

  @BeforeEach
  void files_that_stand_and_files_that_do_not() throws Exception {
    for (String directory : List.of("s/stands", "s/new/below", "t/stands")) {
      Files.createDirectories(folder.resolve(directory));
    }
    for (String file : List.of("s/a", "s/stands/b", "s/new/c", "s/new/below/d")) {
      Files.writeString(folder.resolve(file), "new " + file);
    }
    Files.writeString(folder.resolve("t/stands/b"), "old");
  }

  private List<Call> copy(String... options) throws Exception {
    Path log = folder.resolve("calls");
    List<String> command = new ArrayList<>(List.of("strace", "-f", "-y", "-o", log.toString()));
    command.addAll(List.of("-e", "trace=fsync,renameat,renameat2"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of("sync", "-a"));
    command.addAll(List.of(options));
    command.addAll(List.of(folder + "/s/", folder + "/t/"));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("said").toFile())
            .start();
    try {
      assertThat(process.waitFor(TestingPatience.LIMIT)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.exitValue()).as(Files.readString(folder.resolve("said"))).isZero();
    return calls(Files.readAllLines(log));
  }

  private static List<Call> calls(List<String> lines) {
    List<Call> calls = new ArrayList<>();
    Map<String, String> begun = new HashMap<>(); // by thread
    for (String told : lines) {
      String thread = told.substring(0, told.indexOf(' '));
      if (told.endsWith(UNFINISHED)) {
        begun.put(thread, told.substring(0, told.length() - UNFINISHED.length()));
        continue;
      }
      Matcher resumed = RESUMED.matcher(told);
      String line = resumed.find() ? begun.remove(thread) + resumed.group(1) : told;
      Matcher rename = RENAME.matcher(line);
      Matcher sync = SYNC.matcher(line);
      if (rename.find()) {
        calls.add(
            new Call(
                rename.group(1) + "/" + rename.group(2), rename.group(3) + "/" + rename.group(4)));
      } else if (sync.find()) {
        calls.add(new Call(sync.group(1), ""));
      }
    }
    return calls;
  }

  @ParameterizedTest
  @ValueSource(strings = {"--fsync", "--delay-updates"})
  void h8_a_file_is_on_disk_before_it_has_its_name_and_the_name_afterwards(String option)
      throws Exception {
    List<Call> calls = copy("--fsync", option);
    int renames = 0;
    for (int i = 0; i < calls.size(); i++) {
      Call call = calls.get(i);
      if (call.isRename()) {
        renames++;
        if (Files.isRegularFile(Path.of(call.to()))) {
          assertThat(calls.subList(0, i)).contains(new Call(call.from(), ""));
        }
        String in = call.to().substring(0, call.to().lastIndexOf('/'));
        assertThat(calls.subList(i, calls.size())).as("%s", call).contains(new Call(in, ""));
      }
    }
    assertThat(renames).isGreaterThanOrEqualTo(3); // two files, and a directory with what is in it
    assertThat(calls).contains(new Call(folder + "/t", ""), new Call(folder + "/t/new/below", ""));
  }

  @Test
  void h8_a_file_that_comes_from_another_file_system_is_on_disk_too() throws Exception {
    Path elsewhere = Files.createTempDirectory(Path.of("/dev/shm"), "fsync");
    try {
      assertThat(Files.getFileStore(elsewhere)).isNotEqualTo(Files.getFileStore(folder));
      List<Call> calls = copy("--fsync", "--temp-dir=" + elsewhere);
      List<Call> renames =
          calls.stream().filter(call -> call.to().equals(folder + "/t/stands/b")).toList();
      assertThat(renames).hasSize(1);
      assertThat(calls.subList(0, calls.indexOf(renames.getFirst())))
          .contains(new Call(renames.getFirst().from(), ""));
    } finally {
      Files.deleteIfExists(elsewhere);
    }
  }

  @Test
  void without_it_nothing_is_synced() throws Exception {
    assertThat(copy()).isNotEmpty().allMatch(Call::isRename);
  }
}
