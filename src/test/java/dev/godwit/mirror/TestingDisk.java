package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A file system of its own: a loop device in a folder of {@code /tmp}, or a tmpfs. */
final class TestingDisk implements AutoCloseable {
  private final Path folder;
  private final Path place;

  /**
   * Skips the test where the file system cannot be made here, and says why.
   *
   * @param kind {@code ext4}, {@code xfs}, {@code btrfs} or {@code tmpfs}
   */
  TestingDisk(String kind) throws IOException, InterruptedException {
    boolean isDisk = !kind.equals("tmpfs");
    assumeTrue(!isDisk || isInstalled("mkfs." + kind), "mkfs." + kind + " is not installed");
    folder = Files.createTempDirectory("godwit-disk-");
    place = Files.createDirectory(folder.resolve("mnt"));
    if (!isDisk) {
      var unused = TestingOracle.run("mount", "-t", "tmpfs", "none", place.toString());
      return;
    }
    String image = folder.resolve("image").toString();
    var unused = TestingOracle.run("truncate", "-s", "400M", image); // xfs takes no less than 300
    var made = TestingOracle.run("mkfs." + kind, "-q", image);
    Process mount =
        new ProcessBuilder("mount", "-o", "loop", image, place.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(mount.getInputStream().readAllBytes());
    if (mount.waitFor() != 0) {
      deleteFolder();
      assumeTrue(false, "this kernel does not mount " + kind + ": " + said.strip());
    }
  }

  private static boolean isInstalled(String program) {
    return Stream.of("/usr/sbin", "/sbin", "/usr/bin")
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }

  /** Where it is mounted. */
  Path place() {
    return place;
  }

  /** What is done with the device while it is not mounted. */
  interface Offline {
    void with(Path image) throws IOException, InterruptedException;
  }

  /**
   * Unmounts it and mounts a copy of it in its place; of an ext4 only. The first one may stay
   * mounted where other processes have a name space of their own.
   */
  void offline(Offline what) throws IOException, InterruptedException {
    while (new ProcessBuilder("umount", place.toString()).start().waitFor() != 0) {
      Thread.sleep(20); // what was closed may come to its end on other threads
    }
    var unused = TestingOracle.run("sync");
    Path copy = Files.copy(folder.resolve("image"), folder.resolve("copy"));
    Process check = new ProcessBuilder("e2fsck", "-fp", copy.toString()).start();
    check.getInputStream().readAllBytes();
    assertThat(check.waitFor()).as("e2fsck").isLessThan(2); // 1: it has put something right
    what.with(copy);
    unused = TestingOracle.run("mount", "-o", "loop", copy.toString(), place.toString());
  }

  private void deleteFolder() throws IOException {
    for (Path path : List.of(place, folder.resolve("image"), folder.resolve("copy"), folder)) {
      Files.deleteIfExists(path);
    }
  }

  @Override
  public void close() throws IOException {
    try {
      var unused = TestingOracle.run("umount", "-l", place.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    deleteFolder();
  }
}
