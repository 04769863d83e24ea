package dev.godwit.sync.attributes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.mirror.TestingDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** ext4 has room for some 4 KB of extended attributes of an inode, in two parts. */
@Tag("lab")
final class XattrRoomTest {
  private static final int FILES = 3000;
  private static final int[] LENGTHS = {0, 1, 20, 60, 100, 500, 1000};

  @Test
  void h6_what_fits_on_the_source_fits_on_the_target() throws Exception {
    long seed = Long.getLong("godwit.attributes.seed", System.nanoTime());
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    try (TestingDisk disk = new TestingDisk("ext4")) {
      Path source = Files.createDirectory(disk.place().resolve("source"));
      Path target = Files.createDirectory(disk.place().resolve("target"));
      for (int i = 0; i < FILES; i++) {
        fill(Files.createFile(source.resolve("f" + i)), random);
        if (i % 3 > 0) {
          fill(Files.createFile(target.resolve("f" + i)), random);
        }
      }
      List<String> options = List.of("-rlD", "-t", "-X");
      TestingAttributeCopy copy =
          new TestingAttributeCopy(
              TestingAttributeCopy.rules(options), TestingAttributeCopy.rules(options));
      copy.copy(source.toString(), target.toString());
      assertThat(copy.notKept).isEmpty();
      for (int i = 0; i < FILES; i++) {
        assertThat(attributes(target.resolve("f" + i)))
            .isEqualTo(attributes(source.resolve("f" + i)));
      }
    }
  }

  /** As much as it takes, in an order that nobody knows any more. */
  private static void fill(Path file, Random random) throws IOException {
    UserDefinedFileAttributeView view = view(file);
    for (int i = random.nextInt(60); i >= 0; i--) {
      int number = random.nextInt(26);
      String name = number < 3 ? "n".repeat(200) + number : "a" + number;
      byte[] value = new byte[LENGTHS[random.nextInt(LENGTHS.length)]];
      random.nextBytes(value);
      try {
        if (random.nextInt(5) == 0) {
          view.delete(name);
        } else {
          int unused = view.write(name, ByteBuffer.wrap(value));
        }
      } catch (FileSystemException e) {
        // There is no room for it, or no such attribute.
      }
    }
  }

  private static Map<String, String> attributes(Path file) throws IOException {
    UserDefinedFileAttributeView view = view(file);
    Map<String, String> attributes = new TreeMap<>();
    for (String name : view.list()) {
      ByteBuffer value = ByteBuffer.allocate(view.size(name));
      int length = view.read(name, value);
      attributes.put(name, HexFormat.of().formatHex(Arrays.copyOf(value.array(), length)));
    }
    return attributes;
  }

  private static UserDefinedFileAttributeView view(Path file) {
    return Files.getFileAttributeView(file, UserDefinedFileAttributeView.class);
  }
}
