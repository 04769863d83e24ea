package dev.godwit.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DurableFileTest {
  @TempDir private Path folder;

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void a_file_is_replaced_whatever_a_killed_process_left() throws Exception {
    Path file = folder.resolve("in/here/file");
    DurableFile.write(file, bytes("one"));
    Files.writeString(file.resolveSibling("file.next"), "half of it");
    DurableFile.write(file, bytes("two"));
    assertThat(file).hasContent("two");
    assertThat(file.getParent()).isDirectoryNotContaining(one -> !one.equals(file));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void h7_what_cannot_be_written_leaves_the_old_file() throws Exception {
    Path file = folder.resolve("file");
    DurableFile.write(file, bytes("one"));
    Files.createDirectories(folder.resolve("file.next/in the way"));
    assertThatThrownBy(() -> DurableFile.write(file, bytes("two"))).isInstanceOf(IOException.class);
    assertThat(file).hasContent("one");
    assertThatThrownBy(() -> DurableFile.write(file.resolve("below"), bytes("two")))
        .isInstanceOf(IOException.class);
  }
}
