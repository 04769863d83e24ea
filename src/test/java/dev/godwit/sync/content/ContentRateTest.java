package dev.godwit.sync.content;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.OperatingSystemMXBean;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.Names;
import dev.godwit.linux.Zeros;
import dev.godwit.sync.content.DeltaTarget.Outcome;
import dev.godwit.sync.content.HoleWriter.Holes;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Random;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Measures; asserts only that what comes out is right. {@code godwit.rate.bytes} says how large the
 * files are, {@code godwit.rate.folder} where they are.
 */
@Tag("lab")
class ContentRateTest {
  private static final long BYTES = Long.getLong("godwit.rate.bytes", 32 << 20);
  private static final int BLOCK = 4096;

  @TempDir Path temporary;

  private interface Work {
    void on(byte[] data);
  }

  @Test
  void hashes_and_zeros() {
    ContentKey key = ContentKey.random();
    byte[] into = new byte[64];
    for (int size : new int[] {4 << 10, 64 << 10, 1 << 20}) {
      RangeHash xxh3 = key.sums();
      Xxh3 java = new Xxh3(1, null);
      RangeHash strong = key.leaves(Verification.STRONG);
      rate("xxh3-128 " + name(), size, data -> xxh3.hash(data, 0, data.length, into, 0));
      rate("xxh3-128 in Java", size, data -> java.hash(data, 0, data.length, into, 0));
      rate("sha-256", size, data -> strong.hash(data, 0, data.length, into, 0));
      for (ChecksumKind kind :
          new ChecksumKind[] {
            ChecksumKind.XXH128,
            ChecksumKind.XXH64,
            ChecksumKind.MD5,
            ChecksumKind.MD4,
            ChecksumKind.SHA1
          }) {
        Checksum checksum = kind.start();
        rate("stream of " + kind.text(), size, data -> checksum.update(data, 0, data.length));
      }
      byte[] zeros = new byte[size];
      rate("zeros", size, data -> assertThat(Zeros.isZero(zeros, 0, size)).isTrue());
    }
    Anchor anchor = ContentKey.random().anchor();
    long[] filter = new long[1 << 16];
    rate(
        "seek a block",
        1 << 20,
        data -> {
          int end = data.length - Anchor.WINDOW;
          assertThat(anchor.seek(data, 0, end, filter)).isEqualTo(end);
        });
  }

  private static String name() {
    return NativeXxh3.get() == null ? "(no library)" : "by the library";
  }

  private static void rate(String what, int size, Work work) {
    byte[] data = new byte[size];
    new Random(1).nextBytes(data);
    long begin = System.nanoTime();
    work.on(data);
    long first = System.nanoTime() - begin;
    StringBuilder rates = new StringBuilder();
    for (int round = 0; round < 4; round++) {
      long bytes = 0;
      long start = System.nanoTime();
      long taken;
      do {
        work.on(data);
        bytes += size;
        taken = System.nanoTime() - start;
      } while (taken < TimeUnit.MILLISECONDS.toNanos(100));
      rates.append(" %6.2f".formatted(bytes / (double) taken));
    }
    System.out.printf(
        "%-28s %8d bytes: first %7.3f ms, then%s GB/s%n", what, size, first / 1e6, rates);
  }

  @Test
  void zstd() {
    TestingMails mails = new TestingMails(1);
    byte[] content = new byte[32 << 20];
    for (int at = 0; at < content.length; ) {
      byte[] mail = mails.next();
      int length = Math.min(mail.length, content.length - at);
      System.arraycopy(mail, 0, content, at, length);
      at += length;
    }
    byte[] out = new byte[LaneCompressor.bound(256 << 10)];
    for (int level : new int[] {1, 3, 5, 7, 9, 12}) {
      long begin = System.nanoTime();
      long bytes = 0;
      try (LaneCompressor compressor = new LaneCompressor(level)) {
        for (int at = 0; at < content.length; at += 256 << 10) {
          bytes += compressor.compress(content, at, 256 << 10, out, 0);
        }
      }
      System.out.printf(
          "zstd level %d: %.0f MB/s, %.3f of the size%n",
          level,
          content.length * 1e3 / (System.nanoTime() - begin),
          bytes / (double) content.length);
    }
  }

  @Test
  void delta_of_blocks() throws Exception {
    Path folder = folder();
    Path old = folder.resolve("old");
    Path wanted = folder.resolve("wanted");
    Random random = new Random(1);
    long blocks = BYTES / BLOCK;
    byte[] block = new byte[BLOCK];
    try (OutputStream one = Files.newOutputStream(old);
        OutputStream two = Files.newOutputStream(wanted)) {
      byte[] many = new byte[256 * BLOCK];
      byte[] others = new byte[many.length];
      for (long i = 0; i < blocks; i += 256) {
        random.nextBytes(many);
        System.arraycopy(many, 0, others, 0, many.length);
        for (int k = 0; k < 256; k++) {
          if (random.nextInt(100) == 0) {
            random.nextBytes(block);
            System.arraycopy(block, 0, others, k * BLOCK, BLOCK);
          }
        }
        one.write(many);
        two.write(others);
      }
    }
    runAll("1 % of blocks changed", folder, old, wanted);
  }

  @Test
  void delta_of_insertions() throws Exception {
    Path folder = folder();
    Path old = folder.resolve("old");
    Path wanted = folder.resolve("wanted");
    Random random = new Random(1);
    byte[] part = new byte[(int) (BYTES / 1000)];
    byte[] inserted = new byte[100];
    try (OutputStream one = Files.newOutputStream(old);
        OutputStream two = Files.newOutputStream(wanted)) {
      for (int i = 0; i < 1000; i++) {
        random.nextBytes(part);
        random.nextBytes(inserted);
        one.write(part);
        two.write(part);
        two.write(inserted);
      }
    }
    runAll("1,000 insertions of 100 bytes", folder, old, wanted);
  }

  private Path folder() throws Exception {
    String chosen = System.getProperty("godwit.rate.folder");
    return chosen == null
        ? Files.createDirectory(temporary.resolve("f" + System.nanoTime()))
        : Files.createTempDirectory(Path.of(chosen), "rate");
  }

  private static void runAll(String what, Path folder, Path old, Path wanted) throws Exception {
    Path target = folder.resolve("target");
    try {
      for (Verification verification : Verification.values()) {
        for (boolean inPlace : new boolean[] {true, false}) {
          for (int round = 0; round < 2; round++) {
            Files.copy(old, target, StandardCopyOption.REPLACE_EXISTING);
            run(what, folder, inPlace, verification);
            assertThat(Files.mismatch(inPlace ? target : folder.resolve("new"), wanted))
                .isEqualTo(-1);
          }
        }
      }
    } finally {
      for (String name : new String[] {"old", "wanted", "target", "new"}) {
        Files.deleteIfExists(folder.resolve(name));
      }
    }
  }

  /** Both ends with a thread each, as on two hosts. */
  private static void run(String what, Path folder, boolean inPlace, Verification verification)
      throws Exception {
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    Files.deleteIfExists(folder.resolve("new"));
    long oldSize = Files.size(folder.resolve("target"));
    long size = Files.size(folder.resolve("wanted"));
    DeltaShape shape = DeltaShape.of(oldSize, size, 0);
    ContentKey key = ContentKey.random();
    BlockingQueue<byte[]> toSource = new ArrayBlockingQueue<>(10_000);
    BlockingQueue<byte[]> toTarget = new ArrayBlockingQueue<>(10_000);
    AtomicLong bytes = new AtomicLong();
    long cpuBefore = system.getProcessCpuTime();
    long begin = System.nanoTime();
    try (ExecutorService ends = Executors.newFixedThreadPool(3);
        DirectoryHandle root = DirectoryHandle.open(Names.of(folder.toString()));
        FileHandle wanted = root.openForReading(Names.of("wanted"), false);
        FileHandle basis = root.openForUpdate(Names.of("target"))) {
      if (!inPlace) {
        root.createFile(Names.of("new"), 0600).close();
      }
      try (FileHandle made = inPlace ? basis : root.openForUpdate(Names.of("new"))) {
        FileContent basisContent = new FileContent(basis);
        DeltaResult result =
            inPlace
                ? DeltaResult.inPlace(basisContent, Holes.NONE)
                : DeltaResult.fresh(basisContent, false, new FileContent(made), Holes.NONE);
        DeltaTarget target =
            new DeltaTarget(shape, key, verification, basisContent, false, result, size, ends);
        DeltaSource source =
            new DeltaSource(
                shape, key, verification, new FileContent(wanted), size, false, inPlace);
        Future<?> sourceEnd =
            ends.submit(
                () -> {
                  MessageWriter out = new MessageWriter(200_000);
                  DeltaStep step = DeltaStep.AGAIN;
                  while (step != DeltaStep.DONE) {
                    byte[] message = step == DeltaStep.AGAIN ? toSource.poll() : toSource.take();
                    if (message != null) {
                      source.receive(new MessageReader(message));
                    }
                    step = source.step(out.reset());
                    if (out.length() > 0) {
                      bytes.addAndGet(out.length());
                      toTarget.put(out.toBytes());
                    }
                  }
                  return null;
                });
        Future<?> targetEnd =
            ends.submit(
                () -> {
                  MessageWriter out = new MessageWriter(200_000);
                  DeltaStep step = DeltaStep.AGAIN;
                  while (step != DeltaStep.DONE) {
                    byte[] message = step == DeltaStep.AGAIN ? toTarget.poll() : toTarget.take();
                    if (message != null) {
                      target.receive(new MessageReader(message));
                    }
                    step = target.step(out.reset());
                    if (out.length() > 0) {
                      bytes.addAndGet(out.length());
                      toSource.put(out.toBytes());
                    }
                  }
                  return null;
                });
        sourceEnd.get();
        targetEnd.get();
        assertThat(target.outcome()).isEqualTo(Outcome.VERIFIED);
        System.out.printf(
            "%s, %d bytes, %s, %s: %.3f s, %.3f s of processor, %.3f MB over the line (%.3f"
                + " literal)%n",
            what,
            size,
            inPlace ? "in place" : "new file",
            verification,
            (System.nanoTime() - begin) / 1e9,
            (system.getProcessCpuTime() - cpuBefore) / 1e9,
            bytes.get() / 1e6,
            target.literal() / 1e6);
      }
    }
  }
}
