package dev.godwit.sync.attributes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.linux.Errno;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.rules.Rules;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OwnersTest {
  private static final int[] IDS = {0, 5, 7, 9, 60, 12345, 65534, -2};

  @TempDir Path folder;

  /** A host's accounts that a test makes up. */
  private record Book(Map<String, Integer> accounts, boolean isDown) implements AccountBook {
    @Override
    public int number(String name) throws LinuxException {
      check(name);
      return accounts.getOrDefault(name, UNKNOWN);
    }

    @Override
    public @Nullable String name(int number) throws LinuxException {
      check(Integer.toUnsignedString(number));
      return accounts.entrySet().stream()
          .filter(e -> e.getValue() == number)
          .map(Map.Entry::getKey)
          .findFirst()
          .orElse(null);
    }

    private void check(String what) throws LinuxException {
      if (isDown) {
        throw new LinuxException("getpwnam_r", what, Errno.EIO);
      }
    }
  }

  private static final Book HERE =
      new Book(Map.of("root", 0, "alice", 500, "bob", 501, "www", 33), false);

  private static Rules rules(@Nullable String userMap, boolean numeric) {
    Rules.Builder rules = new Rules.Builder().archive();
    rules.userMap = userMap;
    rules.groupMap = userMap;
    rules.numericIds = numeric;
    return rules.build();
  }

  private static Owners owners(@Nullable String userMap, boolean numeric) throws OwnerException {
    Owners owners = Owners.of(rules(userMap, numeric), HERE, HERE);
    if (!numeric) {
      owners.learnUser(1000, "alice");
      owners.learnUser(1001, "carol");
      owners.learnUser(0, "alice");
      owners.learnGroup(1000, "www");
    }
    return owners;
  }

  @Test
  void owners_are_found_by_name_and_kept_by_number_without_one() throws Exception {
    Owners owners = owners(null, false);
    for (int i = 0; i < 2; i++) { // from the table the second time
      assertThat(owners.user(1000)).isEqualTo(500);
      assertThat(owners.group(1000)).isEqualTo(33);
      assertThat(owners.user(1001)).as("carol is not known here").isEqualTo(1001);
      assertThat(owners.user(1002)).as("has no name").isEqualTo(1002);
      assertThat(owners.user(0)).as("root stays root whatever its name").isZero();
      assertThat(owners.user(-2)).isEqualTo(-2);
    }
    assertThat(owners(null, true).user(1000)).isEqualTo(1000);
  }

  @Test
  void maps_come_before_names() throws Exception {
    Owners owners = owners("alice:bob,c*:33,2000-2999:www,root:7,:8,*:9", false);
    assertThat(owners.user(1000)).isEqualTo(501);
    assertThat(owners.user(1001)).isEqualTo(33);
    assertThat(owners.user(2000)).isEqualTo(33);
    assertThat(owners.user(2999)).isEqualTo(33);
    assertThat(owners.user(0)).as("by the name it has here").isEqualTo(7);
    assertThat(owners.user(3000)).as("nameless").isEqualTo(8);
    assertThat(owners("*:9", true).user(0)).isEqualTo(9);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"5:nobody-here", "5:-1", "5:4294967295", "5:9999999999", "5:+9", "5: 9", "*:9-10"})
  void h11_an_owner_that_the_target_does_not_know_ends_the_copy_before_it_begins(String map) {
    assertThatThrownBy(() -> owners(map, false))
        .isInstanceOf(OwnerException.class)
        .hasMessageContaining("--usermap");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "5", "5:", ":", "5x:9", "5-:9", "5-6-7:9", "5:9,", "4294967296:9"})
  void a_map_that_is_none_is_quoted(String map) {
    assertThatThrownBy(() -> owners(map, false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--usermap")
        .hasMessageContaining("\"" + map.substring(map.lastIndexOf(',') + 1).replaceAll(":9$", ""));
  }

  @Test
  void h11_an_account_that_cannot_be_looked_up_is_an_error_and_not_root() throws Exception {
    Owners owners = Owners.of(rules(null, false), new Book(Map.of(), true), HERE);
    owners.learnUser(1000, "alice");
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> owners.user(1000))
          .isInstanceOf(OwnerException.class)
          .hasMessageContaining("1000")
          .hasMessageContaining("Input/output error");
    }
    assertThatThrownBy(() -> owners.user(-1)).isInstanceOf(OwnerException.class);
  }

  @Test
  void h11_any_map_and_any_id_never_gives_root_what_was_not_root_s() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    String letters = "0123456789-:,*?[]abr \\0";
    int good = 0;
    for (int i = 0; i < 20_000; i++) {
      StringBuilder map = new StringBuilder();
      for (int k = random.nextInt(12); k > 0; k--) {
        map.append(letters.charAt(random.nextInt(letters.length())));
      }
      try {
        Owners owners = owners(map.toString(), random.nextBoolean());
        int id = random.nextInt();
        boolean grantsRoot = map.toString().matches(".*:0+(,.*)?|.*:root(,.*)?");
        if (id != 0 && !grantsRoot) {
          assertThat(owners.user(id)).as("seed %d map %s id %d", seed, map, id).isNotZero();
        }
        good++;
      } catch (IllegalArgumentException | OwnerException e) {
        assertThat(e).hasMessageNotContaining("null");
      }
    }
    assertThat(good).as("seed " + seed).isGreaterThan(20);
  }

  @Test
  void names_travel_in_front_of_what_they_own() throws Exception {
    OwnerNames names = new OwnerNames(HERE, HERE);
    OwnerNames.Collected collected = new OwnerNames.Collected();
    Attributes attributes = Attributes.of(FileStatus.NONE.as(0100644, 500, 33, 0));
    collected.add(attributes);
    collected.add(attributes.owned(777, 0, null, null));
    MessageWriter message = new MessageWriter();
    names.write(message, collected);

    Owners owners =
        Owners.of(
            rules(null, false),
            new Book(Map.of("alice", 900), false),
            new Book(Map.of("www", 901), false));
    OwnerNames.read(new MessageReader(message.toBytes()), owners);
    assertThat(owners.user(500)).isEqualTo(900);
    assertThat(owners.group(33)).isEqualTo(901);
    assertThat(owners.user(777)).isEqualTo(777);
    assertThatThrownBy(
            () ->
                OwnerNames.read(
                    new MessageReader(new MessageWriter().u32(1 << 30).toBytes()), owners))
        .isInstanceOf(WireException.class);
  }

  /** The same user and group maps, on this host's own accounts, by rsync. */
  @Test
  void random_maps_do_what_rsync_does() throws Exception {
    Files.createDirectory(folder.resolve("here"));
    for (int id : IDS) {
      Path file = Files.createFile(folder.resolve("here/" + Integer.toUnsignedString(id)));
      Files.setAttribute(file, "unix:uid", id);
      Files.setAttribute(file, "unix:gid", id);
    }
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 25; i++) {
      Rules.Builder builder = new Rules.Builder().archive();
      builder.userMap = map(random);
      builder.groupMap = map(random);
      builder.numericIds = random.nextInt(4) == 0;
      Rules rules = builder.build();
      List<String> command =
          new ArrayList<>(
              List.of("rsync", "-a", "--usermap=" + rules.userMap, "--groupmap=" + rules.groupMap));
      if (rules.numericIds) {
        command.add("--numeric-ids");
      }
      command.addAll(List.of("here/", "there/"));
      TestingPrograms.out(folder, "rm", "-rf", "there");
      TestingPrograms.Outcome rsync = TestingPrograms.run(folder, command);
      String what = "seed " + seed + " " + command + rsync.out();
      Owners owners = Owners.local(rules);
      assertThat(rsync.exit()).as(what).isZero();
      for (int id : IDS) {
        Path file = folder.resolve("there/" + Integer.toUnsignedString(id));
        assertThat(Files.getAttribute(file, "unix:uid")).as(what).isEqualTo(owners.user(id));
        assertThat(Files.getAttribute(file, "unix:gid")).as(what).isEqualTo(owners.group(id));
      }
    }
  }

  private static String map(Random random) {
    String[] from = {
      "0", "5-9", "60", "games", "g*", "*", "", "r??t", "[a-m]*", "l\\p*", "tty", "root"
    };
    String[] to = {"0", "5", "backup", "4294967294", "007", "root", "777777"};
    StringBuilder map = new StringBuilder();
    for (int i = 1 + random.nextInt(4); i > 0; i--) {
      map.append(map.isEmpty() ? "" : ",")
          .append(from[random.nextInt(from.length)])
          .append(':')
          .append(to[random.nextInt(to.length)]);
    }
    return map.toString();
  }
}
