package dev.godwit.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.DigestException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Java's own is the oracle. */
class Sha256Test {
  @BeforeEach
  void there_is_a_library() {
    Assumptions.assumeTrue(NativeSha256.library() != null, "this host has no libcrypto");
    assertThat(Sha256.start()).isInstanceOf(NativeSha256.class);
  }

  @Test
  void is_what_java_says_in_whatever_pieces_it_comes() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    MessageDigest found = Sha256.start();
    MessageDigest wanted = Sha256.ofJava();
    for (int i = 0; i < 2_000; i++) {
      byte[] data = new byte[random.nextInt(i % 100 == 0 ? 1 << 20 : 300)];
      random.nextBytes(data);
      for (int at = 0; at < data.length; ) {
        int length = random.nextInt(data.length - at + 1);
        if (length == 1) {
          found.update(data[at]);
        } else {
          found.update(data, at, length);
        }
        at += length;
      }
      if (random.nextInt(20) == 0) {
        found.reset();
        found.update(data);
      }
      assertThat(found.digest()).as("seed %d, sum %d", seed, i).isEqualTo(wanted.digest(data));
    }
  }

  @Test
  void counts_past_what_fits_into_one_of_its_words() {
    byte[] data = new byte[1 << 20];
    MessageDigest found = Sha256.start();
    for (int i = 0; i < 513; i++) { // 2^32 bits are 512 MiB
      found.update(data);
    }
    // head -c 513M /dev/zero | sha256sum, of coreutils: Java's own would take some seconds.
    assertThat(HexFormat.of().formatHex(found.digest()))
        .isEqualTo("a3e2acbb469e4e59dde406f912e754c933c1ac0fb0092a3634d61d5073309c0c");
  }

  @Test
  void many_threads_have_one_each() throws Exception {
    byte[] data = new byte[100_000];
    new Random(1).nextBytes(data);
    byte[] wanted = Sha256.ofJava().digest(data);
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      var sums =
          IntStream.range(0, 400)
              .mapToObj(i -> threads.submit(() -> Sha256.start().digest(data)))
              .toList();
      for (Future<byte[]> sum : sums) {
        assertThat(sum.get()).isEqualTo(wanted);
      }
    }
  }

  @Test
  void goes_into_an_array_that_has_room() throws Exception {
    MessageDigest digest = Sha256.start();
    digest.update((byte) 1);
    byte[] into = new byte[40];
    assertThat(digest.digest(into, 3, 37)).isEqualTo(digest.getDigestLength());
    assertThat(into).startsWith(0, 0, 0).endsWith(0, 0, 0, 0, 0);
    assertThatThrownBy(() -> digest.digest(into, 20, 20)).isInstanceOf(DigestException.class);
  }
}
