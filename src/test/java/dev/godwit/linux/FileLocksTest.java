package dev.godwit.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.forward.TestingNamespace;
import dev.godwit.mirror.TestingDisk;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("lab")
final class FileLocksTest {
  private static final int SELF = (int) ProcessHandle.current().pid();

  @TempDir private Path folder;

  private static void assertSeen(Path file) throws Exception {
    try (DirectoryHandle directory =
        DirectoryHandle.open(Names.of(Objects.requireNonNull(file.getParent()).toString()))) {
      assertThat(FileLocks.holder(directory)).isEmpty();
      assertThat(directory.tryLock()).isTrue();
      assertThat(FileLocks.holder(directory)).contains(SELF);
    }
    try (FileChannel channel = open(file)) {
      assertThat(FileLocks.holder(file)).isEmpty();
      try (FileLock unused = channel.lock()) {
        assertThat(FileLocks.holder(file)).contains(SELF);
      }
      assertThat(FileLocks.holder(file)).isEmpty();
    }
  }

  @Test
  void the_holder_is_seen_where_a_file_system_has_one_number() throws Exception {
    assertSeen(folder.resolve("lock"));
  }

  /** As on a mail server: the list takes several reads, and changes in between. */
  @Test
  void the_holder_is_seen_while_many_other_locks_come_and_go() throws Exception {
    Path file = folder.resolve("lock");
    AtomicBoolean over = new AtomicBoolean();
    try (FileChannel others = open(folder.resolve("others"));
        FileChannel channel = open(file);
        ExecutorService second = Executors.newSingleThreadExecutor()) {
      List<FileLock> locks = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        locks.add(others.lock(2L * i, 1, false));
      }
      FileLock kept = channel.lock();
      for (int i = 200; i < 400; i++) {
        locks.add(others.lock(2L * i, 1, false));
      }
      Future<?> coming =
          second.submit(
              () -> {
                for (int half = 0; !over.get(); half = 1 - half) {
                  for (int i = half; i < locks.size(); i += 2) {
                    locks.get(i).release();
                  }
                  for (int i = half; i < locks.size(); i += 2) {
                    locks.set(i, others.lock(2L * i, 1, false));
                  }
                }
                return null;
              });
      try {
        for (int i = 0; i < 2000; i++) {
          assertThat(FileLocks.holder(file)).as("look %d", i).contains(SELF);
        }
      } finally {
        over.set(true);
      }
      TestingPatience.get(coming);
      assertThat(kept.isValid()).isTrue();
    }
  }

  private static FileChannel open(Path file) throws IOException {
    return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  /** Where stat(2) tells another device than /proc/locks. */
  @Test
  void the_holder_is_seen_in_a_subvolume_of_btrfs() throws Exception {
    try (TestingDisk disk = new TestingDisk("btrfs")) {
      assertSeen(disk.place().resolve("lock"));
      Path subvolume = disk.place().resolve("volume");
      String unused =
          TestingNamespace.command("btrfs", "subvolume", "create", subvolume.toString());
      assertSeen(subvolume.resolve("lock"));
    }
  }

  @Test
  void the_holder_is_seen_on_overlayfs() throws Exception {
    for (String each : new String[] {"lower", "upper", "work", "merged"}) {
      Files.createDirectory(folder.resolve(each));
    }
    Path merged = folder.resolve("merged");
    String unused =
        TestingNamespace.command(
            "mount",
            "-t",
            "overlay",
            "overlay",
            "-o",
            "lowerdir=%1$s/lower,upperdir=%1$s/upper,workdir=%1$s/work".formatted(folder),
            merged.toString());
    try {
      assertSeen(merged.resolve("lock"));
    } finally {
      unused = TestingNamespace.command("umount", merged.toString());
    }
  }

  @Test
  void another_file_with_the_same_number_is_another_one() {
    String locks =
        """
        1: POSIX  ADVISORY  WRITE 11 00:2f:77 0 EOF
        1: -> POSIX  ADVISORY  WRITE 12 00:30:77 0 EOF
        2: FLOCK  ADVISORY  WRITE 13 00:30:77 0 EOF
        3: POSIX  ADVISORY  WRITE 14 08:01:177 0 EOF
        """;
    assertThat(FileLocks.holder(locks, "POSIX", "00:30", 77, pid -> false)).isEmpty();
    assertThat(FileLocks.holder(locks, "POSIX", "00:30", 77, pid -> pid == 11)).contains(11);
    assertThat(FileLocks.holder(locks, "POSIX", "00:2f", 77, pid -> false)).contains(11);
    assertThat(FileLocks.holder(locks, "POSIX", "00:30", 7, pid -> true)).isEmpty();
    assertThat(FileLocks.holder(locks, "FLOCK", "", 77, pid -> true)).contains(13);
    assertThat(
            FileLocks.holder(
                "1: POSIX ADVISORY WRITE 0 00:2f:77 0 EOF", "POSIX", "00:2f", 77, pid -> true))
        .as("of another container")
        .isEmpty();
  }
}
