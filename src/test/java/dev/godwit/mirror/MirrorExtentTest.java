package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.sync.Extent;
import dev.godwit.watch.Watch.Rung;
import java.nio.file.Files;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How much a mirror says that its source has: what is there, however often it is looked at. */
final class MirrorExtentTest {
  private static final Duration PATIENCE = TestingMirror.LIMIT;
  private static final int DIRECTORIES = 30;
  private static final int FILES = 10;
  private static final Extent ALL =
      new Extent(DIRECTORIES * FILES, DIRECTORIES * FILES * 7L, DIRECTORIES * FILES * 7L);

  private static TestingMirror filled() throws Exception {
    TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST);
    for (int i = 0; i < DIRECTORIES; i++) {
      for (int j = 0; j < FILES; j++) {
        m.tree.write("root/d%d/f%d".formatted(i, j), "7 bytes");
      }
    }
    return m;
  }

  private static Extent now(TestingMirror m) throws Exception {
    m.mirror.barrier(PATIENCE, false); // and what it says is no older
    Thread.sleep(300); // what is counted once more would be told by then
    return m.mirror.status().extent();
  }

  @Test
  void files_are_counted_once_however_often_they_are_looked_at() throws Exception {
    try (TestingMirror m = filled()) {
      m.live();
      assertThat(m.mirror.status().wasEqual()).isTrue();
      assertThat(now(m)).isEqualTo(ALL);
      for (int i = 0; i < 20; i++) {
        m.tree.write("root/d%d/f0".formatted(i), "changed");
      }
      assertThat(now(m)).isEqualTo(ALL);
      var unused = m.mirror.audit(PATIENCE, false);
      assertThat(now(m)).isEqualTo(ALL);
      assertThat(m.mirror.status().files()).as("looked at").isGreaterThan(ALL.files());
      m.mirror.pause(PATIENCE);
      assertThat(m.mirror.status().extent()).as("while it rests").isEqualTo(ALL);
      m.mirror.resume();
      m.mirror.awaitLive(PATIENCE);
      assertThat(now(m)).isEqualTo(ALL);
    }
  }

  @Test
  void the_next_look_at_everything_sees_what_has_come_and_gone() throws Exception {
    try (TestingMirror m = filled()) {
      m.live();
      m.tree.write("root/new", "1234567");
      m.tree.write("root/d1/new", "1234567");
      Files.delete(m.source.resolve("d2/f1"));
      var unused = m.mirror.audit(PATIENCE, false);
      Extent changed = new Extent(ALL.files() + 1, ALL.bytes() + 7, ALL.bytesDone() + 7);
      TestingPatience.await(() -> m.mirror.status().extent().equals(changed));
      assertThat(now(m)).isEqualTo(changed);
    }
  }

  /** The first copy of another process: less is brought, and as much is there. */
  @Test
  void what_was_there_already_counts_as_done() throws Exception {
    try (TestingMirror m = filled()) {
      m.live();
      m.mirror.close();
      for (RootMemory memory : new RootMemory[] {m.mirror.memory(), RootMemory.NONE}) {
        try (Mirror again = m.again(memory)) {
          assertThat(again.status().wasEqual()).isEqualTo(memory != RootMemory.NONE);
          again.start();
          again.awaitLive(PATIENCE);
          assertThat(again.status().extent()).isEqualTo(ALL);
          assertThat(again.status().bytes()).as("brought").isZero();
        }
      }
    }
  }
}
