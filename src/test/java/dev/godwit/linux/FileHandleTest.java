package dev.godwit.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileHandleTest {
  private static final byte[] FROM = Names.of("from");
  private static final byte[] TO = Names.of("to");

  @TempDir Path folder;
  private final byte[] content = new byte[300_001];

  @BeforeEach
  void a_file() throws Exception {
    new Random(1).nextBytes(content);
    Files.write(folder.resolve("from"), content);
  }

  private static FileStatus status(DirectoryHandle root, String name) throws LinuxException {
    return Objects.requireNonNull(root.status(Names.of(name)));
  }

  private DirectoryHandle open() throws LinuxException {
    return DirectoryHandle.open(Names.of(folder.toString()));
  }

  @Test
  void content_is_copied_without_passing_through_java() throws Exception {
    try (DirectoryHandle root = open();
        FileHandle from = root.openForReading(FROM, true);
        FileHandle to = root.createFile(TO, 0600)) {
      assertThat(from.copyTo(to, 0, Long.MAX_VALUE, content.length)).isEqualTo(content.length);
      assertThat(folder.resolve("to")).hasBinaryContent(content);
      to.truncate(0);
      assertThat(from.copyTo(to, 10, 200_000, content.length)).isEqualTo(200_000);
      assertThat(folder.resolve("to")).hasSize(200_000);
      to.truncate(0);
      assertThat(from.copyTo(to, 0, Long.MAX_VALUE, 5))
          .as("a belief that is wrong")
          .isEqualTo(content.length);
    }
  }

  @Test
  void content_is_read_and_written_in_native_memory() throws Exception {
    try (Arena arena = Arena.ofConfined();
        DirectoryHandle root = open();
        FileHandle from = root.openForReading(FROM, false);
        FileHandle to = root.createFile(TO, 0600)) {
      MemorySegment buffer = arena.allocate(1000);
      assertThat(from.read(buffer, 100, 900, 50)).isEqualTo(900);
      assertThat(buffer.asSlice(100).toArray(ValueLayout.JAVA_BYTE))
          .isEqualTo(Arrays.copyOfRange(content, 50, 950));
      to.writeAt(content, 0, content.length, 0);
      to.write(buffer, 100, 900);
      to.writeAt(buffer, 100, 900, content.length);
      byte[] written = Files.readAllBytes(folder.resolve("to"));
      assertThat(written).hasSize(content.length + 900);
      assertThat(Arrays.copyOf(written, 900)).isEqualTo(Arrays.copyOfRange(content, 50, 950));
      assertThatThrownBy(() -> from.read(buffer, 500, 501, 0))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> from.read(MemorySegment.ofArray(new byte[5]), 0, 5, 0))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void the_kernel_copies_ranges_and_says_when_it_cannot() throws Exception {
    try (DirectoryHandle root = open();
        FileHandle from = root.openForReading(FROM, true);
        FileHandle to = root.createFile(TO, 0600)) {
      assertThat(from.copyRange(1, to, 5, 1000)).isEqualTo(1000);
      byte[] written = Files.readAllBytes(folder.resolve("to"));
      assertThat(Arrays.copyOfRange(written, 5, 1005))
          .isEqualTo(Arrays.copyOfRange(content, 1, 1001));
      assertThat(from.copyRange(content.length, to, 0, 10)).isZero();
      try (DirectoryHandle other = DirectoryHandle.open(Names.of("/proc/self"));
          FileHandle proc = other.openForReading(Names.of("status"), false)) {
        assertThat(proc.copyRange(0, to, 0, 10)).isLessThanOrEqualTo(0);
        assertThat(proc.cloneTo(to)).isFalse();
      }
    }
  }

  @Test
  void holes_are_made_and_found() throws Exception {
    try (DirectoryHandle root = open();
        FileHandle file = root.openForUpdate(FROM)) {
      assertThat(file.allocate(0, 1 << 20)).isTrue();
      assertThat(file.status().size()).isEqualTo(1 << 20);
      assertThat(file.status().isSparse()).isFalse();
      assertThat(file.punchHole(8192, 65536)).isTrue();
      assertThat(file.nextHole(0)).isEqualTo(8192);
      assertThat(file.nextData(8192)).isEqualTo(8192 + 65536);
      file.truncate(2 << 20);
      assertThat(file.nextData((2 << 20) - 5)).isEqualTo(-1);
      assertThat(file.nextHole(2 << 20)).isEqualTo(-1);
      assertThat(file.status().isSparse()).isTrue();
    }
  }

  @Test
  void both_times_are_set_by_handle_and_by_name() throws Exception {
    Files.createSymbolicLink(folder.resolve("link"), Path.of("from"));
    try (DirectoryHandle root = open();
        FileHandle file = root.openForReading(FROM, true);
        FileHandle path = root.openPath(FROM)) {
      file.setTimes(-7, 1, 8, 999_999_999);
      assertTimes(file.status(), -7, 1, 8, 999_999_999);
      path.setTimes(5, 6, 0, Handle.OMIT);
      assertTimes(file.status(), 5, 6, 8, 999_999_999);
      root.setTimes(FROM, 0, Handle.OMIT, 1L << 33, 3);
      assertTimes(file.status(), 5, 6, 1L << 33, 3);
      root.setTimes(Names.of("link"), 1, 2, 3, 4);
      assertTimes(status(root, "link"), 1, 2, 3, 4);
      assertTimes(file.status(), 5, 6, 1L << 33, 3);
      file.setTimes(0, Handle.NOW, 0, Handle.NOW);
      assertThat(Math.abs(file.status().mtimeSeconds() - System.currentTimeMillis() / 1000))
          .isLessThan(10);
    }
  }

  private static void assertTimes(FileStatus status, long a, int an, long m, int mn) {
    assertThat(status.atimeSeconds()).isEqualTo(a);
    assertThat(status.atimeNanos()).isEqualTo(an);
    assertThat(status.mtimeSeconds()).isEqualTo(m);
    assertThat(status.mtimeNanos()).isEqualTo(mn);
  }

  @Test
  void nodes_of_every_kind_are_made() throws Exception {
    long device = (0xabcL << 32) | 0xfedcbL;
    try (DirectoryHandle root = open()) {
      root.makeNode(Names.of("c"), 0020600, device);
      root.makeNode(Names.of("b"), 0060600, (8L << 32) | 300);
      root.makeNode(Names.of("p"), 0010600, 0);
      root.makeNode(Names.of("s"), 0140600, 0);
      assertThat(status(root, "c").specialDevice()).isEqualTo(device);
      assertThat(status(root, "c").mode()).isEqualTo(0020600);
      assertThat(status(root, "b").specialDevice()).isEqualTo((8L << 32) | 300);
      assertThat(status(root, "b").mode()).isEqualTo(0060600);
      assertThat(status(root, "p").isFifo()).isTrue();
      assertThat(status(root, "s").isSocket()).isTrue();
      assertThat(Files.getAttribute(folder.resolve("c"), "unix:rdev"))
          .as("as others see it")
          .isEqualTo(0xfedabccbL);
      root.setPermissions(Names.of("p"), 0644);
      assertThat(status(root, "p").permissions()).isEqualTo(0644);
      assertThatThrownBy(() -> root.makeNode(Names.of("x"), 0020600, 1L << 44))
          .hasMessageContaining("EINVAL");
    }
  }

  @Test
  void reading_leaves_the_time_of_access_where_asked() throws Exception {
    try (DirectoryHandle root = open()) {
      root.setTimes(FROM, 1000, 0, 2000, 0);
      try (FileHandle file = root.openForReading(FROM, true)) {
        assertThat(file.read(new byte[10], 0, 10, 0)).isEqualTo(10);
        assertThat(file.status().atimeSeconds()).isEqualTo(1000);
      }
      try (FileHandle file = root.openForReading(FROM, false)) {
        assertThat(file.read(new byte[10], 0, 10, 0)).isEqualTo(10);
        assertThat(file.status().atimeSeconds()).isGreaterThan(1000);
      }
    }
  }

  @Test
  void h5_a_fifo_does_not_block_and_a_link_is_not_followed() throws Exception {
    Files.createSymbolicLink(folder.resolve("link"), Path.of("from"));
    try (DirectoryHandle root = open()) {
      root.makeFifo(Names.of("p"), 0600);
      root.openForReading(Names.of("p"), true).close();
      assertThatThrownBy(() -> root.openForReading(Names.of("link"), false))
          .hasMessageContaining("ELOOP");
    }
  }

  @Test
  void a_name_that_exists_is_not_replaced_when_asked() throws Exception {
    Files.writeString(folder.resolve("to"), "to");
    Files.createDirectory(folder.resolve("sub"));
    try (DirectoryHandle root = open();
        DirectoryHandle sub = root.beneath(Names.of("sub"))) {
      assertThatThrownBy(() -> root.renameWithoutReplacing(FROM, root, TO))
          .hasMessageContaining("EEXIST");
      root.renameWithoutReplacing(FROM, sub, FROM);
      sub.exchangeWith(FROM, root, TO);
      assertThat(folder.resolve("to")).hasBinaryContent(content);
      assertThat(folder.resolve("sub/from")).hasContent("to");
    }
  }
}
