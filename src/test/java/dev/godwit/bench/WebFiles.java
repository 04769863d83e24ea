package dev.godwit.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;

/**
 * Web sites: 20,000 files from 200 bytes to 2 MB, 1.07 GB. Half of the bytes are pictures, which do
 * not compress; the rest is text.
 */
record WebFiles() implements DataSet {
  static final int COUNT = 20_000;
  private static final int FILES_OF_A_FOLDER = 40;
  private static final int FOLDERS_OF_A_SITE = 20;
  private static final int SMALLEST = 200;
  private static final int LARGEST = 2_000_000;
  private static final double MEDIAN = 15_800;
  private static final double SIGMA = 1.6;
  private static final long SEED = 0x776562;

  @Override
  public String name() {
    return "web";
  }

  @Override
  public long space(Scale scale) {
    return scale.count(COUNT) * 60_000L;
  }

  @Override
  public long inodes(Scale scale) {
    return scale.count(COUNT) * 11L / 10;
  }

  @Override
  public void write(Path folder, Scale scale) throws IOException {
    TextSource text = new TextSource(SEED);
    SplittableRandom random = new SplittableRandom(SEED);
    byte[] content = new byte[LARGEST];
    int count = scale.count(COUNT);
    Path site = folder;
    Path part = folder;
    for (int i = 0; i < count; i++) {
      int number = i / FILES_OF_A_FOLDER;
      if (i % (FILES_OF_A_FOLDER * FOLDERS_OF_A_SITE) == 0) {
        site = folder.resolve("site%02d.example".formatted(number / FOLDERS_OF_A_SITE));
        Files.createDirectory(site, TestFiles.PUBLIC_FOLDER);
      }
      if (i % FILES_OF_A_FOLDER == 0) {
        part = site.resolve("part%03d".formatted(number));
        Files.createDirectory(part, TestFiles.PUBLIC_FOLDER);
      }
      double size = MEDIAN * Math.exp(SIGMA * random.nextGaussian());
      int length = (int) Math.clamp(size, SMALLEST, LARGEST);
      String name;
      if (random.nextBoolean()) {
        name = "picture%05d.jpg".formatted(i);
        byte[] noise = new byte[length];
        random.nextBytes(noise);
        System.arraycopy(noise, 0, content, 0, length);
      } else {
        name = "page%05d.html".formatted(i);
        text.text(content, 0, length, 0.2, random);
      }
      TestFiles.write(part.resolve(name), content, length, TestFiles.PUBLIC_FILE, random);
    }
  }
}
