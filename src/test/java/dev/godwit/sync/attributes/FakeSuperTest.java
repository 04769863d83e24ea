package dev.godwit.sync.attributes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.Names;
import dev.godwit.sync.attributes.FakeSuper.Stat;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FakeSuperTest {
  private static final String TYPES = "ffffffffffddddddllllppcc";

  private static final Pattern RECORDED_LIST =
      Pattern.compile("user\\.rsync\\.%aacl=0x(\\w+)\nuser\\.rsync\\.%stat=0x(\\w+)");

  // In a recorded list: four bytes for each of the owner, the group, the mask and the others.
  private static final int GROUP = 4;
  private static final int MASK = 8;
  private static final byte UNSAID = (byte) 0x80;

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path folder;

  private final long seed = Long.getLong("godwit.attributes.seed", 2);
  private final Random random = new Random(seed);

  @Test
  void a_status_is_written_and_read_as_rsync_writes_it() {
    Stat stat = new Stat(0104755, (1L << 32) | 3, 5, -2);
    assertThat(stat.value()).asString().isEqualTo("104755 1,3 5:4294967294");
    assertThat(Stat.parse(stat.value())).isEqualTo(stat);
    assertThat(stat.fits(0100600)).isTrue();
    assertThat(stat.fits(0040700)).isFalse();
    assertThat(new Stat(0020600, 0, 0, 0).fits(0100600)).isTrue();
    assertThat(new Stat(0040600, 0, 0, 0).fits(0100600)).isFalse();
    assertThat(new Stat(0000600, 0, 0, 0).fits(0100600)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "100644",
        "100644 0,0 5",
        "100644 0,0 5:",
        "100644 0,0 :6",
        "100644 0,0 5:6 ",
        "100648 0,0 5:6",
        "-100644 0,0 5:6",
        "1000000 0,0 5:6",
        "100644 0,0 -1:6",
        "100644 0,0 4294967295:6",
        "100644 0,0 4294967296:6",
        "100644 0,0 5:4294967295",
        "100644 0 0 5:6",
        "100644 0,0 99999999999999999999:6"
      })
  void h11_a_status_that_cannot_be_understood_gives_nobody_anything(String text) {
    assertThat(Stat.parse(Names.of(text))).isNull();
  }

  @Test
  void attributes_of_other_name_spaces_go_behind_a_prefix() {
    for (String name : List.of("security.a", "trusted.b.c", "user.a", "system.x")) {
      byte[] stored = FakeSuper.stored(Names.of(name));
      assertThat(stored).asString().startsWith("user.");
      assertThat(FakeSuper.meant(stored)).asString().isEqualTo(name);
    }
    assertThat(FakeSuper.meant(Names.of("user.rsync.foo")))
        .as("an attribute of the user's own that only looks like one of these")
        .asString()
        .isEqualTo("user.rsync.foo");
    assertThat(FakeSuper.isOwn(FakeSuper.STAT)).isTrue();
  }

  /** New and standing names, with lists or with extended attributes; rsync loses one at times. */
  @ParameterizedTest
  @ValueSource(strings = {"-A", "-X", ""})
  void trees_are_those_that_rsync_makes(String extra) throws Exception {
    for (int i = 0; i < 2; i++) {
      TestingPrograms.out(folder, "rm", "-rf", "s", "before", "rsync", "godwit");
      fill("s");
      fill("before");
      List<String> options = new ArrayList<>(List.of("-a"));
      if (!extra.isEmpty()) {
        options.add(extra);
      }
      rsync(options, "-M--fake-super", "before", "rsync");
      TestingPrograms.out(folder, "cp", "-a", "rsync", "godwit");
      String told = rsync(options, "-M--fake-super", "s", "rsync");

      List<String> fake = new ArrayList<>(options);
      fake.add("--fake-super");
      TestingAttributeCopy copy = copy(options, fake, "s", "godwit");
      String what = "seed " + seed + " round " + i + " in " + folder;
      assertThat(copy.notKept).as(what).isEmpty();
      assertThat(lines(String.join("\n", copy.items))).as(what).isEqualTo(lines(told));
      String kept = RECORDED_LIST.matcher(look("rsync")).replaceAll(FakeSuperTest::agreeing);
      assertThat(look("godwit")).as(what).isEqualTo(kept);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"-A", "-X"})
  void trees_that_rsync_made_are_understood(String extra) throws Exception {
    for (int i = 0; i < 2; i++) {
      TestingPrograms.out(folder, "rm", "-rf", "s", "fake", "rsync", "godwit");
      fill("s");
      Files.createDirectory(folder.resolve("godwit"));
      List<String> options = List.of("-a", extra);
      rsync(options, "-M--fake-super", "s", "fake");
      rsync(List.of("-a", extra, "--fake-super"), "-M--super", "fake", "rsync");
      // Links are files there, which the little copy of this test does not read back.
      TestingPrograms.out(folder, "find", "rsync", "fake", "-name", "l*", "-delete");
      TestingAttributeCopy copy =
          copy(List.of("-a", extra, "--fake-super"), options, "fake", "godwit");
      String what = "seed " + seed + " round " + i + " in " + folder;
      assertThat(copy.notKept).as(what).isEmpty();
      assertThat(look("godwit")).as(what).isEqualTo(look("rsync"));
    }
  }

  private void fill(String name) throws Exception {
    Path directory = Files.createDirectory(folder.resolve(name));
    TestingAttributeTree.fill(directory, random, TYPES, 8, true, 07777);
  }

  private String rsync(List<String> options, String remote, String from, String to)
      throws Exception {
    List<String> command = new ArrayList<>(List.of("rsync", "-i", remote));
    command.addAll(options);
    for (String name : TestingAttributeTree.names(TYPES)) {
      if (Files.exists(folder.resolve(from + "/" + name), LinkOption.NOFOLLOW_LINKS)) {
        command.add(from + "/" + name);
      }
    }
    command.add(to + "/");
    TestingPrograms.Outcome outcome = TestingPrograms.run(folder, command);
    assertThat(outcome.exit()).as("seed " + seed + outcome.out()).isZero();
    return outcome.out();
  }

  private TestingAttributeCopy copy(
      List<String> source, List<String> target, String from, String to) throws Exception {
    TestingAttributeCopy copy =
        new TestingAttributeCopy(
            TestingAttributeCopy.rules(source), TestingAttributeCopy.rules(target));
    copy.copy(folder.resolve(from).toString(), folder.resolve(to).toString());
    return copy;
  }

  private String look(String name) throws Exception {
    // Where a list goes, rsync leaves one that says nothing.
    String nothing = "\nuser.rsync.%aacl=0x" + "80000000".repeat(4);
    return TestingAttributeTree.look(folder.resolve(name))
        .replace(nothing, "")
        .replaceAll("(?m)^# file: \\S+\\R(?=# file|\\z)", "");
  }

  /**
   * A list as rsync has recorded it, with the mask that the recorded mode says. Where a list that
   * stands differs from the wanted one in its mask alone, rsync records the new mode and leaves the
   * old mask.
   */
  private static String agreeing(MatchResult record) {
    HexFormat hex = HexFormat.of();
    byte[] list = hex.parseHex(record.group(1));
    String mode = new String(hex.parseHex(record.group(2)), StandardCharsets.US_ASCII);
    int group = Integer.parseInt(mode.substring(0, mode.indexOf(' ')), 8) >> 3 & 7;
    if (list[MASK] != UNSAID) {
      list[MASK] = (byte) group;
      if (list[GROUP] == group) {
        list[GROUP] = UNSAID; // as the mode says it
      }
    }
    return "user.rsync.%aacl=0x" + hex.formatHex(list) + "\nuser.rsync.%stat=0x" + record.group(2);
  }

  private static String lines(String text) {
    return String.join(
        "\n",
        text.lines()
            .filter(line -> !line.isBlank() && !line.startsWith("created directory"))
            .map(line -> line.replace(" -> to", ""))
            .sorted()
            .toList());
  }
}
