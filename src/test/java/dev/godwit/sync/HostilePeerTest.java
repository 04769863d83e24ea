package dev.godwit.sync;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.Names;
import dev.godwit.wire.Channel;
import dev.godwit.wire.InMemoryChannels;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A source that lies to the target, and the other way round. */
@Timeout(60)
class HostilePeerTest {
  private static final Metadata FILE = new Metadata(0644, 0, 0, 4, 1_700_000_000, 0);

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
    var before = TestingTrees.listing(folder);
    String said = said(lies);
    assertThat(TestingTrees.listing(folder)).isEqualTo(before);
    return said;
  }

  private String said(Lies lies) throws Exception {
    InMemoryChannels.ChannelPair pair = InMemoryChannels.pair("source", "target");
    @Nullable Exception[] failure = new Exception[1];
    Thread thread =
        Thread.ofPlatform()
            .start(
                () -> {
                  try (Channel channel = pair.b()) {
                    try {
                      new SyncTargetAbility()
                          .serve(
                              channel,
                              new TargetOptions(
                                      Names.of(target.toString()), true, true, -1, List.of(), false)
                                  .encode());
                    } catch (Exception e) {
                      failure[0] = e;
                      channel.fail(String.valueOf(e.getMessage()));
                    }
                  }
                });
    try (Channel channel = pair.a()) {
      lies.tell(channel);
      channel.finish();
      while (channel.receive() != null) {}
    } catch (WireException e) {
      // as it should
    }
    thread.join();
    return failure[0] == null ? "accepted" : String.valueOf(failure[0].getMessage());
  }

  private static byte[] listing(String directory, ListingMessage.End end, Entry... entries) {
    // By hand: the record would refuse such paths itself.
    MessageWriter message =
        new MessageWriter()
            .u8(Protocol.LISTING)
            .u32(0)
            .u32(0)
            .bool(true)
            .u8(end.ordinal())
            .bytes(Names.of(directory));
    new Metadata(0755, 0, 0, 0, 1_700_000_000, 0).write(message);
    return message.list(List.of(entries), (m, entry) -> entry.write(m)).toBytes();
  }

  private static Entry file(String name) {
    return new Entry(Names.of(name), Entry.Kind.FILE, FILE, 0, Entry.NO_TEXT, false);
  }

  @Test
  void h38_names_and_paths_that_lead_out_are_refused() throws Exception {
    for (String name :
        List.of("", ".", "..", "a/b", "../outside", "/etc", "a\0b", "x".repeat(256))) {
      assertThat(refusal(c -> c.send(listing("", ListingMessage.End.MORE, file(name)))))
          .as(name)
          .contains("malformed message");
    }
    for (String path : List.of("..", "../x", "/", "/etc", "a//b", "a/", "a/../..", "./a")) {
      assertThat(refusal(c -> c.send(listing(path, ListingMessage.End.MORE))))
          .as(path)
          .contains("malformed message");
    }
  }

  private static void untilRefused(Channel channel, MessageWriter message) throws Exception {
    message.sendTo(channel);
    while (channel.receive() != null) {}
  }

  private static MessageWriter content(int batch, int index, String content) {
    MessageWriter message = new MessageWriter().u8(Protocol.FILES).u8(0);
    message.u8(FileRecords.BEGIN).u32(batch).u32(index);
    FILE.write(message);
    message.bool(false).u8(FileRecords.DATA).bytes(Names.of(content));
    return message.u8(FileRecords.END).u64(4).u32(0).bool(true);
  }

  @Test
  void h38_a_file_that_nobody_asked_for_is_refused() throws Exception {
    assertThat(refusal(c -> untilRefused(c, content(0, 0, "evil"))))
        .contains("batch that is not open");
    assertThat(
            refusal(
                c -> {
                  c.send(listing("", ListingMessage.End.MORE, file("wanted"), file("other")));
                  untilRefused(c, content(0, 7, "evil"));
                }))
        .contains("not asked for");
    assertThat(
            refusal(
                c -> {
                  c.send(listing("", ListingMessage.End.MORE, file("wanted"), file("other")));
                  MessageWriter same = new MessageWriter().u8(Protocol.FILES).u8(0);
                  untilRefused(c, same.u8(FileRecords.SAME).u32(0).u32(7));
                }))
        .contains("not asked for");
    assertThat(
            refusal(
                c ->
                    untilRefused(
                        c, new MessageWriter().u8(Protocol.KEEP).bytes(Names.of("../outside")))))
        .contains("malformed message");
  }

  @Test
  void h40_more_content_than_announced_is_refused() throws Exception {
    assertThat(
            said(
                c -> {
                  c.send(listing("", ListingMessage.End.MORE, file("wanted")));
                  c.receive(); // it is wanted
                  untilRefused(c, content(0, 0, "more than four"));
                }))
        .contains("more of a file than it has");
    assertThat(TestingTrees.run(target, "ls", "-A")).isEqualTo("mine\n");
  }

  @Test
  void h47_content_that_was_damaged_is_not_put_in_place() throws Exception {
    assertThat(
            said(
                c -> {
                  c.send(listing("", ListingMessage.End.MORE, file("mine")));
                  c.receive();
                  content(0, 0, "evil").sendTo(c); // with a wrong checksum
                  assertThat(new String(c.receive(), UTF_8)).contains("damaged on the way");
                }))
        .contains("before the copy was complete");
    assertThat(target.resolve("mine")).hasContent("mine");
    assertThat(TestingTrees.run(target, "ls", "-A")).isEqualTo("mine\n");
  }

  @Test
  void h39_a_listing_that_is_cut_removes_nothing() throws Exception {
    assertThat(refusal(c -> c.send(listing("", ListingMessage.End.MORE, file("other")))))
        .contains("before the copy was complete");
  }

  @Test
  void h40_noise_ends_the_session_and_nothing_else() throws Exception {
    long seed = 77;
    Random random = new Random(seed);
    var before = TestingTrees.listing(folder);
    byte[] good = listing("", ListingMessage.End.MORE, file("a"), file("b"));
    for (int i = 0; i < 300; i++) {
      byte[] noise = good.clone();
      for (int n = random.nextInt(4); n >= 0; n--) {
        noise[random.nextInt(11, noise.length)] = (byte) random.nextInt();
      }
      assertThat(said(c -> c.send(noise))).as("seed %d, %d", seed, i).isNotEqualTo("accepted");
    }
    assertThat(TestingTrees.listing(folder)).isEqualTo(before);
  }

  @Test
  void h38_a_target_gets_only_what_it_was_offered() throws Exception {
    Path source = TestingTrees.folder(folder, "source");
    Files.writeString(source.resolve("a"), "a");
    Files.createDirectory(source.resolve("d"));
    for (byte[] lie :
        List.of(
            new MessageWriter().u8(Protocol.WANT).u32(5).u32(1).u32(0).toBytes(),
            new MessageWriter().u8(Protocol.WANT).u32(0).u32(1).u32(900).toBytes(),
            new MessageWriter().u8(Protocol.WANT).u32(0).u32(3).u32(0).u32(1).u32(0).toBytes(),
            new MessageWriter().u8(Protocol.SUMS).u32(5).u32(0).toBytes(),
            new MessageWriter().u8(Protocol.SUMS).u32(0).u32(1).u32(900).u32(0).toBytes(),
            new MessageWriter().u8(Protocol.SUMS).u32(0).u32(1).u32(0).u32(99).toBytes(),
            new MessageWriter().u8(Protocol.DONE).u32(99).toBytes(),
            new MessageWriter().u8(Protocol.BARRIER_DONE).u32(0).toBytes(),
            new MessageWriter().u8(Protocol.FILES).u8(0).toBytes(),
            new byte[] {},
            new byte[] {99})) {
      InMemoryChannels.ChannelPair pair = InMemoryChannels.pair("source", "target");
      try (SourceSession session =
              SourceSession.start(
                  TreeRoot.open(Names.of(source.toString())),
                  SourceOptions.of(List.of()),
                  pair.a());
          Channel channel = pair.b()) {
        session.lookTree(new byte[0]);
        channel.receive();
        channel.send(lie);
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> session.barrier(false))
            .isInstanceOf(WireException.class);
      }
    }
  }
}
