package dev.godwit.sync.copy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.linux.Names;
import dev.godwit.linux.TemporaryNames;
import dev.godwit.sync.TestingMemoryFolder;
import dev.godwit.sync.TestingTrees;
import dev.godwit.sync.TreeRoot;
import dev.godwit.wire.Channel;
import dev.godwit.wire.InMemoryChannels;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A source that lies to the target of a series of copies, and the other way round; what is within
 * one copy is {@link LyingPeerTest}'s.
 */
@Timeout(TestingPatience.TEST_SECONDS)
class SeriesHostileTest {
  @TempDir(factory = TestingMemoryFolder.class)
  Path folder;

  private Path target;

  @BeforeEach
  void folders() throws Exception {
    target = TestingTrees.folder(folder, "target");
    Files.writeString(target.resolve("mine"), "mine");
    Files.writeString(folder.resolve("outside"), "outside");
  }

  private interface Lies {
    void tell(Channel channel) throws Exception;
  }

  /** What the target says of the lies; and nothing may have changed. */
  private String refusal(Lies lies) throws Exception {
    return refusal(lies, false);
  }

  /** The same of lies for which a temporary file is made in the target, and removed. */
  private String refusalOfContent(Lies lies) throws Exception {
    return refusal(lies, true);
  }

  private String refusal(Lies lies, boolean isTouched) throws Exception {
    FileTime time = Files.getLastModifiedTime(target);
    var before = TestingTrees.listing(folder);
    InMemoryChannels.ChannelPair pair = InMemoryChannels.pair("source", "target");
    @Nullable Exception[] failure = new Exception[1];
    Thread thread =
        Thread.ofPlatform()
            .start(
                () -> {
                  try (Channel channel = pair.b()) {
                    try {
                      new SeriesTargetAbility()
                          .serve(channel, SeriesTargetAbility.argument(KnownTarget.NONE));
                    } catch (Exception e) {
                      failure[0] = e;
                      channel.fail(String.valueOf(e.getMessage()));
                    }
                  }
                });
    try (Channel channel = pair.a()) {
      SeriesRequest.exact(Names.of("/none"), Names.of(target.toString()), List.of()).send(channel);
      lies.tell(channel);
      channel.finish();
      while (channel.receive() != null) {}
    } catch (WireException e) {
      // as it should
    }
    thread.join();
    if (isTouched) {
      Files.setLastModifiedTime(target, time);
    }
    assertThat(TestingTrees.listing(folder)).isEqualTo(before);
    return failure[0] == null ? "accepted" : String.valueOf(failure[0].getMessage());
  }

  private static byte[] frame(int type, int number, byte... content) {
    return new MessageWriter().u8(type).u32(number).raw(content, 0, content.length).toBytes();
  }

  private static byte[] begin(int number) {
    return frame(SeriesFrames.COPY_BEGIN, number, (byte) 0);
  }

  @Test
  void h38_a_copy_that_was_not_begun_is_refused() throws Exception {
    assertThat(refusal(c -> c.send(frame(SeriesFrames.COPY, 0, (byte) Messages.TOP))))
        .contains("malformed message: a message of a copy that has not begun");
    assertThat(refusal(c -> c.send(frame(SeriesFrames.COPY_END, 3))))
        .contains("malformed message: a message of a copy that has not begun");
    assertThat(refusal(c -> c.send(begin(1)))).contains("malformed message: a copy that cannot");
    assertThat(
            refusal(
                c -> {
                  c.send(begin(0));
                  c.send(begin(0));
                }))
        .contains("malformed message: a copy that cannot begin");
    assertThat(
            refusal(
                c -> {
                  c.send(begin(0));
                  c.send(frame(SeriesFrames.COPY, 0, (byte) 99));
                  while (c.receive() != null) {}
                }))
        .contains("malformed message");
    assertThat(
            refusal(
                c -> {
                  c.send(begin(0));
                  c.send(new byte[] {SeriesFrames.FINISH});
                }))
        .contains("the source finishes while a copy is under way");
  }

  @Test
  void h40_more_copies_than_there_may_be_are_refused() throws Exception {
    assertThat(
            refusal(
                c -> {
                  for (int i = 0; i < 100; i++) {
                    c.send(begin(i));
                  }
                }))
        .contains("malformed message: a copy that cannot begin");
  }

  @Test
  void h38_paths_that_lead_out_are_not_kept() throws Exception {
    for (String path : List.of("../outside", "/etc", "", "a//b", "a/../..", "./a", "a\0b")) {
      byte[] keep = new MessageWriter().u8(SeriesFrames.KEEP).bytes(Names.of(path)).toBytes();
      assertThat(refusal(c -> c.send(keep))).as(path).contains("malformed message");
    }
  }

  @Test
  void h39_a_series_that_is_cut_removes_nothing() throws Exception {
    assertThat(
            refusal(
                c -> {
                  c.send(begin(0));
                  new Top(TargetShape.SEVERAL, Telling.ASKED, null)
                      .send(new SeriesChannel(c, 0), new OwnerNotes(exact()));
                }))
        .contains("before the copy was complete");
  }

  /** A look at the file that stands, of which nobody has the content yet. */
  private static Channel listed(Channel channel) throws Exception {
    channel.send(begin(0));
    Channel copy = new SeriesChannel(channel, 0);
    new Top(TargetShape.SEVERAL, Telling.ASKED, null).send(copy, new OwnerNotes(exact()));
    TestingPeer.file(TestingPeer.listing(0, false, false, 1), "mine", 5).sendTo(copy);
    return copy;
  }

  private static CompactWriter offer(int directory, int index, byte[] content) {
    return TestingPeer.content(Messages.OFFERED, directory, index, content, 0);
  }

  @Test
  void h38_an_offer_of_what_is_not_listed_is_refused() throws Exception {
    byte[] content = new byte[5];
    for (CompactWriter lie : List.of(offer(0, 1, content), offer(1, 0, content))) {
      assertThat(refusal(c -> lie.sendTo(listed(c)))).contains("malformed message");
    }
    assertThat(
            refusal(
                c ->
                    listed(c)
                        .send(
                            new byte[] {Messages.CONTENT, Messages.OFFERED, ContentRecords.SAME})))
        .contains("malformed message: something else than a whole file is offered");
    assertThat(
            refusal(
                c -> {
                  Channel copy = listed(c);
                  TestingPeer.listing(0, true, false, 0).sendTo(copy);
                  offer(0, 0, content).sendTo(copy);
                }))
        .contains("malformed message");
  }

  @Test
  void h40_more_offers_than_there_may_be_are_refused() throws Exception {
    assertThat(
            refusal(
                c -> {
                  Channel copy = listed(c);
                  for (int i = 0; i < 100; i++) {
                    offer(0, 0, new byte[ContentRecords.OFFERED_FILE_MAX]).sendTo(copy);
                  }
                }))
        .contains("malformed message: more is offered than is allowed");
  }

  /** More than was said, less, and not what its sum says. */
  @Test
  void h47_an_offer_that_is_not_the_file_replaces_nothing() throws Exception {
    for (String content : List.of("longer", "less")) {
      assertThat(
              refusalOfContent(
                  c -> {
                    Channel copy = listed(c);
                    offer(0, 0, content.getBytes(UTF_8)).sendTo(copy);
                    TestingPeer.listing(0, true, false, 0).sendTo(copy);
                    while (c.receive() != null) {}
                  }))
          .contains("content than the file has");
    }
    assertThat(
            refusalOfContent(
                c -> {
                  Channel copy = listed(c);
                  offer(0, 0, "other".getBytes(UTF_8)).sendTo(copy);
                  TestingPeer.listing(0, true, false, 0).sendTo(copy);
                  TestingPeer.listed(1, 1).sendTo(copy);
                  byte[] message = c.receive();
                  while (message != null && message[0] != SeriesFrames.PROBLEM) {
                    message = c.receive();
                  }
                  assertThat(new String(message, UTF_8)).contains("was damaged on the way");
                }))
        .contains("before the copy was complete");
  }

  private static dev.godwit.sync.rules.Rules exact() {
    return SeriesRequest.exactRules().build();
  }

  @Test
  void h40_noise_ends_the_series_and_nothing_else() throws Exception {
    long seed = 77;
    Random random = new Random(seed);
    for (int i = 0; i < 200; i++) {
      byte[] noise = new byte[1 + random.nextInt(40)];
      random.nextBytes(noise);
      noise[0] = (byte) random.nextInt(16);
      assertThat(
              refusal(
                  c -> {
                    c.send(begin(0));
                    c.send(noise);
                  }))
          .as("seed %d, %d", seed, i)
          .isNotEqualTo("accepted");
    }
  }

  private static byte[] again(String path, boolean isTree) {
    return new MessageWriter()
        .u8(SeriesFrames.AGAIN)
        .u32(0)
        .bool(isTree)
        .bytes(Names.of(path))
        .toBytes();
  }

  private static String temporary() {
    return Names.display(new TemporaryNames().next());
  }

  private static byte[] rename(String from, String to) {
    MessageWriter message = new MessageWriter().u8(SeriesFrames.RENAME).u32(0);
    new TargetRename(Names.of(from), Names.of(to), 0, -1).write(message);
    return message.toBytes();
  }

  @Test
  void h38_names_that_lead_out_are_not_renamed() throws Exception {
    for (String path : List.of("../outside", "/etc", "", "a//b", "a/../..", "./mine", "a\0b")) {
      assertThat(refusal(c -> c.send(rename(path, "b")))).as(path).contains("malformed message");
      assertThat(refusal(c -> c.send(rename("mine", path)))).as(path).contains("malformed message");
    }
    for (byte[] lie :
        List.of(
            rename("a", "a"),
            rename("a/b", "a/b"),
            rename("a", "a/../a"),
            rename("a", "a/" + temporary()),
            rename(temporary() + "/a", temporary()))) {
      assertThat(refusal(c -> c.send(lie))).contains("malformed message");
    }
  }

  /** Only directories are renamed, and nothing is replaced. */
  @Test
  void h39_a_rename_replaces_nothing() throws Exception {
    Files.writeString(target.resolve("other"), "other");
    assertThat(
            refusal(
                c -> {
                  c.send(rename("mine", "other"));
                  c.send(rename("mine", "new"));
                  c.send(rename("none", "other"));
                  c.send(rename("other/below", "new"));
                }))
        .contains("before the copy was complete");
  }

  /** What ends twice, or goes on after its end. */
  @Test
  void h38_a_target_that_ends_a_copy_twice_ends_the_series() throws Exception {
    Path source = TestingTrees.folder(folder, "source");
    Files.writeString(source.resolve("a"), "a");
    byte[] end = frame(SeriesFrames.COPY_END, 0);
    for (List<byte[]> lies :
        List.of(
            List.of(end, end),
            List.of(end, frame(SeriesFrames.COPY, 0, (byte) 1)),
            List.of(end, again("a", false)))) {
      SeriesRequest request =
          SeriesRequest.exact(Names.of(source.toString()), Names.of(target.toString()), List.of());
      InMemoryChannels.ChannelPair pair = InMemoryChannels.pair("source", "target");
      try (SeriesSource series =
              SeriesSource.start(TreeRoot.open(request.source()), request, pair.a(), m -> {});
          Channel channel = pair.b()) {
        series.look(new Look().tree(new byte[0], Duration.ZERO));
        channel.receive();
        try {
          for (byte[] lie : lies) {
            channel.send(lie);
          }
        } catch (WireException e) {
          // told already that the series has ended, before the second one
        }
        assertThatThrownBy(() -> series.barrier(false)).isInstanceOf(WireException.class);
      }
    }
  }

  /** Nothing is in it; nor does it have to be true. */
  @Test
  void h38_a_target_that_says_that_there_is_room() throws Exception {
    Path source = TestingTrees.folder(folder, "source");
    SeriesRequest request =
        SeriesRequest.exact(Names.of(source.toString()), Names.of(target.toString()), List.of());
    InMemoryChannels.ChannelPair pair = InMemoryChannels.pair("source", "target");
    CountDownLatch told = new CountDownLatch(2);
    try (SeriesSource series =
            SeriesSource.start(TreeRoot.open(request.source()), request, pair.a(), m -> {});
        Channel channel = pair.b()) {
      series.whenRoom(told::countDown);
      channel.send(new byte[] {SeriesFrames.ROOM});
      channel.send(new byte[] {SeriesFrames.ROOM});
      told.await();
      channel.send(new byte[] {SeriesFrames.ROOM, 1});
      assertThatThrownBy(series::targetRoot).isInstanceOf(WireException.class);
    }
  }

  /** Of what was removed before, which a target is told, and tells (H27). */
  @Test
  void h40_removals_that_cannot_be_are_refused() throws Exception {
    long most = RemovalWindow.NAMES_MAX;
    long minute = Duration.ofMinutes(1).toMillis();
    assertThat(known(minute, 1, 0, most)).hasSize(2);
    for (long[] lie :
        List.of(
            new long[] {minute, 0},
            new long[] {minute, -1},
            new long[] {minute, most + 1},
            new long[] {-1, 1},
            new long[] {11 * minute, 1},
            new long[] {Long.MAX_VALUE, Long.MAX_VALUE},
            new long[2 * RemovalWindow.STEPS_MAX + 2])) {
      assertThatThrownBy(() -> known(lie)).isInstanceOf(WireException.class);
    }
    assertThat(SeriesTargetAbility.removed(removed(most).toBytes())).isEqualTo(most);
    assertThat(SeriesTargetAbility.removed(new byte[0])).isZero();
    for (byte[] lie :
        List.of(
            removed(0).toBytes(),
            removed(-1).toBytes(),
            removed(most + 1).toBytes(),
            removed(1).u8(0).toBytes(),
            new byte[] {SeriesFrames.REMOVED, 0})) {
      assertThatThrownBy(() -> SeriesTargetAbility.removed(lie)).isInstanceOf(WireException.class);
    }
  }

  /** What is told of names that came is bounded, too. */
  @Test
  void h38_names_that_cannot_have_come_are_not_taken() throws Exception {
    assertThat(SeriesTargetAbility.came(new byte[0])).isEmpty();
    assertThat(SeriesTargetAbility.came(removed(1).toBytes())).isEmpty();
    assertThat(SeriesTargetAbility.came(came(2).u64(7).u64(8).toBytes())).containsExactly(7L, 8L);
    for (byte[] lie :
        List.of(
            came(0).toBytes(),
            came(1).toBytes(),
            came(CameLately.TOLD_MAX + 1).toBytes(),
            came(1).u64(7).u8(0).toBytes())) {
      assertThatThrownBy(() -> SeriesTargetAbility.came(lie)).isInstanceOf(WireException.class);
    }
    long most = RemovalWindow.LENGTH.toMillis();
    for (long age : new long[] {-1, most + 1}) {
      byte[] told = new MessageWriter().bool(true).u32(1).u64(7).u64(age).toBytes();
      assertThatThrownBy(() -> CameLately.Told.read(new MessageReader(told)))
          .isInstanceOf(WireException.class);
    }
    CameLately many = new CameLately();
    many.add(LongStream.range(0, CameLately.NAMES_MAX + 5).boxed().toList(), 0);
    MessageWriter message = new MessageWriter();
    many.told(true, 1).write(message);
    assertThat(CameLately.Told.read(new MessageReader(message.toBytes())).names())
        .hasSize(CameLately.NAMES_MAX)
        .extracting(CameLately.Name::sum)
        .startsWith(5L);
  }

  private static MessageWriter came(int names) {
    return new MessageWriter().u8(SeriesFrames.CAME).u32(names);
  }

  private static MessageWriter removed(long names) {
    return new MessageWriter().u8(SeriesFrames.REMOVED).u64(names);
  }

  /**
   * @param steps ages in milliseconds and numbers of names, in turn
   */
  private static List<RemovalWindow.Step> known(long... steps) throws WireException {
    MessageWriter message = new MessageWriter().text("").u64(KnownTarget.ALL).u32(steps.length / 2);
    for (long one : steps) {
      message.u64(one);
    }
    return KnownTarget.read(new MessageReader(message.toBytes())).removed();
  }

  @Test
  void h38_a_target_that_answers_what_was_not_asked_ends_the_series() throws Exception {
    Path source = TestingTrees.folder(folder, "source");
    Files.writeString(source.resolve("a"), "a");
    byte[] path = Names.of("../outside");
    for (byte[] lie :
        List.of(
            frame(SeriesFrames.COPY, 9, (byte) 1),
            frame(SeriesFrames.COPY, 0, (byte) 99),
            frame(SeriesFrames.COPY_END, 9),
            frame(SeriesFrames.SYNCED, 0),
            new MessageWriter().u8(SeriesFrames.SYNCED).u32(0).u64(1).toBytes(),
            frame(SeriesFrames.FIGURES, 0),
            frame(SeriesFrames.FIGURES, 9),
            new MessageWriter().u8(SeriesFrames.AGAIN).u32(0).bool(true).bytes(path).toBytes(),
            new MessageWriter()
                .u8(SeriesFrames.AGAIN)
                .u32(0)
                .bool(true)
                .bytes(path, 0, 0)
                .toBytes(),
            new MessageWriter().u8(SeriesFrames.PROBLEM).bool(true).bytes(path).toBytes(),
            again("/etc", false),
            again("a//b", false),
            again("a/../..", true),
            again("./a", false),
            again("a\0b", false),
            again("x".repeat(256), true),
            new MessageWriter().u8(SeriesFrames.AGAIN).u32(7).bool(false).bytes(path).toBytes(),
            new MessageWriter().u8(SeriesFrames.RENAMED).u32(0).u8(1).toBytes(),
            new MessageWriter().u8(SeriesFrames.RENAMED).u32(0).u8(200).toBytes(),
            new MessageWriter() // nobody asked to be told
                .u8(SeriesFrames.CHANGED)
                .u32(0)
                .u8(0)
                .u32(Change.DELETED)
                .bytes(Names.of("a"))
                .toBytes(),
            new byte[] {SeriesFrames.FINISHED},
            new byte[] {SeriesFrames.FINISH},
            removed(1).toBytes(), // who carries it has not taken it out
            frame(SeriesFrames.COPY_BEGIN, 1),
            frame(SeriesFrames.SYNC, 0),
            frame(SeriesFrames.RENAME, 0),
            new MessageWriter()
                .u8(SeriesFrames.LIMIT)
                .text("x".repeat(SeriesFrames.LIMIT_BYTES_MAX + 1))
                .toBytes(),
            new MessageWriter().u8(SeriesFrames.HALT).u8(99).bytes(path).toBytes(),
            frame(SeriesFrames.KEEP, 0),
            new byte[] {},
            new byte[] {99})) {
      InMemoryChannels.ChannelPair pair = InMemoryChannels.pair("source", "target");
      SeriesRequest request =
          SeriesRequest.exact(Names.of(source.toString()), Names.of(target.toString()), List.of());
      try (SeriesSource series =
              SeriesSource.start(TreeRoot.open(request.source()), request, pair.a(), m -> {});
          Channel channel = pair.b()) {
        series.look(new Look().tree(new byte[0], Duration.ZERO));
        channel.receive();
        channel.send(lie);
        assertThatThrownBy(() -> series.barrier(false)).isInstanceOf(WireException.class);
      }
    }
  }
}
