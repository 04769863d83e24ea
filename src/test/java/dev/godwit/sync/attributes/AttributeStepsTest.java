package dev.godwit.sync.attributes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.sync.copy.Change;
import dev.godwit.sync.rules.Rules;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The order of the steps for one inode, and what becomes of one that fails. */
@Tag("lab") // strace takes its time
class AttributeStepsTest {
  private static final byte[] FILE = Names.of("file");
  private static final String STEPS = "fchownat,fchmod,fsetxattr,fremovexattr,utimensat";

  @TempDir Path folder;

  @BeforeEach
  void a_program_of_somebody_with_everything() throws Exception {
    Files.createDirectory(folder.resolve("s"));
    Files.createDirectory(folder.resolve("t"));
    Path file = Files.writeString(folder.resolve("s/file"), "program");
    TestingPrograms.out(folder, "chown", "5:7", file.toString());
    TestingPrograms.out(folder, "setfacl", "-m", "u:9:rx,m:rwx", file.toString());
    TestingPrograms.out(folder, "chmod", "6751", file.toString());
    TestingPrograms.out(folder, "setfattr", "-n", "user.a", "-v", "1", file.toString());
    TestingPrograms.out(folder, "setcap", "cap_net_raw+ep", file.toString());
    TestingPrograms.out(folder, "touch", "-d", "@1000.5", file.toString());
  }

  /** The little copy, by strace; what it printed, and what it called, are two lists of lines. */
  private List<List<String>> copy(String... strace) throws Exception {
    List<String> command = new ArrayList<>(List.of("strace", "-f", "-o", "calls"));
    command.addAll(List.of(strace));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(TestingAttributeCopy.class.getName());
    command.addAll(List.of("-a", "-A", "-X"));
    command.add(folder.resolve("s").toString());
    command.add(folder.resolve("t").toString());
    TestingPrograms.Outcome outcome = TestingPrograms.run(folder, command);
    assertThat(outcome.exit()).as(outcome.out()).isZero();
    return List.of(outcome.out().lines().toList(), Files.readAllLines(folder.resolve("calls")));
  }

  /** Each call with what tells it from others: its attribute, or the mode. */
  private static List<String> steps(List<String> calls) {
    List<String> steps = new ArrayList<>();
    for (String call : calls) {
      String name = call.replaceFirst("^\\d+ +(\\w+)\\(.*", "$1");
      if (List.of(STEPS.split(",")).contains(name)) {
        String attribute = call.replaceFirst(".*\"((user|system|security)\\.\\w+)\".*", "$1");
        String mode = call.replaceFirst(".*, (0\\d{3,4})[,)].*", "$1");
        steps.add(
            name
                + (attribute.equals(call) ? mode.equals(call) ? "" : " " + mode : " " + attribute));
      }
    }
    return steps;
  }

  @Test
  void h6_a_new_file_gets_everything_in_the_one_order() throws Exception {
    List<List<String>> run = copy("-e", "trace=" + STEPS);
    assertThat(run.getFirst()).containsExactly(">f+++++++++ file");
    assertThat(steps(run.getLast()))
        .containsExactly(
            "fchownat",
            "fsetxattr system.posix_acl_access",
            "fchmod 06751",
            "fsetxattr user.a",
            "fsetxattr security.capability",
            "utimensat");
    assertThat(look("t")).isEqualTo(look("s"));
  }

  @Test
  void h6_a_file_that_stands_is_narrowed_before_it_is_given_away() throws Exception {
    TestingPrograms.out(folder, "cp", "--preserve=timestamps", "s/file", "t/file");
    TestingPrograms.out(folder, "chmod", "4777", "t/file");
    List<List<String>> run = copy("-e", "trace=" + STEPS);
    assertThat(steps(run.getLast()))
        .containsExactly(
            "fchmod 04751",
            "fchownat",
            "fsetxattr system.posix_acl_access",
            "fchmod 06751",
            "fsetxattr user.a",
            "fsetxattr security.capability");
    assertThat(look("t")).isEqualTo(look("s"));
  }

  @ParameterizedTest
  @CsvSource({
    "fchownat, EPERM, the owner 5:7",
    "fchmod, EIO, the permissions 06751",
    "fsetxattr, ENOSPC, the attribute security.capability",
    "utimensat, EROFS, the time"
  })
  void h6_what_cannot_be_set_is_told_and_does_not_keep_the_rest(
      String call, String error, String what) throws Exception {
    List<List<String>> run =
        copy("-e", "trace=" + STEPS, "-e", "inject=" + call + ":error=" + error);
    assertThat(run.getFirst())
        .anySatisfy(
            line -> assertThat(line).startsWith(what + " could not be set: ").contains(call));
    assertThat(steps(run.getLast())).contains("fchownat", "fsetxattr user.a", "utimensat");
    try (DirectoryHandle target = DirectoryHandle.open(Names.of(folder + "/t"))) {
      FileStatus status = Objects.requireNonNull(target.status(FILE));
      if (!call.equals("utimensat")) {
        assertThat(status.mtimeSeconds()).isEqualTo(1000);
      }
      if (call.equals("fchownat")) {
        assertThat(status.permissions())
            .as("setuid and setgid were meant for another owner")
            .isEqualTo(0751);
      }
      if (call.equals("fsetxattr")) {
        assertThat(status.permissions())
            .as("without the list the group gets what its own entry gives")
            .isEqualTo(06741);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"fchownat", "fchmod", "fsetxattr", "utimensat", "openat", "statx"})
  void a_call_that_a_signal_interrupts_is_made_again(String call) throws Exception {
    List<List<String>> run =
        copy(
            "-e",
            "trace=" + STEPS + ",openat,statx",
            "-e",
            "inject=" + call + ":error=EINTR:when=1");
    assertThat(run.getFirst()).containsExactly(">f+++++++++ file");
    assertThat(look("t")).isEqualTo(look("s"));
  }

  private String look(String name) throws Exception {
    return TestingAttributeTree.look(folder.resolve(name));
  }

  private static AttributeKeeper keeper(Rules rules) throws Exception {
    return new AttributeKeeper(rules, Rights.of(rules), Owners.local(rules), null, 022);
  }

  private static final LargeValues NONE =
      attribute -> {
        throw new AssertionError("nothing is large here");
      };

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void h6_nobody_s_setuid_program_becomes_root_s_without_p(boolean stands) throws Exception {
    Rules.Builder builder = new Rules.Builder();
    builder.owner = true;
    builder.group = true;
    builder.times = true;
    AttributeKeeper keeper = keeper(builder.build());
    Files.writeString(folder.resolve("t/file"), "ours");
    TestingPrograms.out(folder, "chown", "1000:1000", "t/file");
    TestingPrograms.out(folder, "chmod", "6755", "t/file");
    try (DirectoryHandle target = DirectoryHandle.open(Names.of(folder + "/t"))) {
      FileStatus existing = Objects.requireNonNull(target.status(FILE));
      Attributes wanted = Attributes.of(existing.as(0100755, 0, 0, 0));
      if (stands) {
        int differences = keeper.differences(target, FILE, wanted, existing, false);
        assertThat(differences).isEqualTo(Change.OWNER | Change.GROUP);
        try (FileHandle inode = target.openPath(FILE, existing)) {
          assertThat(keeper.adjust(inode, wanted, existing, differences, NONE)).isEmpty();
        }
      } else {
        try (FileHandle inode = target.createFile(Names.of("new"), 0600)) {
          FileStatus now = inode.status();
          assertThat(keeper.dress(inode, wanted, now, existing, null, NONE)).isEmpty();
        }
        target.rename(Names.of("new"), FILE);
      }
      FileStatus after = Objects.requireNonNull(target.status(FILE));
      assertThat(after.uid()).isZero();
      assertThat(after.permissions()).isEqualTo(0755);
    }
  }

  @Test
  void h2_what_has_come_to_the_name_meanwhile_is_not_touched() throws Exception {
    Files.writeString(folder.resolve("t/file"), "seen");
    Files.writeString(folder.resolve("t/other"), "victim");
    try (DirectoryHandle target = DirectoryHandle.open(Names.of(folder + "/t"))) {
      FileStatus seen = Objects.requireNonNull(target.status(FILE));
      target.exchange(FILE, Names.of("other"));
      assertThatThrownBy(() -> target.openPath(FILE, seen))
          .isInstanceOf(LinuxException.class)
          .satisfies(e -> assertThat(((LinuxException) e).errno()).isEqualTo(Errno.ESTALE));
      target.exchange(FILE, Names.of("other"));
      target.openPath(FILE, seen).close();
    }
  }

  @Test
  void h11_a_file_whose_owner_cannot_be_found_is_not_given_to_anybody() throws Exception {
    Rules rules = new Rules.Builder().archive().build();
    Attributes wanted = Attributes.of(FileStatus.NONE.as(0100644, -1, 0, 0));
    assertThatThrownBy(() -> keeper(rules).mapped(wanted)).isInstanceOf(OwnerException.class);
    Attributes good = Attributes.of(FileStatus.NONE.as(0100644, 77, 88, 0));
    assertThat(keeper(rules).mapped(good)).isSameAs(good);
  }

  @Test
  void what_the_rules_do_not_ask_for_takes_no_call() throws Exception {
    Rules rules = new Rules.Builder().archive().build();
    AttributeReader reader = new AttributeReader(rules, Rights.of(rules), null, 022);
    FileStatus status = FileStatus.NONE.as(0100644, 5, 6, 0);
    Attributes read = reader.read(DirectoryHandle.NONE, FILE, status);
    assertThat(read).isEqualTo(Attributes.of(status));
    AttributeKeeper keeper = keeper(rules);
    assertThat(keeper.differences(DirectoryHandle.NONE, FILE, read, status, false)).isZero();
    assertThat(keeper.inherited(DirectoryHandle.NONE)).isNull();
    try (FileHandle closed = DirectoryHandle.open(Names.of("/")).openPath(Names.of("tmp"))) {
      closed.close();
      assertThat(keeper.adjust(closed, read, status, 0, NONE)).isEmpty();
    }
  }
}
