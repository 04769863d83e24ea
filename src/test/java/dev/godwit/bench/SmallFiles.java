package dev.godwit.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;

/**
 * Many files of one small size.
 *
 * @param count how many
 * @param size bytes of each
 * @param filesOfAFolder how many are in a directory
 */
record SmallFiles(int count, int size, int filesOfAFolder) implements DataSet {
  private static final int FOLDERS_OF_A_PART = 100;
  private static final long SEED = 0x736d616c6cL;

  @Override
  public String name() {
    return "files-" + count + "-of-" + size;
  }

  @Override
  public long space(Scale scale) {
    long blocks = (size + 4095L) / 4096;
    return scale.count(count) * (blocks * 4096 + 160) + inodes(scale) / filesOfAFolder * 4096L;
  }

  @Override
  public long inodes(Scale scale) {
    long files = scale.count(count);
    return files + files / filesOfAFolder * 11 / 10 + 16;
  }

  @Override
  public void write(Path folder, Scale scale) throws IOException {
    SplittableRandom random = new SplittableRandom(SEED);
    byte[] content = new byte[size];
    Path part = folder;
    Path directory = folder;
    for (int i = 0; i < scale.count(count); i++) {
      int number = i / filesOfAFolder;
      if (i % (filesOfAFolder * FOLDERS_OF_A_PART) == 0) {
        part = folder.resolve("part%04d".formatted(number / FOLDERS_OF_A_PART));
        Files.createDirectory(part, TestFiles.PUBLIC_FOLDER);
      }
      if (i % filesOfAFolder == 0) {
        directory = part.resolve("folder%06d".formatted(number));
        Files.createDirectory(directory, TestFiles.PUBLIC_FOLDER);
      }
      random.nextBytes(content);
      Path file = directory.resolve("file%08d.dat".formatted(i));
      TestFiles.write(file, content, size, TestFiles.PUBLIC_FILE, random);
    }
  }
}
