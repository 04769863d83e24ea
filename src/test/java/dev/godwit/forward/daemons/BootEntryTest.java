package dev.godwit.forward.daemons;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BootEntryTest {
  @TempDir Path root;

  @Test
  void h57_the_script_starts_the_command_when_there_is_a_record() throws Exception {
    for (String level : List.of("init.d", "rc2.d", "rc3.d")) {
      Files.createDirectories(root.resolve("etc").resolve(level));
    }
    Files.createDirectories(root.resolve("var/log"));
    Path record = root.resolve("it's released");
    List<Path> records = List.of(root.resolve("holding"), record);
    Path started = root.resolve("a 'started' $HOME file");
    BootEntry entry = new BootEntry(root, BootEntry.Starts.FORWARD, "mail");
    List<String> command = List.of("touch", started.toString());
    assertThat(entry.install(command, records)).isEqualTo(BootEntry.Kind.SCRIPT);
    assertThat(entry.install(command, records)).isEqualTo(BootEntry.Kind.SCRIPT);
    Path link = root.resolve("etc/rc3.d/S99godwit-forward-mail");
    assertThat(new ProcessBuilder(link.toString(), "start").start().waitFor()).isZero();
    assertThat(started).as("without a record").doesNotExist();
    Files.createFile(record);
    assertThat(new ProcessBuilder(link.toString(), "start").start().waitFor()).isZero();
    TestingPatience.await("its start", () -> Files.exists(started));
    entry.remove();
    entry.remove();
    try (var left = Files.walk(root.resolve("etc"))) {
      assertThat(left.filter(path -> !Files.isDirectory(path))).isEmpty();
    }
  }

  @Test
  void what_lets_the_mirrors_go_on_ends_and_leaves_them() throws Exception {
    Files.createDirectories(root.resolve("etc/init.d"));
    Files.createDirectories(root.resolve("etc/rc2.d"));
    BootEntry entry = new BootEntry(root, BootEntry.Starts.FOLLOW, "mail");
    assertThat(entry.install(List.of("true"), List.of(root))).isEqualTo(BootEntry.Kind.SCRIPT);
    assertThat(root.resolve("etc/rc2.d/S99godwit-follow-mail")).exists();
    entry.remove();
    assertThat(entry.unit(List.of("true"), List.of(root))).contains("\nKillMode=process\n");
    assertThat(
            new BootEntry(root, BootEntry.Starts.LANDING, "mail")
                .unit(List.of("true"), List.of(root)))
        .doesNotContain("KillMode");
    List<Path> either = List.of(root.resolve("released"), root.resolve("holding"));
    assertThat(new BootEntry(root, BootEntry.Starts.FORWARD, "mail").unit(List.of("true"), either))
        .contains(
            "\nConditionPathExists=|%s\nConditionPathExists=|%s\n".formatted(either.toArray()));
  }

  @Test
  void a_host_with_neither_kind_of_init_gets_none() throws Exception {
    BootEntry entry = new BootEntry(root, BootEntry.Starts.FORWARD, "mail");
    assertThat(entry.install(List.of("true"), List.of(root))).isEqualTo(BootEntry.Kind.NONE);
    entry.remove();
  }

  @Test
  void a_word_of_a_unit_means_itself() {
    assertThat(BootEntry.unitWord("a \"b\" %i $HOME \\n"))
        .isEqualTo("\"a \\\"b\\\" %%i $$HOME \\\\n\"");
  }
}
