package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Syscall;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A file system of its own: a loop device in a folder of {@code /tmp}, or a tmpfs. */
public final class TestingDisk implements AutoCloseable {
  private static final int AT_FDCWD = -100;
  private static final long OPENAT = Syscall.number(257, 56);
  private static final long IOCTL = Syscall.number(16, 29);
  private static final long CLOSE = Syscall.number(3, 57);

  /** EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN: _IOR('X', 125, __u32). */
  private static final long SHUTDOWN = 0x8004587dL;

  /** Not even what is in the journal goes to the disk. */
  private static final int NO_LOG_FLUSH = 2;

  private final Path folder;
  private final Path place;
  private final String kind;
  private Path image;
  private int copies;

  /**
   * Skips the test where the file system cannot be made here, and says why.
   *
   * @param kind {@code ext4}, {@code xfs}, {@code btrfs} or {@code tmpfs}
   * @param options of mkfs
   */
  public TestingDisk(String kind, String... options) throws IOException, InterruptedException {
    boolean isDisk = !kind.equals("tmpfs");
    assumeTrue(!isDisk || isInstalled("mkfs." + kind), "mkfs." + kind + " is not installed");
    this.kind = kind;
    folder = Files.createTempDirectory("godwit-disk-");
    image = folder.resolve("image");
    place = Files.createDirectory(folder.resolve("mnt"));
    if (!isDisk) {
      var unused = TestingOracle.run("mount", "-t", "tmpfs", "none", place.toString());
      return;
    }
    // xfs takes no less than 300
    var unused = TestingOracle.run("truncate", "-s", "400M", image.toString());
    List<String> make = new ArrayList<>(List.of("mkfs." + kind, "-q"));
    make.addAll(List.of(options));
    make.add(image.toString());
    var unusedToo = TestingOracle.run(make.toArray(String[]::new));
    Process mount =
        new ProcessBuilder("mount", "-o", "loop", image.toString(), place.toString())
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
  public Path place() {
    return place;
  }

  /**
   * Says that the inode of a file was changed at another time: that can only be said by ext4's own
   * tool while nobody has anything open there. It is mounted anew.
   */
  void setChanged(Path file, Instant when) throws IOException, InterruptedException {
    setChanged(List.of(file), when);
  }

  void setChanged(List<Path> files, Instant when) throws IOException, InterruptedException {
    unmounted();
    Process check = new ProcessBuilder("e2fsck", "-fp", image.toString()).start();
    check.getInputStream().readAllBytes();
    assertThat(check.waitFor()).as("e2fsck").isLessThan(2); // 1: it has put something right
    List<String> orders = new ArrayList<>();
    for (Path file : files) {
      orders.add(
          "set_inode_field /%s ctime @%d".formatted(place.relativize(file), when.getEpochSecond()));
    }
    Path script = Files.write(folder.resolve("orders"), orders);
    var unused = TestingOracle.run("debugfs", "-w", "-f", script.toString(), image.toString());
    Files.delete(script);
    mount();
  }

  /**
   * The power goes: what is not on the disk is forgotten, and nothing can be written or read any
   * more. Of an ext4 or an xfs.
   */
  void powerOff() throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      int fd =
          (int)
              LinuxException.check(
                  Syscall.call(
                      OPENAT, AT_FDCWD, arena.allocateFrom(place.toString()).address(), 0, 0),
                  "openat",
                  place.toString());
      MemorySegment how = arena.allocateFrom(ValueLayout.JAVA_INT, NO_LOG_FLUSH);
      long result = Syscall.call(IOCTL, fd, SHUTDOWN, how.address());
      Syscall.call(CLOSE, fd);
      LinuxException.check(result, "ioctl", place.toString());
    }
  }

  /** Another content takes the place of one on the disk, below the file system that is mounted. */
  void damage(String content) throws IOException, InterruptedException {
    String found = TestingOracle.run("grep", "-m1", "-abFo", content.strip(), image.toString());
    long at = Long.parseLong(found.substring(0, found.indexOf(':')));
    try (FileChannel channel = FileChannel.open(image, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.allocate(content.strip().length()), at);
      channel.force(false);
    }
  }

  /** Keeps an image of it as it is now, for {@link #rollBack}; whatever was written is in it. */
  void keep() throws IOException, InterruptedException {
    unmounted();
    var unused =
        TestingOracle.run("cp", "--sparse=always", image.toString(), folder.resolve("kept") + "");
    mount();
  }

  /** The image that was kept takes its place; nobody may have anything open there. */
  void rollBack() throws IOException, InterruptedException {
    unmounted();
    Files.delete(image);
    Files.move(folder.resolve("kept"), image);
    mount();
  }

  /** Gives it other options of mount(8), until it is mounted again. */
  void remount(String options) throws IOException, InterruptedException {
    var unused = TestingOracle.run("mount", "-o", "remount," + options, place.toString());
  }

  /** Unmounts it under those who have something open there. */
  void detached() throws IOException, InterruptedException {
    var unused = TestingOracle.run("umount", "-l", place.toString());
  }

  /** The power comes again; nobody may have anything open there. */
  void powerOn() throws IOException, InterruptedException {
    unmounted();
    mount();
  }

  /**
   * Unmounts it and copies its image: the first one may stay mounted where other processes have a
   * name space of their own.
   */
  void unmounted() throws IOException, InterruptedException {
    while (new ProcessBuilder("umount", place.toString()).start().waitFor() != 0) {
      Thread.sleep(20); // what was closed may come to its end on other threads
    }
    copy();
  }

  /** The power comes again under those who have something open in what was there before. */
  void powerOnUnder() throws IOException, InterruptedException {
    detached();
    copy();
    mount();
  }

  private void copy() throws IOException, InterruptedException {
    var unused = TestingOracle.run("sync");
    Path copy = folder.resolve("image" + ++copies);
    unused = TestingOracle.run("cp", "--sparse=always", image.toString(), copy.toString());
    Files.delete(image);
    image = copy;
  }

  /** After {@link #unmounted}, {@link #detached} or {@link #powerOff}. */
  void mount() throws IOException, InterruptedException {
    // An xfs may be mounted twice at a time only if nobody asks who it is.
    String options = kind.equals("xfs") ? "loop,nouuid" : "loop";
    var unused = TestingOracle.run("mount", "-o", options, image.toString(), place.toString());
  }

  private void deleteFolder() throws IOException {
    for (Path path : List.of(place, image, folder)) {
      Files.deleteIfExists(path);
    }
  }

  @Override
  public void close() throws IOException {
    try {
      new ProcessBuilder("umount", "-l", place.toString()).start().waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    deleteFolder();
  }
}
