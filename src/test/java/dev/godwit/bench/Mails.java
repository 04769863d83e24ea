package dev.godwit.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;

/**
 * A mail store: 100,000 mails of 1 to 40 KB, most of them short, in the folders of 2,000 users; 880
 * MB. Half the mails have something attached.
 *
 * @param halfRenamed every second mail has the name that it gets when its owner has read it
 */
record Mails(boolean halfRenamed) implements DataSet {
  static final int COUNT = 100_000;
  private static final int MAILS_OF_A_USER = 50;
  private static final int USERS_OF_A_DOMAIN = 100;
  private static final int SMALLEST = 1000;
  private static final int LARGEST = 40_000;
  private static final long SEED = 0x6d61696c;

  @Override
  public String name() {
    return halfRenamed ? "mails-renamed" : "mails";
  }

  @Override
  public long space(Scale scale) {
    return scale.count(COUNT) * 11_500L;
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
    Path domain = folder;
    Path user = folder;
    for (int i = 0; i < count; i++) {
      int owner = i / MAILS_OF_A_USER;
      if (i % (MAILS_OF_A_USER * USERS_OF_A_DOMAIN) == 0) {
        domain = folder.resolve("domain%02d.example".formatted(owner / USERS_OF_A_DOMAIN));
        Files.createDirectory(domain, TestFiles.PRIVATE_FOLDER);
      }
      if (i % MAILS_OF_A_USER == 0) {
        user = domain.resolve("user%04d".formatted(owner));
        Files.createDirectory(user, TestFiles.PRIVATE_FOLDER);
      }
      long time = 1_740_000_000L + random.nextInt(20_000_000);
      String name = time + ".M%06dP%d.mx1".formatted(random.nextInt(1_000_000), 1000 + i % 9000);
      int length = fill(content, text, random, i);
      Path file = user.resolve(halfRenamed && i % 2 == 1 ? name + ":2,S" : name);
      TestFiles.write(file, content, length, TestFiles.PRIVATE_FILE, random);
    }
  }

  private static int fill(byte[] content, TextSource text, SplittableRandom random, int number) {
    double share = random.nextDouble();
    int length = SMALLEST + (int) ((LARGEST - SMALLEST) * share * share * share * share);
    byte[] head =
        """
        Return-Path: <sender%d@domain%d.example>
        Received: from mail.domain%d.example by mx1 with ESMTPS id %x
        Message-ID: <%x.%d@domain%d.example>
        Subject: message %d
        MIME-Version: 1.0
        Content-Type: text/plain; charset=utf-8

        """
            .formatted(
                random.nextInt(5000),
                random.nextInt(300),
                random.nextInt(300),
                random.nextLong(),
                random.nextLong(),
                number,
                random.nextInt(300),
                number)
            .getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(head, 0, content, 0, head.length);
    int body = head.length;
    int end = random.nextBoolean() ? body + (length - body) / 5 : length;
    text.text(content, body, end, 0.4, random);
    text.base64(content, end, length, random);
    return length;
  }
}
