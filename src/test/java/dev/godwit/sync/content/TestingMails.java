package dev.godwit.sync.content;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Random;

/** Mails that compress about as real ones do: headers, words, and attachments in base 64. */
final class TestingMails {
  private final Random random;
  private final String[] words = new String[4000];
  private int number;

  TestingMails(long seed) {
    random = new Random(seed);
    for (int i = 0; i < words.length; i++) {
      StringBuilder word = new StringBuilder();
      for (int k = 2 + random.nextInt(9); k > 0; k--) {
        word.append("etaoinshrdlucmfwypvbgkjqxz".charAt(random.nextInt(26)));
      }
      words[i] = word.toString();
    }
  }

  private String words(int count) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < count; i++) {
      line.append(words[random.nextInt(words.length)]).append(' ');
    }
    return line.append('\n').toString();
  }

  /** 1 to 40 KiB. */
  byte[] next() {
    double part = random.nextDouble();
    int size = (int) (1024 * (1 + 39 * part * part * part * part));
    StringBuilder mail =
        new StringBuilder()
            .append("Return-Path: <user%d@example.org>\n".formatted(random.nextInt(5000)))
            .append("Received: from mx%d.example.net\n".formatted(random.nextInt(10)))
            .append("Message-ID: <%x.%d@example.net>\n".formatted(random.nextLong(), number++))
            .append("Subject: ")
            .append(words(5))
            .append("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n");
    byte[] attached = new byte[57];
    while (mail.length() < size) {
      if (random.nextInt(100) < 62) {
        mail.append(words(12));
      } else {
        random.nextBytes(attached);
        mail.append(Base64.getEncoder().encodeToString(attached)).append('\n');
      }
    }
    return mail.substring(0, size).getBytes(StandardCharsets.US_ASCII);
  }
}
