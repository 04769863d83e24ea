package dev.godwit.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryHandleTest {
  @TempDir Path folder;

  private DirectoryHandle open() throws LinuxException {
    return DirectoryHandle.open(Names.of(folder.toString()));
  }

  private static int errno(Throwable e) {
    return ((LinuxException) e).errno();
  }

  @Test
  void h1_a_path_never_leaves_the_directory_nor_follows_a_link() throws Exception {
    Files.createDirectories(folder.resolve("a/b"));
    Files.createSymbolicLink(folder.resolve("a/out"), Path.of("/etc"));
    Files.createSymbolicLink(folder.resolve("a/in"), Path.of("b"));
    try (DirectoryHandle root = open()) {
      root.beneath(Names.of("a/b")).close();
      root.beneath(Names.of("")).close();
      assertThatThrownBy(() -> root.beneath(Names.of("../x")))
          .satisfies(e -> assertThat(errno(e)).isEqualTo(Errno.EXDEV));
      assertThatThrownBy(() -> root.beneath(Names.of("/etc")))
          .satisfies(e -> assertThat(errno(e)).isEqualTo(Errno.EXDEV));
      for (String link : List.of("a/out", "a/in", "a/out/ssl")) {
        assertThatThrownBy(() -> root.beneath(Names.of(link)))
            .satisfies(e -> assertThat(errno(e)).isEqualTo(Errno.ELOOP));
      }
    }
  }

  @Test
  void paths_longer_than_one_call_takes_work() throws Exception {
    String name = "d".repeat(250);
    try (DirectoryHandle root = open()) {
      StringBuilder path = new StringBuilder();
      DirectoryHandle at = root.beneath(new byte[0]);
      for (int i = 0; i < 40; i++) {
        at.makeDirectory(Names.of(name), 0700);
        DirectoryHandle next = at.beneath(Names.of(name));
        at.close();
        at = next;
        path.append(i == 0 ? "" : "/").append(name);
      }
      try (DirectoryHandle deep = root.beneath(Names.of(path.toString()))) {
        assertThat(deep.status().isSameInode(at.status())).isTrue();
      }
      at.close();
      for (int i = 40; i > 0; i--) {
        String parent = path.substring(0, Math.max(0, (i - 1) * 251 - 1));
        try (DirectoryHandle above = root.beneath(Names.of(parent))) {
          above.removeDirectory(Names.of(name));
        }
      }
    }
  }

  @Test
  void status_is_what_stat_says() throws Exception {
    Path file = Files.writeString(folder.resolve("f"), "hello");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    try (DirectoryHandle root = open()) {
      root.setOwner(Names.of("f"), 1234, -2 /* 4294967294 */);
      root.setModified(Names.of("f"), -5, 123_456_789);
      FileStatus status = java.util.Objects.requireNonNull(root.status(Names.of("f")));
      assertThat(status.isRegular()).isTrue();
      assertThat(status.permissions()).isEqualTo(0640);
      assertThat(status.size()).isEqualTo(5);
      assertThat(Integer.toUnsignedLong(status.uid())).isEqualTo(1234);
      assertThat(Integer.toUnsignedLong(status.gid())).isEqualTo(4294967294L);
      assertThat(status.mtimeSeconds()).isEqualTo(-5);
      assertThat(status.mtimeNanos()).isEqualTo(123_456_789);
      assertThat(status.inode()).isEqualTo(Files.getAttribute(file, "unix:ino"));
      assertThat(status.links()).isEqualTo(1);
      assertThat(root.status(Names.of("none"))).isNull();
    }
  }

  @Test
  void h2_permissions_are_set_through_a_handle_for_the_path_only() throws Exception {
    Files.writeString(folder.resolve("f"), "");
    try (DirectoryHandle root = open();
        FileHandle file = root.openPath(Names.of("f"))) {
      file.setOwner(7, 8);
      file.setPermissions(04711);
      FileStatus status = file.status();
      assertThat(status.permissions()).isEqualTo(04711);
      assertThat(status.uid()).isEqualTo(7);
      assertThat(status.gid()).isEqualTo(8);
    }
  }

  @Test
  void h4_names_are_bytes() throws Exception {
    byte[] name = new byte[254];
    int at = 0;
    for (int b = 1; b < 256; b++) {
      if (b != '/') {
        name[at++] = (byte) b;
      }
    }
    try (DirectoryHandle root = open()) {
      root.createFile(name, 0600).close();
      List<DirectoryEntry> entries = root.entries();
      assertThat(entries).hasSize(1);
      assertThat(entries.getFirst().name()).isEqualTo(name);
      root.remove(name);
    }
  }

  @Test
  void h5_a_fifo_is_not_opened_by_looking_at_it() throws Exception {
    try (DirectoryHandle root = open()) {
      root.makeFifo(Names.of("p"), 0600);
      try (FileHandle fifo = root.openPath(Names.of("p"))) {
        assertThat(fifo.status().isFifo()).isTrue();
      }
    }
  }

  @Test
  void content_is_written_and_read() throws Exception {
    byte[] content = new byte[300_000];
    new java.util.Random(1).nextBytes(content);
    try (DirectoryHandle root = open()) {
      try (FileHandle file = root.createFile(Names.of("f"), 0600)) {
        file.write(content, 0, content.length);
        file.sync();
        file.closeChecked();
      }
      byte[] read = new byte[content.length];
      try (FileHandle name = root.openPath(Names.of("f"));
          FileHandle file = name.reopenForReading()) {
        int done = 0;
        while (done < read.length) {
          done += file.read(read, done, read.length - done, done);
        }
        assertThat(file.read(read, 0, 10, read.length)).isZero();
      }
      assertThat(read).isEqualTo(content);
      assertThatThrownBy(() -> root.createFile(Names.of("f"), 0600))
          .hasMessageContaining("File exists");
    }
  }

  @Test
  void exchange_swaps_two_names() throws Exception {
    Files.writeString(folder.resolve("a"), "a");
    Files.createDirectory(folder.resolve("b"));
    try (DirectoryHandle root = open()) {
      root.exchange(Names.of("a"), Names.of("b"));
    }
    assertThat(folder.resolve("a")).isDirectory();
    assertThat(folder.resolve("b")).content(StandardCharsets.UTF_8).isEqualTo("a");
  }

  @Test
  void only_one_holds_the_lock() throws Exception {
    try (DirectoryHandle one = open();
        DirectoryHandle other = open()) {
      assertThat(one.tryLock()).isTrue();
      assertThat(other.tryLock()).isFalse();
      one.close();
      assertThat(other.tryLock()).isTrue();
    }
  }
}
