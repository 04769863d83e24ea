package dev.godwit.bench;

import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/**
 * Text that compresses like mail and web pages do: sentences that return in other files, sentences
 * of known words in a new order, and base64 of random bytes for what is attached.
 */
final class TextSource {
  private static final int WORDS = 6000;
  private static final int SENTENCES = 3000;
  private static final int LINE = 76;
  private static final byte[] BASE64 =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
          .getBytes(StandardCharsets.US_ASCII);

  private final byte[][] words = new byte[WORDS][];
  private final byte[][] sentences = new byte[SENTENCES][];

  TextSource(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < WORDS; i++) {
      byte[] word = new byte[2 + random.nextInt(9)];
      for (int j = 0; j < word.length; j++) {
        // The smaller of two makes some letters more frequent than others, as in a language.
        word[j] = (byte) ('a' + Math.min(random.nextInt(26), random.nextInt(26)));
      }
      words[i] = word;
    }
    byte[] sentence = new byte[400];
    for (int i = 0; i < SENTENCES; i++) {
      int length = fresh(sentence, 0, 60 + random.nextInt(300), random);
      sentences[i] = java.util.Arrays.copyOf(sentence, length);
    }
  }

  /** Fills a range with sentences, a share of which (0 to 1) is from the pool of all files. */
  void text(byte[] into, int from, int to, double shared, SplittableRandom random) {
    int at = from;
    while (at < to) {
      if (random.nextDouble() < shared) {
        byte[] sentence = sentences[random.nextInt(SENTENCES)];
        int length = Math.min(sentence.length, to - at);
        System.arraycopy(sentence, 0, into, at, length);
        at += length;
      } else {
        at = fresh(into, at, Math.min(to, at + 60 + random.nextInt(300)), random);
      }
    }
  }

  /** Fills a range with lines of base64. */
  void base64(byte[] into, int from, int to, SplittableRandom random) {
    long bits = 0;
    int left = 0;
    for (int at = from; at < to; at++) {
      if ((at - from) % (LINE + 1) == LINE) {
        into[at] = '\n';
        continue;
      }
      if (left == 0) {
        bits = random.nextLong();
        left = 10;
      }
      into[at] = BASE64[(int) (bits & 63)];
      bits >>>= 6;
      left--;
    }
  }

  /** One sentence, ended by a full stop and a line break; returns its end. */
  private int fresh(byte[] into, int from, int to, SplittableRandom random) {
    int at = from;
    while (at < to) {
      // The square makes some words more frequent than others.
      double share = random.nextDouble();
      byte[] word = words[(int) (share * share * WORDS)];
      int length = Math.min(word.length, to - at);
      System.arraycopy(word, 0, into, at, length);
      at += length;
      if (at < to) {
        into[at++] = ' ';
      }
    }
    if (to - from >= 2) {
      into[to - 2] = '.';
      into[to - 1] = '\n';
    }
    return to;
  }
}
