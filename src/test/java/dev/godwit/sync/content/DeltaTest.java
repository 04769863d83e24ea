package dev.godwit.sync.content;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.sync.content.DeltaTarget.Outcome;
import dev.godwit.sync.content.HoleWriter.Holes;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeltaTest {
  private final Random random = seeded();

  private static Random seeded() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    return new Random(seed);
  }

  private byte[] content(int size) {
    byte[] content = new byte[size];
    random.nextBytes(content);
    // Some of it is found more than once, and some is zeros.
    for (int i = random.nextInt(4); i > 0 && size > 0; i--) {
      int length = random.nextInt(1 + size / 4);
      int from = random.nextInt(size - length + 1);
      int to = random.nextInt(size - length + 1);
      if (random.nextBoolean()) {
        System.arraycopy(content, from, content, to, length);
      } else {
        Arrays.fill(content, to, to + length, (byte) 0);
      }
    }
    return content;
  }

  /** Edits as programs make them: bytes changed, put in, taken out, moved, cut off, added. */
  private byte[] edited(byte[] old) {
    byte[] now = old.clone();
    for (int i = random.nextInt(12); i > 0; i--) {
      int at = random.nextInt(now.length + 1);
      int length = random.nextInt(1 + (random.nextInt(4) == 0 ? 100_000 : 300));
      int end = Math.min(now.length, at + length);
      switch (random.nextInt(7)) {
        case 0 -> { // changed
          for (int k = at; k < end; k++) {
            now[k] ^= (byte) (1 + random.nextInt(255));
          }
        }
        case 1 -> { // put in
          byte[] longer = new byte[now.length + length];
          System.arraycopy(now, 0, longer, 0, at);
          System.arraycopy(now, at, longer, at + length, now.length - at);
          for (int k = at; k < at + length; k++) {
            longer[k] = (byte) random.nextInt();
          }
          now = longer;
        }
        case 2 -> { // taken out
          byte[] shorter = new byte[now.length - (end - at)];
          System.arraycopy(now, 0, shorter, 0, at);
          System.arraycopy(now, end, shorter, at, now.length - end);
          now = shorter;
        }
        case 3 -> { // copied over something else
          int to = random.nextInt(now.length - (end - at) + 1);
          System.arraycopy(now, at, now, to, end - at);
        }
        case 4 -> { // two halves change places
          byte[] turned = new byte[now.length];
          System.arraycopy(now, at, turned, 0, now.length - at);
          System.arraycopy(now, 0, turned, now.length - at, at);
          now = turned;
        }
        case 5 -> now = Arrays.copyOf(now, Math.max(0, now.length - length));
        default -> {
          int before = now.length;
          now = Arrays.copyOf(now, before + length);
          for (int k = before; k < now.length; k++) {
            now[k] = (byte) random.nextInt();
          }
        }
      }
    }
    return now;
  }

  /** Its last block is found where it was, and nothing has to be said of it. */
  @Test
  void h47_in_place_the_end_may_stay_as_it_is() throws Exception {
    int staying = 0;
    for (int end = 200; end < 60_000; end += 200) {
      byte[] old = new byte[0x40000 - 1];
      random.nextBytes(old);
      byte[] wanted = old.clone();
      for (int i = 40_000; i < wanted.length - end; i += 16) {
        wanted[i]++;
      }
      TestingDelta delta = new TestingDelta();
      delta.inPlace = true;
      delta.blockSize = 0x8000;
      assertThat(Arrays.equals(delta.run(old, wanted), wanted)).as("%d bytes", end).isTrue();
      assertThat(delta.outcome).isEqualTo(Outcome.VERIFIED);
      staying += delta.literal < wanted.length - 0x8000 ? 1 : 0;
    }
    assertThat(staying).isPositive();
  }

  /**
   * Who does what a new file needs: the thread of its end, one beside it, or nobody until the end.
   */
  private Executor beside(ExecutorService thread) {
    return switch (random.nextInt(3)) {
      case 0 -> Runnable::run;
      case 1 -> thread;
      default -> task -> {};
    };
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void h48_any_edit_comes_out_as_the_source_has_it(boolean inPlace) throws Exception {
    try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
      anyEdit(inPlace, thread);
    }
  }

  private void anyEdit(boolean inPlace, ExecutorService thread) throws Exception {
    for (int round = 0; round < 400; round++) {
      byte[] old = content(random.nextInt(4) == 0 ? random.nextInt(3000) : random.nextInt(1 << 20));
      byte[] wanted = edited(old);
      TestingDelta delta = new TestingDelta();
      delta.inPlace = inPlace;
      delta.blockSize = random.nextInt(3) == 0 ? 256 << random.nextInt(6) : 0;
      delta.verification = random.nextBoolean() ? Verification.KEYED : Verification.STRONG;
      delta.turns = random.nextBoolean() ? random : null;
      delta.holes = inPlace && random.nextBoolean() ? Holes.PUNCHED : Holes.NONE;
      delta.beside = beside(thread);
      byte[] made = delta.run(old, wanted);
      assertThat(delta.outcome).as("round " + round).isEqualTo(Outcome.VERIFIED);
      assertThat(Arrays.equals(made, wanted)).as("round " + round).isTrue();
    }
  }

  /** Changes one byte of one message; which one is decided by chance before. */
  private TestingDelta.Line damaged(int message) {
    int[] passed = {0};
    return bytes -> {
      if (passed[0]++ == message && bytes.length > 0) {
        // What a message is stands at its beginning; what is wrong in a hash costs bytes only.
        int where = random.nextBoolean() ? random.nextInt(bytes.length) : 0;
        bytes[where] ^= (byte) (1 << random.nextInt(8));
      }
      return bytes;
    };
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void h48_what_was_damaged_on_the_way_is_never_taken_for_the_file(boolean toTarget)
      throws Exception {
    int refused = 0;
    for (int round = 0; round < 600; round++) {
      byte[] old = content(1 + random.nextInt(200_000));
      byte[] wanted = edited(old);
      TestingDelta delta = new TestingDelta();
      delta.verification = random.nextBoolean() ? Verification.KEYED : Verification.STRONG;
      if (toTarget) {
        delta.lineToTarget = damaged(random.nextInt(5));
      } else {
        delta.lineToSource = damaged(random.nextInt(5));
      }
      try {
        byte[] made = delta.run(old, wanted);
        if (delta.outcome == Outcome.VERIFIED) {
          assertThat(Arrays.equals(made, wanted)).as("round " + round).isTrue();
        } else {
          refused++;
        }
      } catch (WireException | TestingDelta.StuckException e) {
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(50);
  }

  /** A hash of 16 bits, so that different blocks are taken for equal ones. */
  private static void weak(byte[] data, int offset, int length, byte[] into, int at) {
    CRC32 sum = new CRC32();
    sum.update(data, offset, length);
    Arrays.fill(into, at, at + RangeHash.BYTES, (byte) 0);
    into[at] = (byte) sum.getValue();
    into[at + 1] = (byte) (sum.getValue() >>> 8);
  }

  /** Changes the block at a place so that the weak hash of it stays. */
  private void collide(byte[] content, int from, int length) {
    byte[] wanted = new byte[RangeHash.BYTES];
    weak(content, from, length, wanted, 0);
    byte[] found = new byte[RangeHash.BYTES];
    do {
      content[from + random.nextInt(length)] ^= (byte) (1 + random.nextInt(255));
      weak(content, from, length, found, 0);
    } while (!Arrays.equals(found, wanted));
  }

  /**
   * Blocks that differ have the same hash: they are taken for equal, the sum of the whole file is
   * not, and the file that comes whole then is right.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void h48_a_collision_is_caught_by_the_sum_of_the_whole_file(boolean inPlace) throws Exception {
    int block = 512;
    for (int round = 0; round < 6; round++) {
      byte[] old = new byte[64 * block];
      random.nextBytes(old);
      byte[] wanted = old.clone();
      collide(wanted, random.nextInt(64) * block, block);
      TestingDelta delta = new TestingDelta();
      delta.blockSize = block;
      delta.inPlace = inPlace;
      delta.verification = round % 2 == 0 ? Verification.KEYED : Verification.STRONG;
      delta.key = ContentKey.random().with(seed -> DeltaTest::weak);
      byte[] made = delta.run(old, wanted);
      assertThat(Arrays.equals(made, wanted))
          .as("without a collision this proves nothing")
          .isFalse();
      assertThat(delta.outcome).as("round " + round).isEqualTo(Outcome.DIFFERENT);
      delta.key = ContentKey.random();
      assertThat(Arrays.equals(delta.run(made, wanted), wanted)).as("round " + round).isTrue();
      assertThat(delta.outcome).isEqualTo(Outcome.VERIFIED);
    }
  }

  @Test
  void blocks_changed_here_and_there_cost_little_more_than_they_are() throws Exception {
    byte[] old = new byte[64 << 20];
    random.nextBytes(old);
    byte[] wanted = old.clone();
    int blocks = wanted.length / 4096;
    for (int i = 0; i < blocks / 100; i++) {
      wanted[random.nextInt(blocks) * 4096 + random.nextInt(4096)]++;
    }
    for (boolean inPlace : new boolean[] {false, true}) {
      TestingDelta delta = new TestingDelta();
      delta.inPlace = inPlace;
      assertThat(Arrays.equals(delta.run(old, wanted), wanted)).isTrue();
      System.out.printf(
          "1 %% of blocks: %d to the target (%d literal), %d to the source%n",
          delta.toTarget, delta.literal, delta.toSource);
      assertThat((delta.toTarget + delta.toSource) / (double) old.length).isLessThan(0.0125);
    }
  }

  /** Both ends of a delta in place of two files of which each group has a block that differs. */
  private final class Touched {
    final byte[] wanted = new byte[32 << 20];
    final MemoryFile source;
    final MemoryFile target;
    final DeltaSource sourceEnd;
    final DeltaTarget targetEnd;

    Touched() {
      random.nextBytes(wanted);
      byte[] old = wanted.clone();
      ContentKey key = ContentKey.random();
      DeltaShape shape = DeltaShape.of(old.length, wanted.length, 0);
      for (int i = 0; i < old.length; i += shape.groupSize()) {
        old[i]++;
      }
      source = new MemoryFile(wanted);
      target = new MemoryFile(old);
      sourceEnd =
          new DeltaSource(shape, key, Verification.KEYED, source, wanted.length, false, true);
      targetEnd =
          new DeltaTarget(
              shape,
              key,
              Verification.KEYED,
              target,
              false,
              DeltaResult.inPlace(target, Holes.NONE),
              wanted.length,
              Runnable::run);
    }
  }

  @Test
  void blocks_are_asked_for_while_there_is_more_to_hash() throws Exception {
    Touched files = new Touched();
    MessageWriter out = new MessageWriter();
    while (!files.sourceEnd.hasAskedAhead()) {
      assertThat(files.sourceEnd.step(out.reset())).isEqualTo(DeltaStep.AGAIN);
      assertThat(files.targetEnd.step(out.reset())).isEqualTo(DeltaStep.AGAIN);
      files.sourceEnd.receive(new MessageReader(out.toBytes()));
    }
    assertThat(files.source.bytesRead).isLessThan(files.wanted.length / 2);
  }

  /** What is left for the end is what the last message has brought. */
  @Test
  void h48_what_was_written_in_place_is_hashed_while_more_is_awaited() throws Exception {
    Touched files = new Touched();
    MessageWriter out = new MessageWriter();
    long readBeforeLast = 0;
    while (files.targetEnd.outcome() == null) {
      var unused = files.sourceEnd.step(out.reset());
      if (out.length() > 0) {
        readBeforeLast = files.target.bytesRead;
        files.targetEnd.receive(new MessageReader(out.toBytes()));
      }
      DeltaStep step = DeltaStep.AGAIN;
      while (step == DeltaStep.AGAIN) {
        step = files.targetEnd.step(out.reset());
        if (out.length() > 0) {
          files.sourceEnd.receive(new MessageReader(out.toBytes()));
        }
      }
    }
    assertThat(files.targetEnd.outcome()).isEqualTo(Outcome.VERIFIED);
    assertThat(Arrays.equals(files.target.content(), files.wanted)).isTrue();
    assertThat(files.target.bytesRead - readBeforeLast).isLessThan(files.wanted.length / 8);
  }

  @Test
  void insertions_cost_little_more_than_they_are() throws Exception {
    byte[] old = new byte[64 << 20];
    random.nextBytes(old);
    byte[] wanted = new byte[old.length + 64 * 100];
    int from = 0;
    int at = 0;
    for (int i = 1; i <= 64; i++) {
      int to = i == 64 ? old.length : (i << 20) - random.nextInt(1 << 19);
      System.arraycopy(old, from, wanted, at, to - from);
      at += to - from;
      from = to;
      for (int k = 0; k < 100; k++) {
        wanted[at++] = (byte) random.nextInt();
      }
    }
    for (boolean inPlace : new boolean[] {false, true}) {
      TestingDelta delta = new TestingDelta();
      delta.inPlace = inPlace;
      assertThat(Arrays.equals(delta.run(old, wanted), wanted)).isTrue();
      System.out.printf(
          "64 insertions: %d to the target (%d literal), %d to the source%n",
          delta.toTarget, delta.literal, delta.toSource);
      // Twenty bytes for each block, and for each insertion a block that is no longer whole.
      assertThat(delta.toTarget + delta.toSource).isLessThan(old.length / 4096 * 20 + 64 * 12_000);
    }
  }

  /**
   * Every position of the source looks like the beginning of blocks that it then does not have: in
   * a file of one byte's value, and as a target may say of any file.
   */
  @Test
  void h42_blocks_that_begin_alike_do_not_make_a_search_take_longer() throws Exception {
    int size = 32 << 20;
    int blockSize = 4096;
    ContentKey key = ContentKey.random();
    long[] hashed = {0};
    RangeHash sums =
        (data, offset, length, into, at) -> {
          hashed[0] += length;
          weak(data, offset, length, into, at);
        };
    BlockIndex index = new BlockIndex(key.salt());
    Region region = new Region(0, size, 0, 64L * blockSize, blockSize);
    byte[] told = new byte[64 * BlockIndex.BYTES];
    random.nextBytes(told);
    int anchor = Anchor.of(key.anchor().hash(new byte[Anchor.WINDOW], 0));
    for (int i = 0; i < told.length; i += BlockIndex.BYTES) {
      ByteBuffer.wrap(told).putInt(i, anchor);
    }
    region.told(told, true, index);
    SourceWindow window =
        new SourceWindow(new MemoryFile(new byte[size]), size, 16 * blockSize, blockSize, sums);
    Region.Search search = new Region.Search(key.anchor(), sums, index, window);
    Region.Progress progress;
    do {
      progress = region.search(search);
    } while (progress == Region.Progress.MORE);
    assertThat(progress).isEqualTo(Region.Progress.DONE);
    assertThat(region.next()).isEqualTo(new CopyOrder.Move(-1, 0, size));
    assertThat(hashed[0]).isBetween(1L << 20, 5L * size);
  }
}
