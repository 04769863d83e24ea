package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.sync.TestingMemoryFolder;
import dev.godwit.sync.TestingTrees;
import dev.godwit.sync.content.ContentKey;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageWriter;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

final class DeltaReaderTest {
  /** It takes minutes to hash as much, although nothing has to be read: all of it is a hole. */
  private static final long SIZE = 1L << 40;

  private static final int BLOCK = 64 * 1024;
  private static final int GROUPS = 128;

  @TempDir(factory = TestingMemoryFolder.class)
  Path folder;

  @Test
  @Timeout(value = TestingPatience.TEST_SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void the_target_is_asked_while_the_source_hashes() throws Exception {
    Path source = TestingTrees.folder(folder, "source");
    try (RandomAccessFile file = new RandomAccessFile(source.resolve("large").toFile(), "rw")) {
      file.setLength(SIZE);
    }
    CopyRequest request =
        TestingRun.request(
            TestingRun.rules(rules -> {}), folder.resolve("target").toString(), source + "/");
    List<Integer> kinds = new ArrayList<>();
    TestingPeer.Outcome outcome =
        TestingPeer.toSource(
            request,
            c -> {
              c.send(FileSums.message(null));
              until(c, Messages.LISTED);
              askForDelta(c);
              kinds.add(until(c, Messages.CONTENT));
            });
    assertThat(kinds).containsExactly(Messages.CONTENT);
    assertThat(outcome.words()).contains("the target ended before the copy was complete");
  }

  /** As a target does whose first groups are all other ones. */
  private static void askForDelta(Channel channel) throws Exception {
    MessageWriter key = new MessageWriter();
    ContentKey.random().write(key);
    new CompactWriter(64).u8(Messages.KEY).raw(key.array(), 0, key.length()).sendTo(channel);
    CompactWriter asked = new CompactWriter(64).u8(Messages.ANSWERS);
    asked.u8(Answers.WANT_DELTA).number(0).number(0).bool(true).number(SIZE).number(BLOCK);
    asked.sendTo(channel);
    byte[] sums = new byte[GROUPS * 16];
    new Random(1).nextBytes(sums);
    CompactWriter told = new CompactWriter(64 + sums.length).u8(Messages.DELTA);
    told.number(0).number(0).u8(1).raw(sums, 0, sums.length).sendTo(channel);
  }

  /** Takes messages until one of this kind; returns that, or -1 at the end. */
  private static int until(Channel channel, int kind) throws Exception {
    byte[] message = channel.receive();
    while (message != null && message[0] != kind) {
      message = channel.receive();
    }
    return message == null ? -1 : message[0];
  }
}
