package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.godwit.host.TestingAgentFolder;
import dev.godwit.host.TestingSshd;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * H7: a writer syncs numbered records and asks for a barrier after each, while others write without
 * end; at once after an answer the power of the target goes. What the barrier answered for is there
 * when it comes again, and the next mirror makes the rest equal.
 *
 * <p>A failure prints its seed for {@code -Dgodwit.barrier.seed}; {@code -Dgodwit.barrier.cuts=N}
 * cuts more often.
 */
@Tag("lab")
@Timeout(3600)
final class MirrorBarrierTest {
  private static final int RECORDS_MAX = 8;

  @TempDir private Path folder;

  private final long seed = Long.getLong("godwit.barrier.seed", 707);
  private final Random random = new Random(seed);

  @ParameterizedTest
  @CsvSource({"ext4,false", "xfs,false", "ext4,true"})
  void h7_what_a_barrier_has_answered_for_outlives_a_power_cut(String kind, boolean isFar)
      throws Exception {
    assumeThat(!isFar || Files.isRegularFile(TestingMirrorCommand.jar()))
        .as("packaged before")
        .isTrue();
    Map<String, String> environment = TestingAgentFolder.filled(folder.resolve("far/agent"));
    try (TestingDisk disk = new TestingDisk(kind);
        TestingSshd sshd = new TestingSshd(folder, environment);
        TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      Path target = disk.place().resolve("target");
      String far = isFar ? sshd.destination().text() + ":" : "";
      for (String name : List.of("mail", "noise", "tmp")) {
        Files.createDirectory(m.source.resolve(name));
      }
      int record = 0;
      for (int cut = 0; cut < Integer.getInteger("godwit.barrier.cuts", 4); cut++) {
        String as = kind + " -Dgodwit.barrier.seed=" + seed + " cut " + cut;
        m.start(
            "mirror",
            "--delete-limit=100%",
            "--control=" + m.control,
            "-e",
            "ssh " + String.join(" ", sshd.clientArguments()),
            m.source + "/",
            far + target);
        m.awaitState("live");
        try (Noise noise = new Noise(m.source.resolve("noise"), random.nextLong())) {
          for (int i = random.nextInt(RECORDS_MAX); i >= 0; i--) {
            write(m.source, ++record);
            m.ask("barrier");
          }
          disk.powerOff();
          noise.check();
        }
        m.end();
        sshd.agents().forEach(MirrorBarrierTest::end);
        disk.powerOn();
        assertHas(target, record, as);
      }
      m.start(
          "mirror", "--delete-limit=100%", "--control=" + m.control, m.source + "/", "" + target);
      m.awaitState("live");
      m.ask("barrier");
      TestingOracle.assertEqual("seed " + seed, m.source, target);
    }
  }

  private static void end(ProcessHandle process) {
    process.destroyForcibly();
    process.onExit().join();
  }

  /** In three ways: as a log, as a mail, and as a file that is replaced. */
  private static void write(Path source, int record) throws IOException {
    String text = "record " + record + "\n";
    synced(source.resolve("log"), text, StandardOpenOption.APPEND);
    synced(source.resolve("tmp/mail"), text, StandardOpenOption.WRITE);
    Files.move(source.resolve("tmp/mail"), source.resolve("mail/" + record));
    synced(source.resolve("tmp/state"), text, StandardOpenOption.WRITE);
    Files.move(
        source.resolve("tmp/state"), source.resolve("state"), StandardCopyOption.ATOMIC_MOVE);
  }

  private static void synced(Path file, String text, StandardOpenOption how) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, how)) {
      channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
      channel.force(true);
    }
  }

  private static void assertHas(Path target, int records, String as) throws IOException {
    List<String> wanted = new ArrayList<>();
    List<String> mails = new ArrayList<>();
    for (int record = 1; record <= records; record++) {
      wanted.add("record " + record);
      Path mail = target.resolve("mail/" + record);
      mails.add(Files.exists(mail) ? Files.readString(mail).strip() : "no mail " + record);
    }
    assertThat(Files.readAllLines(target.resolve("log"))).as(as).isEqualTo(wanted);
    assertThat(mails).as(as).isEqualTo(wanted);
    assertThat(target.resolve("state")).as(as).hasContent("record " + records);
  }

  /** Somebody else who writes all the time. */
  private static final class Noise implements AutoCloseable {
    private final AtomicBoolean isOver = new AtomicBoolean();
    private final Thread thread;
    private volatile int written;

    Noise(Path folder, long seed) {
      Random random = new Random(seed);
      thread =
          Thread.ofPlatform()
              .daemon()
              .start(
                  () -> {
                    try {
                      while (!isOver.get()) {
                        Path file = folder.resolve("" + random.nextInt(50));
                        Files.write(file, new byte[random.nextInt(50_000)]);
                        written++;
                        Thread.sleep(random.nextInt(5));
                      }
                    } catch (IOException | InterruptedException e) {
                      written = Integer.MIN_VALUE;
                    }
                  });
    }

    void check() {
      assertThat(written).as("written meanwhile").isPositive();
    }

    @Override
    public void close() throws InterruptedException {
      isOver.set(true);
      thread.join();
    }
  }
}
