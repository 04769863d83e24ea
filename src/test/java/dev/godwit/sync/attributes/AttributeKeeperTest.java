package dev.godwit.sync.attributes;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** Random attributes, random options: the same as what rsync makes of them, and tells of it. */
class AttributeKeeperTest {
  private static final String TYPES = "ffffffffffffffffffffffffffddddddddddddllllppppcc";

  private static final String USER_TYPES = "ffffffffffffddddddllllpp";
  private static final int USER = 1000;

  /** Of which the user is a member beside its own. */
  private static final String GROUPS = "5";

  /** Cases; a million is a matter of patience: -Dgodwit.attributes.cases=1000000. */
  private static final int CASES = Integer.getInteger("godwit.attributes.cases", 12);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path folder;

  @Test
  @Tag("lab") // takes its time
  void h6_random_trees_get_the_attributes_that_rsync_gives_them() throws Exception {
    long seed = Long.getLong("godwit.attributes.seed", 1);
    for (int i = 0; i < CASES; i++, seed++) {
      compare(seed);
    }
  }

  private void compare(long seed) throws Exception {
    TestingPrograms.out(folder, "rm", "-rf", "s", "rsync", "godwit");
    Random random = new Random(seed);
    long same = random.nextLong();
    boolean hasDefault = random.nextInt(4) == 0;
    List<String> options = options(random);
    // Without -p, setuid and setgid of another owner are not taken over; rsync does that.
    int modes = options.contains("-p") || options.contains("-A") ? 07777 : 01777;
    fill("s", new Random(random.nextLong()), 9, false, 07777);
    fill("rsync", new Random(same), 7, hasDefault, modes);
    fill("godwit", new Random(same), 7, hasDefault, modes);
    if (options.contains("--no-super")) {
      // rsync adds these to directories while it works, and does not always take them back.
      TestingPrograms.out(
          folder,
          "find",
          "s",
          "rsync",
          "godwit",
          "-mindepth",
          "1",
          "-type",
          "d",
          "-exec",
          "chmod",
          "u+rwx",
          "{}",
          "+");
    }

    List<String> command = new ArrayList<>(List.of("rsync", "-i", "--info=nonreg0"));
    command.addAll(options);
    for (String name : TestingAttributeTree.names(TYPES)) {
      if (Files.exists(folder.resolve("s/" + name), LinkOption.NOFOLLOW_LINKS)) {
        command.add("s/" + name);
      }
    }
    command.add("rsync/");
    TestingPrograms.Outcome rsync = TestingPrograms.run(folder, command);
    String what = "seed " + seed + " " + options + " in " + folder;
    assertThat(rsync.exit()).as(what + rsync.out()).isZero();

    TestingAttributeCopy copy =
        new TestingAttributeCopy(
            TestingAttributeCopy.rules(options), TestingAttributeCopy.rules(options));
    copy.copy(folder.resolve("s").toString(), folder.resolve("godwit").toString());

    String untimed =
        options.contains("-t")
            ? (options.contains("-O") ? "d" : "") + (options.contains("-J") ? "l" : "")
            : "fdlpc";
    assertThat(copy.notKept).as(what).isEmpty();
    assertThat(lines(String.join("\n", copy.items)))
        .as(what)
        .isEqualTo(lines(rsync.out().replace(" -> to", "")));
    if (!look("godwit", untimed).equals(look("rsync", untimed))) {
      // A directory's list takes rsync a second run now and then; ours must be what it comes to.
      TestingPrograms.run(folder, command);
    }
    assertThat(look("godwit", untimed)).as(what).isEqualTo(look("rsync", untimed));
  }

  @Test
  @Tag("lab")
  void an_ordinary_user_s_copies_are_those_of_rsync() throws Exception {
    long seed = Long.getLong("godwit.attributes.seed", 1);
    // The folder of a test is its owner's only.
    TestingPrograms.out(folder, "chmod", "755", ".");
    for (int i = 0; i < Math.max(2, CASES / 4); i++, seed++) {
      compareAsUser(seed);
    }
  }

  private void compareAsUser(long seed) throws Exception {
    TestingPrograms.out(folder, "rm", "-rf", "s", "rsync", "godwit");
    Random random = new Random(seed);
    long same = random.nextLong();
    fillForUser("s", new Random(random.nextLong()), 9, new int[] {USER, 7}, "60");
    fillForUser("rsync", new Random(same), 7, new int[] {USER}, "" + USER);
    fillForUser("godwit", new Random(same), 7, new int[] {USER}, "" + USER);
    List<String> options = new ArrayList<>(List.of("-rlD"));
    for (String option : List.of("-p", "-t", "-o", "-g", "-A", "--chmod=ug+rX,Fo-w,Dg+s")) {
      if (random.nextInt(3) > 0) {
        options.add(option);
      }
    }
    if (options.contains("-p") && random.nextBoolean()) {
      options.add("-X");
    } else if (!options.contains("-p")) {
      options.add("-E");
    }
    List<String> rsync = new ArrayList<>(List.of("rsync", "-i"));
    rsync.addAll(options);
    for (String name : TestingAttributeTree.names(USER_TYPES)) {
      if (Files.exists(folder.resolve("s/" + name), LinkOption.NOFOLLOW_LINKS)) {
        rsync.add("s/" + name);
      }
    }
    rsync.add("rsync/");
    String what = "seed " + seed + " " + options + " in " + folder;
    TestingPrograms.Outcome theirs =
        TestingPrograms.run(folder, TestingPrograms.as(USER, GROUPS, rsync));
    assertThat(theirs.exit()).as(what + theirs.out()).isZero();
    TestingPrograms.Outcome ours =
        TestingPrograms.run(folder, TestingPrograms.as(USER, GROUPS, ours(options)));
    assertThat(ours.exit()).as(what + ours.out()).isZero();
    assertThat(lines(ours.out())).as(what).isEqualTo(lines(theirs.out().replace(" -> to", "")));
    String untimed = options.contains("-t") ? "" : "fdlpc";
    assertThat(look("godwit", untimed)).as(what).isEqualTo(look("rsync", untimed));
  }

  /** The little copy in a process of its own, with classes that anybody can read. */
  private List<String> ours(List<String> options) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(TestingAttributeCopy.class.getName());
    command.addAll(options);
    command.add(folder.resolve("s").toString());
    command.add(folder.resolve("godwit").toString());
    return command;
  }

  private void fillForUser(String name, Random random, int share, int[] uids, String otherGroup)
      throws Exception {
    Path directory = Files.createDirectory(folder.resolve(name));
    TestingAttributeTree.fill(directory, random, USER_TYPES, share, false, 07777);
    TestingPrograms.out(folder, "chown", USER + ":" + USER, name);
    for (String entry : TestingAttributeTree.names(USER_TYPES)) {
      if (Files.exists(directory.resolve(entry), LinkOption.NOFOLLOW_LINKS)) {
        String uid = "" + uids[random.nextInt(uids.length)];
        String gid = List.of("" + USER, GROUPS, otherGroup).get(random.nextInt(3));
        List<String> mode = new ArrayList<>(List.of("stat", "-c", "%a", name + "/" + entry));
        String before = TestingPrograms.run(folder, mode).out().strip();
        TestingPrograms.out(folder, "chown", "-h", uid + ":" + gid, name + "/" + entry);
        if (!entry.startsWith("l")) {
          if (!uid.equals("" + USER)) {
            TestingPrograms.out(folder, "setfacl", "-b", name + "/" + entry);
          }
          TestingPrograms.out(folder, "chmod", before, name + "/" + entry);
          TestingPrograms.out(folder, "chmod", "a+rX", name + "/" + entry);
        }
      }
    }
  }

  private void fill(String name, Random random, int share, boolean hasDefault, int modes)
      throws Exception {
    Path directory = Files.createDirectory(folder.resolve(name));
    TestingAttributeTree.fill(directory, random, TYPES, share, true, modes);
    if (hasDefault) {
      TestingPrograms.out(directory, "setfacl", "-d", "-m", "u::rwx,u:9:rx,g::rx,o::r,m::rwx", ".");
    }
  }

  private static List<String> options(Random random) {
    List<String> options = new ArrayList<>(List.of("-rlD"));
    for (String option : List.of("-p", "-p", "-E", "-t", "-t", "-o", "-g", "-A", "-X", "-X")) {
      if (random.nextBoolean() && !options.contains(option)) {
        options.add(option);
      }
    }
    if (options.contains("-X") && !options.contains("-p")) {
      // Without -p, rsync gives a file the source's mode together with attributes that differ;
      // its manual says that existing files keep theirs.
      options.add("-p");
    }
    if (options.contains("-X") && random.nextInt(4) == 0) {
      options.add("-XX");
    }
    for (String option :
        List.of(
            "-O",
            "-J",
            "-@-1",
            "-@2",
            "-n",
            "--numeric-ids",
            "--no-super",
            "--chmod=ug+rX,Fo-w,Dg+s",
            "--chmod=F4711,D700",
            "--usermap=5:7,*:9",
            "--groupmap=games:8,7:60")) {
      if (random.nextInt(8) == 0) {
        options.add(option);
      }
    }
    if (options.contains("-A") && options.contains("--no-super")) {
      options.remove("--numeric-ids"); // in lists, rsync leaves users alone then, but not groups
    }
    return options;
  }

  private static String lines(String text) {
    return String.join("\n", text.lines().filter(line -> !line.isBlank()).sorted().toList());
  }

  /** Without times of modification for the types of which the copy sets none. */
  private String look(String name, String untimed) throws Exception {
    String look = TestingAttributeTree.look(folder.resolve(name));
    return untimed.isEmpty()
        ? look
        : look.replaceAll("(?m)^(\\S+ [" + untimed + "] \\d+ \\d+ \\d+) \\d+\\.\\d+ ", "$1 ");
  }
}
