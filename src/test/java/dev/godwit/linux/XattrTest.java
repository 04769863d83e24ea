package dev.godwit.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class XattrTest {
  private static final byte[] FILE = Names.of("file");
  private static final byte[] ATTRIBUTE = Names.of("user.a");

  @TempDir Path folder;

  /** Something that a test does in a thread of its own, which may have its own directory. */
  interface Work {
    void run() throws Exception;
  }

  private static FileStatus status(DirectoryHandle root, String name) throws LinuxException {
    return Objects.requireNonNull(root.status(Names.of(name)));
  }

  private DirectoryHandle open() throws LinuxException {
    return DirectoryHandle.open(Names.of(folder.toString()));
  }

  static void inThread(XattrCalls.Way way, Work work) throws Exception {
    AtomicReference<Throwable> failed = new AtomicReference<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                if (way == XattrCalls.Way.WORKING_DIRECTORY) {
                  assertThat(ThreadDirectory.separate()).isTrue();
                }
                work.run();
              } catch (Throwable e) {
                failed.set(e);
              }
            });
    XattrCalls.forced = way;
    thread.start();
    thread.join();
    if (failed.get() != null) {
      throw new AssertionError(failed.get());
    }
  }

  @AfterEach
  void every_way_is_open_again() {
    XattrCalls.forced = null;
  }

  @ParameterizedTest
  @EnumSource
  void attributes_of_a_name_are_set_listed_read_and_removed(XattrCalls.Way way) throws Exception {
    Files.writeString(folder.resolve("file"), "");
    byte[] value = new byte[3000];
    new Random(1).nextBytes(value);
    inThread(
        way,
        () -> {
          try (DirectoryHandle root = open()) {
            assertThat(root.xattrs(FILE)).isEmpty();
            assertThat(root.xattr(FILE, ATTRIBUTE)).isNull();
            root.setXattr(FILE, ATTRIBUTE, value);
            root.setXattr(FILE, Names.of("trusted.b"), new byte[0]);
            assertThat(root.xattrs(FILE))
                .containsExactlyInAnyOrder(ATTRIBUTE, Names.of("trusted.b"));
            assertThat(root.xattr(FILE, ATTRIBUTE)).isEqualTo(value);
            assertThat(root.xattr(FILE, Names.of("trusted.b"))).isEmpty();
            root.removeXattr(FILE, ATTRIBUTE);
            root.removeXattr(FILE, ATTRIBUTE);
            assertThat(root.xattrs(FILE)).containsExactly(Names.of("trusted.b"));
          }
        });
  }

  @ParameterizedTest
  @EnumSource
  void h2_a_symbolic_link_is_never_followed(XattrCalls.Way way) throws Exception {
    Files.writeString(folder.resolve("victim"), "");
    Files.createSymbolicLink(folder.resolve("file"), Path.of("victim"));
    inThread(
        way,
        () -> {
          try (DirectoryHandle root = open()) {
            byte[] trusted = Names.of("trusted.a");
            root.setXattr(FILE, trusted, new byte[] {1});
            assertThat(root.xattr(FILE, trusted)).containsExactly(1);
            assertThat(root.xattrs(FILE)).containsExactly(trusted);
            assertThat(root.xattrs(Names.of("victim"))).isEmpty();
            root.removeXattr(FILE, trusted);
            assertThat(root.xattrs(FILE)).isEmpty();
            assertThatThrownBy(() -> root.setXattr(FILE, ATTRIBUTE, new byte[] {1}))
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("setxattr")
                .hasMessageContaining("file user.a")
                .hasMessageContaining("EPERM");
          }
        });
  }

  @ParameterizedTest
  @EnumSource
  void several_directories_are_never_confused(XattrCalls.Way way) throws Exception {
    for (String name : List.of("one", "two")) {
      Files.createDirectories(folder.resolve(name));
      Files.writeString(folder.resolve(name).resolve("file"), "");
    }
    inThread(
        way,
        () -> {
          try (DirectoryHandle root = open();
              DirectoryHandle one = root.beneath(Names.of("one"));
              DirectoryHandle two = root.beneath(Names.of("two"))) {
            for (int i = 0; i < 10; i++) {
              one.setXattr(FILE, ATTRIBUTE, new byte[] {1, (byte) i});
              two.setXattr(FILE, ATTRIBUTE, new byte[] {2, (byte) i});
              assertThat(one.xattr(FILE, ATTRIBUTE)).containsExactly(1, i);
              assertThat(two.xattr(FILE, ATTRIBUTE)).containsExactly(2, i);
            }
          }
        });
  }

  @Test
  void handles_have_them_too_also_those_for_the_path_only() throws Exception {
    Files.writeString(folder.resolve("file"), "");
    try (DirectoryHandle root = open();
        FileHandle open = root.openForReading(FILE, true);
        FileHandle path = root.openPath(FILE)) {
      for (Handle handle : List.of(root, open, path)) {
        assertThat(handle.xattrs()).isEmpty();
        handle.setXattr(ATTRIBUTE, new byte[] {7});
        assertThat(handle.xattrs()).containsExactly(ATTRIBUTE);
        assertThat(handle.xattr(ATTRIBUTE)).containsExactly(7);
        handle.removeXattr(ATTRIBUTE);
        handle.removeXattr(ATTRIBUTE);
        assertThat(handle.xattr(ATTRIBUTE)).isNull();
      }
    }
  }

  @Test
  void h2_a_handle_of_a_symbolic_link_is_the_link_itself() throws Exception {
    Files.writeString(folder.resolve("victim"), "");
    Files.createSymbolicLink(folder.resolve("file"), Path.of("victim"));
    byte[] trusted = Names.of("trusted.a");
    try (DirectoryHandle root = open();
        FileHandle link = root.openPath(FILE)) {
      link.setXattr(trusted, new byte[] {1});
      link.setTimes(1, 2, 3, 4);
      link.setOwner(5, 6);
      assertThat(link.xattrs()).containsExactly(trusted);
      assertThat(root.xattr(FILE, trusted)).containsExactly(1);
      assertThat(status(root, "file").mtimeSeconds()).isEqualTo(3);
      assertThat(status(root, "file").uid()).isEqualTo(5);
      assertThat(root.xattrs(Names.of("victim"))).isEmpty();
      assertThat(status(root, "victim").uid()).isEqualTo(0);
      assertThat(status(root, "victim").mtimeSeconds()).isGreaterThan(1000);
      link.removeXattr(trusted);
      assertThat(link.xattrs()).isEmpty();
    }
  }

  @Test
  void what_is_not_there_is_told() throws Exception {
    try (DirectoryHandle root = open()) {
      assertThatThrownBy(() -> root.xattrs(FILE))
          .isInstanceOf(LinuxException.class)
          .satisfies(e -> assertThat(((LinuxException) e).errno()).isEqualTo(Errno.ENOENT));
      Files.writeString(folder.resolve("file"), "");
      assertThatThrownBy(() -> root.setXattr(FILE, ATTRIBUTE, new byte[65 * 1024]))
          .hasMessageContaining("E2BIG");
      assertThat(root.xattr(FILE, Names.of("nothing.a")))
          .as("of a name space that there is not")
          .isNull();
    }
  }

  @Test
  void a_thread_with_a_directory_of_its_own_never_moves_the_process() throws Exception {
    Path mine = Files.readSymbolicLink(Path.of("/proc/thread-self/cwd"));
    AtomicBoolean otherSeparate = new AtomicBoolean(true);
    Files.writeString(folder.resolve("file"), "");
    inThread(
        XattrCalls.Way.WORKING_DIRECTORY,
        () -> {
          try (DirectoryHandle root = open()) {
            root.xattrs(FILE);
            assertThat(Path.of("/proc/thread-self/cwd").toRealPath())
                .isEqualTo(folder.toRealPath());
            assertThat(Path.of("/proc/self/cwd").toRealPath()).isEqualTo(mine);
            ThreadDirectory.setMask(0);
            root.createFile(Names.of("open"), 0666).close();
            ThreadDirectory.leave();
            assertThat(Path.of("/proc/thread-self/cwd").toRealPath()).isEqualTo(Path.of("/"));
            root.xattrs(FILE);
          }
        });
    Thread other =
        new Thread(
            () -> {
              try (DirectoryHandle root = open()) {
                otherSeparate.set(ThreadDirectory.enter(root));
                root.xattrs(FILE);
              } catch (LinuxException e) {
                throw new AssertionError(e);
              }
            });
    other.start();
    other.join();
    assertThat(otherSeparate).isFalse();
    assertThat(Files.readSymbolicLink(Path.of("/proc/thread-self/cwd"))).isEqualTo(mine);
    try (DirectoryHandle root = open()) {
      root.createFile(Names.of("closed"), 0666).close();
      assertThat(status(root, "open").permissions()).isEqualTo(0666);
      assertThat(status(root, "closed").permissions()).isEqualTo(0644);
    }
    assertThatThrownBy(() -> ThreadDirectory.setMask(0)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void a_virtual_thread_gets_no_directory_of_its_own() throws Exception {
    AtomicBoolean separate = new AtomicBoolean(true);
    Thread.ofVirtual().start(() -> separate.set(ThreadDirectory.separate())).join();
    assertThat(separate).isFalse();
  }
}
