package dev.godwit.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AgentFileTest {
  /** Of "abc" (FIPS 180-4). */
  private static final String ABC =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

  private static final String OTHER = "0".repeat(64);

  @TempDir Path folder;

  private Path jar;
  private Path beside;

  @BeforeEach
  void write() throws Exception {
    jar = Files.writeString(folder.resolve("godwit.jar"), "abc");
    beside = folder.resolve("godwit.jar.sha256");
  }

  @Test
  void a_file_is_counted_when_nobody_did_before() throws Exception {
    AgentFile agent = AgentFile.of(jar);
    assertThat(agent.sha256()).isEqualTo(ABC);
    assertThat(agent.bytes()).isEqualTo(3);
  }

  @Test
  void what_was_noted_beside_it_counts_while_it_belongs_to_the_file() throws Exception {
    Files.writeString(beside, OTHER + " 3\n");
    assertThat(AgentFile.of(jar).sha256()).isEqualTo(OTHER);
    for (String wrong : new String[] {OTHER + " 4\n", OTHER, "", "x " + OTHER + " 3\n"}) {
      Files.writeString(beside, wrong);
      assertThat(AgentFile.of(jar).sha256()).as(wrong).isEqualTo(ABC);
    }
    Files.writeString(beside, OTHER + " 3\n");
    Files.setLastModifiedTime(beside, FileTime.fromMillis(1_000_000));
    assertThat(AgentFile.of(jar).sha256()).as("of an older file").isEqualTo(ABC);
  }

  @Test
  void the_name_that_the_bootstrap_gave_tells_what_it_found() throws Exception {
    Path installed = Files.move(jar, folder.resolve("agent-" + OTHER + ".jar"));
    assertThat(AgentFile.of(installed).sha256()).isEqualTo(OTHER);
  }

  /** It was the one of the installation that this one was copied from. */
  @Test
  void what_was_started_counts_and_not_where_its_classes_were_read_once() {
    assertThat(AgentFile.started("/opt/godwit/godwit.jar")).hasToString("/opt/godwit/godwit.jar");
    assertThat(AgentFile.started("godwit.jar")).hasToString("godwit.jar");
    assertThat(AgentFile.started("/a/godwit.jar:/b/other.jar")).isNull();
    assertThat(AgentFile.started("/a/classes")).isNull();
    assertThat(AgentFile.started("")).isNull();
  }
}
