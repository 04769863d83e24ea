package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import dev.godwit.TestingPatience;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Names;
import dev.godwit.sync.TestingMemoryFolder;
import dev.godwit.sync.TestingTrees;
import dev.godwit.sync.attributes.Attributes;
import dev.godwit.sync.content.ContentKey;
import dev.godwit.sync.rules.Deletion;
import dev.godwit.sync.rules.Rules;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A source of a copy that lies to the target, and a target that lies to the source. */
@Timeout(value = TestingPatience.TEST_SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class LyingPeerTest {
  private static final String MALFORMED = "PROTOCOL malformed message: ";

  @TempDir(factory = TestingMemoryFolder.class)
  Path folder;

  private Path target;
  private Path source;

  @BeforeEach
  void folders() throws Exception {
    target = TestingTrees.folder(folder, "target");
    Files.writeString(target.resolve("mine"), "mine");
    Files.writeString(TestingTrees.folder(target, "below").resolve("mine"), "mine");
    Files.writeString(TestingTrees.folder(folder, "outside").resolve("f"), "outside");
    source = TestingTrees.folder(folder, "source");
    Files.writeString(source.resolve("a"), "a");
    Files.writeString(source.resolve("b"), "b");
    Files.createSymbolicLink(source.resolve("l"), Path.of("../outside/f"));
    Files.writeString(TestingTrees.folder(source, "d").resolve("c"), "c");
  }

  private CopyRequest request(Consumer<Rules.Builder> options) {
    return TestingRun.request(
        TestingRun.rules(
            rules -> {
              rules.deletion = Deletion.DURING;
              options.accept(rules);
            }),
        target.toString(),
        source + "/");
  }

  /** What a target says of it; nothing may have changed. */
  private String refusal(TestingPeer.Lies lies) throws Exception {
    return refusal(rules -> {}, lies);
  }

  private String refusal(Consumer<Rules.Builder> options, TestingPeer.Lies lies) throws Exception {
    var before = TestingTrees.listing(folder);
    String words = TestingPeer.toTarget(request(options), lies).words();
    assertThat(TestingTrees.listing(folder)).isEqualTo(before);
    return words;
  }

  private static void listing(Channel channel, CompactWriter listing) throws Exception {
    listing(channel, Deletion.NONE, listing);
  }

  private static void listing(Channel channel, Deletion when, CompactWriter listing)
      throws Exception {
    TestingPeer.top(channel, when);
    listing.sendTo(channel);
  }

  /** A listing that is not complete: nothing is removed because of it. */
  private static CompactWriter part(int count) {
    return TestingPeer.listing(0, true, false, count);
  }

  private static final List<byte[]> BAD_NAMES =
      List.of(
          new byte[0],
          Names.of("."),
          Names.of(".."),
          Names.of("/"),
          Names.of("a/b"),
          Names.of("../outside/f"),
          Names.of("/etc/passwd"),
          Names.of("a\0b"),
          Names.of("x".repeat(256)),
          new byte[100_000]);

  @Test
  void h38_names_that_are_no_component_are_refused() throws Exception {
    for (byte[] name : BAD_NAMES) {
      for (int mode : new int[] {TestingPeer.FILE, TestingPeer.DIRECTORY}) {
        assertThat(refusal(c -> listing(c, TestingPeer.entry(part(1), 0, name, mode, 1))))
            .as(Names.display(name))
            .startsWith(MALFORMED);
      }
    }
    // Put together from the name before.
    assertThat(
            refusal(
                c -> {
                  CompactWriter two = TestingPeer.file(part(2), "..a", 1);
                  two.u8(4).u8(2).number(0).number(1);
                  listing(c, two);
                }))
        .startsWith(MALFORMED);
    assertThat(
            refusal(
                c -> {
                  CompactWriter two = TestingPeer.file(part(2), "a", 1);
                  two.u8(4).u8(200).number(1).raw(Names.of("b"), 0, 1).number(1);
                  listing(c, two);
                }))
        .startsWith(MALFORMED);
  }

  @Test
  void h38_a_directory_that_was_not_announced_is_refused() throws Exception {
    for (int number : new int[] {1, 7, Integer.MAX_VALUE - 8}) {
      assertThat(
              refusal(
                  c ->
                      listing(
                          c, TestingPeer.file(TestingPeer.listing(number, true, true, 1), "a", 1))))
          .contains("a listing of a directory that is not known");
    }
    assertThat(
            refusal(
                c -> {
                  TestingPeer.top(c);
                  TestingPeer.listing(0, false, false, 0).sendTo(c);
                  TestingPeer.listing(0, true, false, 0).sendTo(c);
                  for (int i = 0; i < 1000; i++) {
                    TestingPeer.listing(0, true, false, 0).sendTo(c);
                  }
                }))
        .startsWith(MALFORMED);
  }

  @Test
  void h38_old_names_that_lead_out_are_refused() throws Exception {
    for (String path : List.of("../outside/f", "/etc/passwd", "", "a//b", "a/../..", "./mine")) {
      assertThat(refusal(c -> cameFrom(c, 0, path))).as(path).startsWith(MALFORMED);
    }
    assertThat(refusal(c -> cameFrom(c, 1, "mine"))).startsWith(MALFORMED);
  }

  private static void cameFrom(Channel channel, int index, String path) throws Exception {
    TestingPeer.top(channel);
    TestingPeer.file(TestingPeer.listing(0, false, false, 1), "a", 1).sendTo(channel);
    CompactWriter message = new CompactWriter(64).u8(Messages.CAME_FROM).number(0);
    message.number(index).bool(false).bytes(Names.of(path)).sendTo(channel);
    TestingPeer.awaitEnd(channel);
  }

  @Test
  void h38_names_out_of_order_or_twice_are_refused() throws Exception {
    assertThat(
            refusal(c -> listing(c, TestingPeer.file(TestingPeer.file(part(2), "b", 1), "a", 1))))
        .contains("not in order");
    assertThat(
            refusal(c -> listing(c, TestingPeer.file(TestingPeer.file(part(2), "a", 1), "a", 1))))
        .contains("not in order");
  }

  private static void untilRefused(Channel channel, CompactWriter message) throws Exception {
    message.sendTo(channel);
    TestingPeer.awaitEnd(channel);
  }

  private static CompactWriter records() {
    return new CompactWriter(256).u8(Messages.CONTENT).u8(0);
  }

  @Test
  void h38_content_that_nobody_asked_for_is_refused() throws Exception {
    byte[] evil = Names.of("evil");
    String notAsked = "content of a file that was not asked for (H38)";
    assertThat(
            refusal(
                c -> {
                  TestingPeer.top(c);
                  untilRefused(c, TestingPeer.content(0, 0, 0, evil, 0));
                }))
        .startsWith(MALFORMED);
    // Another name than the one that is wanted; one that never was; one of another directory.
    for (int[] place : new int[][] {{0, 1}, {0, 7}, {0, 1 << 28}, {5, 0}}) {
      assertThat(
              said(
                  c -> {
                    listing(
                        c,
                        TestingPeer.entry(
                            TestingPeer.file(part(2), "wanted", 4), 0, Names.of("z"), 0010644, 0));
                    TestingPeer.awaitWant(c);
                    untilRefused(c, TestingPeer.content(0, place[0], place[1], evil, 0));
                  }))
          .contains(notAsked);
      assertUntouched();
    }
    // The same one twice.
    assertThat(
            said(
                c -> {
                  listing(c, TestingPeer.file(TestingPeer.file(part(2), "w1", 4), "w2", 4));
                  TestingPeer.awaitWant(c);
                  TestingPeer.content(0, 0, 0, evil, crc(evil)).sendTo(c);
                  untilRefused(c, TestingPeer.content(0, 0, 0, evil, crc(evil)));
                }))
        .contains(notAsked);
    assertThat(target.resolve("w1")).hasContent("evil");
    assertThat(target.resolve("w2")).doesNotExist();
    // What stands and is equal is not asked for.
    long seconds = Files.getLastModifiedTime(target.resolve("mine")).toMillis() / 1000;
    assertThat(
            said(
                c -> {
                  CompactWriter equal = part(1).u8(0).u8(0).number(4).raw(Names.of("mine"), 0, 4);
                  equal.number(TestingPeer.FILE).number(0).number(0).number(4).signed(seconds);
                  listing(c, equal);
                  untilRefused(c, TestingPeer.content(0, 0, 0, evil, crc(evil)));
                }))
        .contains(notAsked);
    assertThat(target.resolve("mine")).hasContent("mine");
  }

  private String said(TestingPeer.Lies lies) throws Exception {
    return TestingPeer.toTarget(request(rules -> {}), lies).words();
  }

  private static int crc(byte[] content) {
    CRC32C sum = new CRC32C();
    sum.update(content);
    return (int) sum.getValue();
  }

  private void assertUntouched() throws Exception {
    assertThat(TestingTrees.run(target, "sh", "-c", "find . -type f | sort"))
        .isEqualTo("./below/mine\n./mine\n");
    assertThat(target.resolve("mine")).hasContent("mine");
    assertThat(folder.resolve("outside/f")).hasContent("outside");
  }

  @Test
  void h38_a_link_does_not_lead_what_follows_it() throws Exception {
    for (boolean keepsLinks : new boolean[] {false, true}) {
      TestingPeer.Outcome outcome =
          TestingPeer.toTarget(
              request(rules -> rules.keepDirectoryLinks = keepsLinks),
              c -> {
                // "x" is a link to the outside, and then a directory with a file.
                CompactWriter both =
                    TestingPeer.entry(part(2), 0, Names.of("x"), TestingPeer.LINK, 10);
                both.bytes(Names.of("../outside"));
                TestingPeer.entry(
                    both, TestingPeer.ENTERED, Names.of("x"), TestingPeer.DIRECTORY, 0);
                listing(c, both);
                TestingPeer.file(TestingPeer.listing(1, true, true, 1), "f", 4).sendTo(c);
                TestingPeer.listed(2, 3).sendTo(c);
                if (TestingPeer.isWanted(c)) {
                  byte[] evil = Names.of("evil");
                  untilRefused(c, TestingPeer.content(0, 1, 0, evil, crc(evil)));
                }
              });
      assertThat(TestingTrees.run(folder.resolve("outside"), "ls", "-A")).isEqualTo("f\n");
      assertThat(folder.resolve("outside/f")).as(outcome.toString()).hasContent("outside");
      TestingTrees.run(target, "rm", "-rf", "x");
    }
  }

  @Test
  void h38_names_of_one_inode_are_only_linked_when_that_is_asked() throws Exception {
    byte[] content = Names.of("same");
    TestingPeer.Outcome outcome =
        TestingPeer.toTarget(
            request(rules -> rules.hardLinks = false),
            c -> {
              CompactWriter two = part(2);
              for (String name : List.of("one", "two")) {
                TestingPeer.entry(
                        two, TestingPeer.LINKED, Names.of(name), TestingPeer.FILE, content.length)
                    .number(77)
                    .number(2);
              }
              listing(c, two);
              TestingPeer.awaitWant(c);
              TestingPeer.content(0, 0, 0, content, crc(content)).sendTo(c);
              TestingPeer.content(0, 0, 1, content, crc(content)).sendTo(c);
              untilRefused(c, TestingPeer.listed(1, 2));
            });
    assertThat(outcome.failures()).isEmpty();
    assertThat(TestingTrees.run(target, "stat", "-c", "%h %n", "one", "two"))
        .isEqualTo("1 one\n1 two\n");
  }

  @Test
  void h39_a_listing_that_is_cut_or_not_whole_removes_nothing() throws Exception {
    for (Deletion when : Deletion.values()) {
      assertThat(
              refusal(
                  rules -> rules.deletion = when,
                  c ->
                      listing(
                          c,
                          when,
                          TestingPeer.file(TestingPeer.listing(0, false, true, 1), "z", 0))))
          .contains("the source ended before the copy was complete");
    }
    // It says itself that it could not read all of it.
    for (Deletion when : Deletion.values()) {
      TestingPeer.Outcome outcome =
          TestingPeer.toTarget(
              request(rules -> rules.deletion = when),
              c -> {
                listing(c, when, part(0));
                listAgain(c, when, TestingPeer.listing(1, true, false, 0));
              });
      assertThat(outcome.words()).as(when.toString()).isEqualTo("accepted");
      assertThat(outcome.items()).as(when.toString()).isEmpty();
      assertUntouched();
    }
    // It met an error before.
    for (Deletion when : List.of(Deletion.DURING, Deletion.DELAY)) {
      assertThat(
              refusal(
                  rules -> rules.deletion = when,
                  c -> {
                    TestingPeer.top(c, when);
                    c.send(new byte[] {Messages.SOURCE_ERROR});
                    TestingPeer.listing(0, true, true, 0).sendTo(c);
                    untilRefused(c, TestingPeer.listed(1, 0));
                  }))
          .isEqualTo("accepted");
    }
  }

  /** What follows a first listing: the numbers, and another pass where one is wanted. */
  private static void listAgain(Channel channel, Deletion when, CompactWriter second)
      throws Exception {
    TestingPeer.listed(1, 0).sendTo(channel);
    if (when == Deletion.BEFORE || when == Deletion.AFTER) {
      second.sendTo(channel);
      TestingPeer.listed(1, 0).sendTo(channel);
    }
    TestingPeer.awaitEnd(channel);
  }

  @Test
  void h40_counts_and_lengths_that_lie_are_refused() throws Exception {
    assertThat(refusal(c -> listing(c, TestingPeer.file(part(1 << 28), "a", 1))))
        .startsWith(MALFORMED);
    assertThat(refusal(c -> listing(c, TestingPeer.file(part(-1), "a", 1)))).startsWith(MALFORMED);
    assertThat(refusal(c -> listing(c, TestingPeer.file(part(0), "a", 1))))
        .contains("bytes too many");
    assertThat(refusal(c -> listing(c, TestingPeer.file(part(1), "a", -1)))).startsWith(MALFORMED);
    for (int mode : new int[] {0, 0170000, 0130644, 0377777}) {
      assertThat(refusal(c -> listing(c, TestingPeer.entry(part(1), 0, Names.of("a"), mode, 0))))
          .startsWith(MALFORMED);
    }
    assertThat(refusal(c -> c.send(new byte[0]))).startsWith(MALFORMED);
    assertThat(refusal(c -> c.send(new byte[] {Messages.LISTING}))).startsWith(MALFORMED);
    assertThat(
            refusal(
                c -> {
                  TestingPeer.top(c);
                  TestingPeer.top(c);
                }))
        .startsWith(MALFORMED);
    for (long[] wrong : new long[][] {{2, 0}, {1, 1}, {0, 0}, {Long.MAX_VALUE, 0}}) {
      assertThat(
              refusal(
                  c -> {
                    listing(c, part(0));
                    TestingPeer.listed(wrong[0], wrong[1]).sendTo(c);
                  }))
          .startsWith(MALFORMED);
    }
  }

  @Test
  void h40_a_lane_that_does_not_exist_is_refused() throws Exception {
    for (int lane : new int[] {Messages.LANES_MAX, 255}) {
      assertThat(
              refusal(
                  c -> {
                    TestingPeer.top(c);
                    untilRefused(c, TestingPeer.content(lane, 0, 0, new byte[1], 0));
                  }))
          .startsWith(MALFORMED);
    }
  }

  @Test
  void h40_more_or_less_content_than_was_said_is_refused() throws Exception {
    byte[] five = Names.of("12345");
    for (CompactWriter wrong :
        List.of(
            TestingPeer.content(0, 0, 0, five, crc(five)),
            TestingPeer.content(0, 0, 0, Names.of("123"), crc(Names.of("123"))),
            records()
                .u8(ContentRecords.BEGIN)
                .number(0)
                .number(0)
                .bool(false)
                .u8(ContentRecords.HOLE)
                .number(5),
            records()
                .u8(ContentRecords.BEGIN)
                .number(0)
                .number(0)
                .bool(false)
                .u8(ContentRecords.HOLE)
                .number(Long.MAX_VALUE),
            records()
                .u8(ContentRecords.BEGIN)
                .number(0)
                .number(0)
                .bool(false)
                .u8(ContentRecords.DATA)
                .u32(Integer.MAX_VALUE),
            records()
                .u8(ContentRecords.BEGIN)
                .number(0)
                .number(0)
                .bool(false)
                .u8(ContentRecords.DATA)
                .u32(-1),
            records()
                .u8(ContentRecords.BEGIN)
                .number(0)
                .number(0)
                .bool(false)
                .u8(ContentRecords.BEGIN)
                .number(0)
                .number(0)
                .bool(false),
            records().u8(ContentRecords.DATA).u32(0),
            records().u8(ContentRecords.END).u32(0),
            records().u8(ContentRecords.DELTA).number(0).number(0).number(0),
            records().u8(ContentRecords.DELTA_END).number(0).number(0).bool(true),
            records().u8(ContentRecords.SAME).number(0).number(0),
            records().u8(99))) {
      assertThat(
              said(
                  c -> {
                    listing(c, TestingPeer.file(part(1), "wanted", 4));
                    TestingPeer.awaitWant(c);
                    untilRefused(c, wrong);
                  }))
          .as(Arrays.toString(wrong.toBytes()))
          .startsWith(MALFORMED);
      assertUntouched();
      assertThat(TestingTrees.run(target, "find", ".", "-name", ".godwit*")).isEmpty();
    }
  }

  @Test
  void h40_more_is_listed_than_there_is_room_for() throws Exception {
    // Directory after directory, each with names that wait for their content, which never comes.
    int each = 4000;
    int count = (int) (2 * ListingWindow.COST_MAX / (each * 320L));
    assertThat(
            refusal(
                rules -> rules.deletion = Deletion.NONE,
                c -> {
                  CompactWriter directories = TestingPeer.listing(0, true, true, count);
                  for (int i = 0; i < count; i++) {
                    TestingPeer.entry(
                        directories,
                        TestingPeer.ENTERED,
                        Names.of("d%04d".formatted(i)),
                        TestingPeer.DIRECTORY,
                        0);
                  }
                  listing(c, directories);
                  for (int i = 0; i < count; i++) {
                    CompactWriter many = TestingPeer.listing(i + 1, false, true, each);
                    for (int j = 0; j < each; j++) {
                      TestingPeer.file(many, "f%06d".formatted(j), 1);
                    }
                    many.sendTo(c);
                  }
                }))
        .contains("more is listed than there is room for");
  }

  @Test
  void h42_a_compressed_message_yields_what_was_announced_or_is_refused() throws Exception {
    byte[] bomb = Zstd.compress(new byte[16 << 20]);
    assertThat(bomb.length).isLessThan(2000);
    for (int announced : new int[] {0, 1, 100_000, Channel.MESSAGE_BYTES_MAX}) {
      CompactWriter message = new CompactWriter(bomb.length + 16);
      message.u8(Messages.CONTENT).u8(0).u8(ContentRecords.COMPRESSED).u32(announced);
      message.raw(bomb, 0, bomb.length);
      assertThat(
              TestingPeer.toTarget(
                      request(rules -> rules.compress = true),
                      c -> {
                        listing(c, TestingPeer.file(part(1), "wanted", 4));
                        TestingPeer.awaitWant(c);
                        untilRefused(c, message);
                      })
                  .words())
          .contains("malformed frame");
    }
    for (int announced : new int[] {-1, Channel.MESSAGE_BYTES_MAX + 1, Integer.MAX_VALUE}) {
      CompactWriter message = new CompactWriter(16);
      message.u8(Messages.CONTENT).u8(0).u8(ContentRecords.COMPRESSED).u32(announced);
      assertThat(
              TestingPeer.toTarget(
                      request(rules -> rules.compress = true),
                      c -> {
                        listing(c, TestingPeer.file(part(1), "wanted", 4));
                        TestingPeer.awaitWant(c);
                        untilRefused(c, message);
                      })
                  .words())
          .startsWith(MALFORMED);
    }
    assertUntouched();
  }

  @Test
  void h47_content_that_was_damaged_is_not_put_in_place() throws Exception {
    byte[] evil = Names.of("evil");
    TestingPeer.Outcome outcome =
        TestingPeer.toTarget(
            request(rules -> {}),
            c -> {
              listing(c, TestingPeer.file(part(1), "mine", 4));
              TestingPeer.awaitWant(c);
              TestingPeer.content(0, 0, 0, evil, crc(evil) + 1).sendTo(c);
              untilRefused(c, TestingPeer.listed(1, 1));
            });
    assertThat(outcome.failures())
        .containsExactly(
            "PARTIAL mine: its content was damaged on the way; nothing here was changed");
    assertUntouched();
  }

  @Test
  void h13_after_a_delta_of_a_file_that_changed_comes_the_file_as_it_was_listed() throws Exception {
    Files.write(target.resolve("large"), new byte[100_000]);
    byte[] content = new byte[120_000];
    Arrays.fill(content, (byte) 1);
    FileStatus shorter = FileStatus.NONE.as(TestingPeer.FILE, 0, 0, 0);
    TestingPeer.Outcome outcome =
        TestingPeer.toTarget(
            request(rules -> {}),
            c -> {
              listing(c, TestingPeer.file(part(1), "large", content.length));
              TestingPeer.awaitWant(c);
              CompactWriter ended = records().u8(ContentRecords.DELTA_INODE).number(0).number(0);
              new InodeRecord(shorter, Attributes.of(shorter))
                  .write(ended, new OwnerNotes(TestingRun.rules(rules -> {})));
              ended.u8(ContentRecords.DELTA_END).number(0).number(0).bool(false).sendTo(c);
              TestingPeer.awaitWant(c);
              TestingPeer.content(0, 0, 0, content, crc(content)).sendTo(c);
              untilRefused(c, TestingPeer.listed(1, 1));
            });
    assertThat(outcome.words()).isEqualTo("accepted");
    assertThat(outcome.failures()).isEmpty();
    assertThat(target.resolve("large")).hasBinaryContent(content);
  }

  /** Who writes the lane waits for who works on the delta, who has met the first of them. */
  @Test
  void h40_more_of_a_delta_after_what_is_malformed_of_it_ends_the_copy() throws Exception {
    Files.write(target.resolve("large"), new byte[100_000]);
    TestingPeer.Outcome outcome =
        TestingPeer.toTarget(
            request(rules -> {}),
            c -> {
              listing(c, TestingPeer.file(part(1), "large", 120_000));
              TestingPeer.awaitWant(c);
              CompactWriter records = records();
              for (int i = 0; i < 40; i++) {
                records.u8(ContentRecords.DELTA).number(0).number(0).bytes(new byte[] {99});
              }
              untilRefused(c, records);
            });
    assertThat(outcome.words()).contains("malformed delta");
    assertThat(target.resolve("large")).hasBinaryContent(new byte[100_000]);
  }

  @Test
  void h40_noise_ends_the_copy_and_nothing_else() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    byte[] good = TestingPeer.file(TestingPeer.file(part(2), "a", 1), "b", 1).toBytes();
    var before = TestingTrees.listing(folder);
    for (int i = 0; i < 150; i++) {
      byte[] noise = good.clone();
      for (int n = random.nextInt(4); n >= 0; n--) {
        noise[random.nextInt(noise.length)] = (byte) random.nextInt();
      }
      TestingPeer.Outcome outcome =
          TestingPeer.toTarget(
              request(rules -> rules.existingOnly = true),
              c -> {
                TestingPeer.top(c);
                c.send(noise);
              });
      assertThat(outcome.words()).as("seed %d, %d", seed, i).isNotEqualTo("accepted");
    }
    assertThat(TestingTrees.listing(folder)).as("seed %d", seed).isEqualTo(before);
  }

  // And the other way round.

  private static CompactWriter answer(int type, int number) {
    return new CompactWriter(64).u8(Messages.ANSWERS).u8(type).number(number);
  }

  private String refusedBySource(Consumer<Rules.Builder> options, CompactWriter... lies)
      throws Exception {
    var before = TestingTrees.listing(source);
    TestingPeer.Outcome outcome =
        TestingPeer.toSource(
            request(options),
            c -> {
              c.send(FileSums.message(null));
              byte[] message = c.receive();
              while (message != null && message[0] != Messages.LISTED) {
                message = c.receive();
              }
              for (CompactWriter lie : lies) {
                lie.sendTo(c);
              }
              while (c.receive() != null) {}
            });
    assertThat(TestingTrees.listing(source)).isEqualTo(before);
    return outcome.words();
  }

  @Test
  void h38_a_target_gets_only_what_was_listed() throws Exception {
    // Of directory 0: a, b, l (a link), d (directory 1, with c).
    for (CompactWriter lie :
        List.of(
            answer(Answers.WANT, 9).number(1).signed(0),
            answer(Answers.WANT, Integer.MAX_VALUE - 8).number(1).signed(0),
            answer(Answers.WANT, 0).number(1).signed(2),
            answer(Answers.WANT, 0).number(1).signed(3),
            answer(Answers.WANT, 0).number(1).signed(4),
            answer(Answers.WANT, 0).number(1).signed(-1),
            answer(Answers.WANT, 0).number(1).signed(Long.MIN_VALUE),
            answer(Answers.WANT, 0).number(2).signed(0).signed(0),
            answer(Answers.WANT, 0).number(1 << 28).signed(0),
            answer(Answers.WANT_FROM, 0).number(2).number(0),
            answer(Answers.WANT_FROM, 0).number(0).number(2),
            answer(Answers.WANT_FROM, 0).number(1 << 28).number(0),
            answer(Answers.WANT_UNLESS, 0).number(0).bytes(new byte[33]),
            answer(Answers.WANT_UNLESS, 0).number(2).bytes(new byte[32]),
            answer(Answers.WANT_DELTA, 0).number(3).bool(false).number(1).number(1024),
            answer(Answers.WANT_DELTA, 0).number(0).bool(false).number(1).number(0),
            answer(Answers.WANT_DELTA, 0).number(0).bool(false).number(-1).number(1024),
            answer(Answers.REMOVE, 0).number(0),
            answer(Answers.DONE, 9),
            answer(Answers.RELEASE, 9),
            answer(Answers.RELEASE, 0).u8(Answers.RELEASE).number(0),
            answer(Answers.WHOLE, 0),
            answer(Answers.WHOLE, 9),
            new CompactWriter(8).u8(Messages.SUMS).u8(2),
            new CompactWriter(8).u8(Messages.SUMS).bool(true).bool(true).bytes(new byte[15]),
            answer(99, 0),
            new CompactWriter(8).u8(99),
            new CompactWriter(8).u8(Messages.KEY).u8(1),
            new CompactWriter(8).u8(Messages.FINISHED).u8(1),
            new CompactWriter(8).u8(Messages.LISTING).u8(0))) {
      assertThat(refusedBySource(rules -> {}, lie))
          .as(Arrays.toString(lie.toBytes()))
          .contains(" malformed message: ");
    }
    assertThat(refusedBySource(rules -> {}, new CompactWriter(1))).startsWith(MALFORMED);
  }

  @Test
  void h38_a_target_removes_only_what_was_listed() throws Exception {
    for (int index : new int[] {3, 4, 1 << 28}) {
      assertThat(
              refusedBySource(
                  rules -> rules.removeSourceFiles = true, answer(Answers.REMOVE, 0).number(index)))
          .contains("that was not listed (H38)");
    }
  }

  @Test
  void h41_a_target_that_asks_for_all_deltas_at_once_is_refused() throws Exception {
    for (int i = 0; i < 300; i++) {
      Files.write(source.resolve("n" + i), new byte[10_000]);
    }
    CompactWriter all = new CompactWriter(8192).u8(Messages.ANSWERS);
    for (int i = 3; i < 303; i++) { // behind a, b and l
      all.u8(Answers.WANT_DELTA).number(0).number(i).bool(false).number(10_000).number(1024);
    }
    MessageWriter key = new MessageWriter();
    ContentKey.random().write(key);
    CompactWriter first = new CompactWriter(64).u8(Messages.KEY);
    first.raw(key.array(), 0, key.length());
    assertThat(refusedBySource(rules -> {}, first, all))
        .contains("too many deltas are wanted at once");
  }
}
