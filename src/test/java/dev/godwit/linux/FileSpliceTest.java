package dev.godwit.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSpliceTest {
  private static final byte[] FROM = Names.of("from");
  private static final byte[] TO = Names.of("to");

  @TempDir Path folder;
  private final byte[] content = new byte[700_001];

  private DirectoryHandle open() throws Exception {
    new Random(1).nextBytes(content);
    Files.write(folder.resolve("from"), content);
    return DirectoryHandle.open(Names.of(folder.toString()));
  }

  @Test
  void content_goes_where_the_target_writes_up_to_the_end_of_the_source() throws Exception {
    try (DirectoryHandle root = open();
        FileHandle from = root.openForReading(FROM, true);
        FileHandle to = root.createFile(TO, 0600);
        FileSplice splice = FileSplice.open()) {
      assertThat(splice.copy(from, 10, to, 5_000)).isEqualTo(5_000);
      long at = 5_010;
      for (long n = splice.copy(from, at, to, 1 << 20); n > 0; ) {
        at += n;
        n = splice.copy(from, at, to, 1 << 20);
      }
      assertThat(at).isEqualTo(content.length);
      assertThat(splice.copy(from, at, to, 1)).isZero();
      assertThat(folder.resolve("to"))
          .hasBinaryContent(Arrays.copyOfRange(content, 10, content.length));
    }
  }

  @Test
  void what_cannot_be_copied_so_is_said() throws Exception {
    try (DirectoryHandle root = open();
        DirectoryHandle proc = DirectoryHandle.open(Names.of("/proc/self"));
        FileHandle memory = proc.openForReading(Names.of("mem"), false);
        FileHandle to = root.createFile(TO, 0600);
        FileSplice splice = FileSplice.open()) {
      assertThat(splice.copy(memory, 0, to, 10)).isEqualTo(-1);
      assertThat(folder.resolve("to")).isEmptyFile();
    }
  }

  @Test
  void an_error_says_which_side_it_is_of() throws Exception {
    try (DirectoryHandle root = open();
        FileHandle from = root.openForReading(FROM, true);
        FileHandle readable = root.openForReading(FROM, true);
        FileHandle directory = root.openPath(Names.of("."));
        FileHandle to = root.createFile(TO, 0600);
        FileSplice splice = FileSplice.open()) {
      assertThatThrownBy(() -> splice.copy(directory, 0, to, 10))
          .isInstanceOfSatisfying(
              LinuxException.class, e -> assertThat(e.call()).isEqualTo(FileHandle.READ));
      assertThatThrownBy(() -> splice.copy(from, 0, readable, 10))
          .isInstanceOfSatisfying(
              LinuxException.class,
              e -> {
                assertThat(e.call()).isEqualTo("write");
                assertThat(e.errno()).isEqualTo(Errno.EBADF);
              });
      assertThat(splice.copy(from, 0, to, 10)).as("what is left in the pipe is ours").isEqualTo(-1);
    }
  }
}
