package dev.godwit.lsyncd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.godwit.daemon.RulesException;
import dev.godwit.linux.Names;
import dev.godwit.mirror.rules.MirrorArguments;
import dev.godwit.mirror.rules.MirrorRule;
import dev.godwit.sync.Removals;
import dev.godwit.sync.rules.Deletion;
import dev.godwit.sync.rules.Rules;
import dev.godwit.sync.rules.TestingSurroundings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is made of lsyncd's configurations. */
final class LsyncdFileTest {
  private static final Path FILE = Path.of("lsyncd.conf.lua");

  @TempDir private Path folder;

  private static final TestingSurroundings SURROUNDINGS = new TestingSurroundings();

  static {
    SURROUNDINGS.environment.put("HOME", "/home/me");
    SURROUNDINGS.files.put("/etc/excludes", "*.from-file\n");
  }

  private static LsyncdFile.Read read(String text) throws RulesException {
    return LsyncdFile.read(
        text.getBytes(StandardCharsets.UTF_8), FILE, LsyncdLine.NONE, SURROUNDINGS);
  }

  private static List<String> problems(String text) {
    RulesException refused = catchThrowableOfType(RulesException.class, () -> read(text));
    assertThat(refused).as("refused: %s", text).isNotNull();
    return refused.problems();
  }

  private static MirrorRule rule(String options) throws RulesException {
    return read("sync { default.rsync, source='/s', target='/t', " + options + " }")
        .rules()
        .rules()
        .getFirst();
  }

  @Test
  void a_local_one_as_users_have_it() throws Exception {
    LsyncdFile.Read read =
        read(
            """
            settings { logfile = "/var/log/lsyncd/lsyncd.log", statusFile = "/var/log/lsyncd/lsyncd-status.log", statusInterval = 20 }
            sync { default.rsync, source = "/var/vmail", target = "/mnt/efs/vmail", delay = 5, rsync = { archive = true } }
            """);
    MirrorRule rule = read.rules().rules().getFirst();
    assertThat(rule.from()).isEqualTo("/var/vmail");
    assertThat(rule.to()).isEqualTo("/mnt/efs/vmail");
    assertThat(rule.delay()).isEqualTo(Duration.ofSeconds(5));
    assertThat(rule.rules().owner && rule.rules().permissions && rule.rules().group).isTrue();
    assertThat(rule.rules().deletion).isNotEqualTo(Deletion.NONE);
    assertThat(read.rules().logFile()).isEqualTo(Path.of("/var/log/lsyncd/lsyncd.log"));
    assertThat(read.rules().lsyncdStatus())
        .extracting("file", "every")
        .containsExactly(Path.of("/var/log/lsyncd/lsyncd-status.log"), Duration.ofSeconds(20));
    assertThat(read.isDaemon()).isTrue();
    assertThat(read.remarks()).isEmpty();
  }

  @Test
  void every_key_of_ssh_becomes_words_of_its_command() throws Exception {
    LsyncdFile.Read read =
        read(
            """
            sync { default.rsyncssh, source="/s", host="h", targetdir="/t", ssh = {
              binary = "/opt/bin/ssh", port = 2222, identityFile = "/k/a key",
              options = { StrictHostKeyChecking = "no" }, _extra = { "-4", "-o", "Ciphers=x" } } }
            """);
    List<String> words =
        Objects.requireNonNull(read.rules().rules().getFirst().line().remoteShell).stream()
            .map(Names::display)
            .toList();
    assertThat(words).first().isEqualTo("/opt/bin/ssh");
    assertThat(words).containsSequence("-p", "2222");
    assertThat(words).containsSequence("-i", "/k/a key");
    assertThat(words).containsSequence("-o", "StrictHostKeyChecking=no");
    assertThat(words).containsSequence("-4", "-o", "Ciphers=x");
    assertThat(words).hasSize(1 + 2 + 2 + 2 + 3);
  }

  @Test
  void one_over_ssh_as_users_have_it() throws Exception {
    LsyncdFile.Read read =
        read(
            """
            settings { logfile = "/var/log/lsyncd/lsyncd.log", statusFile = "/var/log/lsyncd/lsyncd.status", nodaemon = false }
            sync { default.rsyncssh, source="/var/www/html", host="other.example.org", targetdir="/var/www/html",
              rsync = { archive=true, compress=true, temp_dir="/var/www/temp", update=true, links=true, times=true, protect_args=true },
              delay=3, ssh = { port = 22 } }
            """);
    MirrorRule rule = read.rules().rules().getFirst();
    assertThat(rule.to()).isEqualTo("other.example.org:/var/www/html");
    assertThat(rule.rules().update && rule.rules().compress).isTrue();
    assertThat(rule.line().remoteShell)
        .extracting(Names::display)
        .containsExactly("ssh", "-p", "22");
    assertThat(String.join("\n", read.remarks()))
        .contains("lsyncd.conf.lua:3: rsync.temp_dir has no effect")
        .contains("protect_args has no effect");
  }

  @Test
  void lua_around_it() throws Exception {
    LsyncdFile.Read read =
        read(
            """
            settings({ nodaemon = true, insist = true })
            local common = { default.rsync, delay = 2, rsync = { perms = true, _extra = { "--bwlimit=100" } } }
            local function path(name) return ("%s/%s"):format(os.getenv("HOME"), name:lower()) end
            for i, name in ipairs({ "One", "Two" }) do
              sync { common, source = path(name), target = "/t/" .. i, rsync = { owner = (i == 2) } }
            end
            print(settings.insist, os.time() > 0, #string.rep("x", 3))
            """);
    List<MirrorRule> rules = read.rules().rules();
    assertThat(rules).extracting(MirrorRule::from).containsExactly("/home/me/one", "/home/me/two");
    assertThat(rules).extracting(MirrorRule::name).containsExactly("Sync1", "Sync2");
    assertThat(rules.get(0).rules().owner).isFalse();
    assertThat(rules.get(1).rules().owner).isTrue();
    assertThat(rules.get(1).rules().permissions).isTrue();
    assertThat(rules.get(1).rules().bandwidth).isEqualTo(100 * 1024);
    assertThat(read.remarks()).contains("true\ttrue\t3");
    assertThat(read.isDaemon()).isFalse();
    assertThat(read.rules().insists()).isTrue();
  }

  @Test
  void what_is_kept_without_archive_is_what_lsyncd_gives_to_rsync() throws Exception {
    MirrorRule rule = rule("delay=1");
    assertThat(rule.rules().links && rule.rules().times && rule.rules().recursive).isTrue();
    assertThat(rule.rules().owner || rule.rules().group || rule.rules().permissions).isFalse();
  }

  /** What lsyncd 2.2.3 gives to rsync for the same table, as a program in rsync's place saw it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "archive = true | -rlptgoD",
        "archive = true, perms = false | -rltgoD",
        "archive = true, links = false | -rptgoD",
        "links = false | -rt",
        "times = false | -rl --checksum",
        "archive = true, times = false | -rlpgoD --checksum",
        "archive = true, owner = false, group = false | -rlptD",
        "archive = true, _extra = { '--no-perms' } | -rltgoD",
        "_extra = { '-p' }, owner = true | -rltop",
        "perms = true, omit_dir_times = true, omit_link_times = true | -rltpOJ",
        "group = false, perms = false | -rlt",
      })
  void what_is_kept_is_what_lsyncd_gives_to_rsync(String table, String options) throws Exception {
    Rules kept = rule("rsync = { " + table + " }").rules();
    Rules wanted =
        MirrorArguments.read(Stream.of((options + " /s/ /t").split(" ")).map(Names::of).toList())
            .rule("wanted", SURROUNDINGS)
            .rules();
    assertThat(
            List.of(kept.links, kept.permissions, kept.times, kept.group, kept.owner, kept.devices))
        .isEqualTo(
            List.of(
                wanted.links,
                wanted.permissions,
                wanted.times,
                wanted.group,
                wanted.owner,
                wanted.devices));
    assertThat(List.of(kept.omitDirectoryTimes, kept.omitLinkTimes))
        .isEqualTo(List.of(wanted.omitDirectoryTimes, wanted.omitLinkTimes));
  }

  @Test
  void what_is_removed() throws Exception {
    assertThat(rule("delete = true").manner().rules().deletes()).isTrue();
    assertThat(rule("delete = false").manner().rules().deletes()).isFalse();
    assertThat(rule("delete = 'startup'").manner().removals()).isEqualTo(Removals.IN_COMPARISONS);
    assertThat(rule("delete = 'running'").manner().removals()).isEqualTo(Removals.WHEN_SEEN);
    assertThat(problems("sync{ default.rsync, source='/s', target='/t', delete='never' }"))
        .containsExactly("lsyncd.conf.lua:1: delete is true, false, 'startup' or 'running'");
  }

  /**
   * A key that is taken.
   *
   * @param value as it is written, perhaps with other keys behind it
   * @param effect what a rule has with it, and has not without it
   */
  private record Taken(String value, Predicate<MirrorRule> effect) {}

  private static Map.Entry<String, Taken> taken(
      String key, String value, Predicate<MirrorRule> effect) {
    return Map.entry(key, new Taken(value, effect));
  }

  private static Map.Entry<String, Taken> switched(String key, Predicate<Rules> effect) {
    return taken(key, "true", rule -> effect.test(rule.rules()));
  }

  /** Keys of {@code rsync}. */
  private static final Map<String, Taken> TAKEN =
      Map.ofEntries(
          switched("acls", rules -> rules.acls && rules.permissions),
          switched("archive", rules -> rules.owner && rules.permissions && rules.devices),
          switched("checksum", rules -> rules.checksum),
          taken("cvs_exclude", "true", rule -> rule.filters().size() == 1),
          switched("compress", rules -> rules.compress),
          switched("delete_excluded", rules -> rules.deleteExcluded),
          switched("executability", rules -> rules.executability),
          switched("existing", rules -> rules.existingOnly),
          switched("group", rules -> rules.group),
          switched("hard_links", rules -> rules.hardLinks),
          switched("ignore_times", rules -> rules.checksum),
          switched("keep_dirlinks", rules -> rules.keepDirectoryLinks),
          switched("omit_dir_times", rules -> rules.omitDirectoryTimes),
          switched("omit_link_times", rules -> rules.omitLinkTimes),
          switched("one_file_system", rules -> rules.oneFileSystem),
          switched("owner", rules -> rules.owner),
          switched("perms", rules -> rules.permissions),
          switched("sparse", rules -> rules.sparse),
          switched("update", rules -> rules.update),
          switched("whole_file", rules -> Boolean.TRUE.equals(rules.wholeFile)),
          switched("xattrs", rules -> rules.xattrs),
          taken("links", "false", rule -> !rule.rules().links),
          taken("times", "false", rule -> !rule.rules().times && rule.rules().checksum),
          taken("ipv4", "true", rule -> rule.line().ipv4),
          taken("ipv6", "true", rule -> rule.line().ipv6),
          taken("backup", "true, backup_dir = '/kept'", rule -> rule.rules().backup),
          taken("backup_dir", "'../kept'", rule -> is("../kept", rule.rules().backupDirectory)),
          taken(
              "suffix",
              "'.old', backup_dir = '../kept'",
              rule -> is(".old", rule.rules().backupSuffix)),
          taken("bwlimit", "2000", rule -> rule.rules().bandwidth == 2000 * 1024),
          taken("chmod", "'u+w'", rule -> rule.rules().chmod.equals(List.of("u+w"))),
          taken("chown", "'7:8'", rule -> "*:7".equals(rule.rules().userMap)),
          taken("groupmap", "'1:2'", rule -> "1:2".equals(rule.rules().groupMap)),
          taken("usermap", "'1:2'", rule -> "1:2".equals(rule.rules().userMap)),
          taken("rsh", "'/opt/ssh -p 2222'", rule -> rule.line().remoteShell.size() == 3),
          taken("copy_dirlinks", "true", rule -> rule.rules().copyDirectoryLinks),
          taken("copy_links", "true", rule -> rule.rules().copyLinks),
          taken("copy_unsafe_links", "true", rule -> rule.rules().copyUnsafeLinks),
          taken("prune_empty_dirs", "true", rule -> rule.rules().pruneEmptyDirectories),
          taken("_extra", "{ '--omit-dir-times' }", rule -> rule.rules().omitDirectoryTimes));

  /** What is in the way of those that are not. */
  private static final Map<String, String> REFUSED =
      Map.of(
          "dry_run", "use --test to see what would be mirrored",
          "password_file", "use keys of ssh");

  private static boolean is(String text, byte @Nullable [] value) {
    return value != null && Arrays.equals(value, Names.of(text));
  }

  @Test
  void h76_every_key_of_rsync_has_its_effect_or_is_refused() throws Exception {
    for (Map.Entry<String, Taken> one : TAKEN.entrySet()) {
      String table = one.getKey() + " = " + one.getValue().value;
      assertThat(one.getValue().effect.test(rule("delay = 1"))).as("without %s", table).isFalse();
      assertThat(one.getValue().effect.test(rule("rsync = { " + table + " }"))).as(table).isTrue();
    }
    for (Map.Entry<String, String> one : REFUSED.entrySet()) {
      assertRefused("rsync = { " + one.getKey() + " = 'true' }", one.getValue());
    }
    for (String key : SyncReader.ONLY_MANNER.keySet()) {
      assertWithoutEffect("rsync = { " + key + " = 'x' }", "rsync." + key);
    }
    assertThat(rule("rsync = { chown = '7:8' }").rules().groupMap).isEqualTo("*:8");
  }

  /** They would leave out more, and protect it on the target: nobody is to lose that unawares. */
  @Test
  void h29_cvs_exclude_is_refused_where_files_in_the_tree_say_more() throws Exception {
    Path tree = folder.resolve("tree/a/b");
    Files.createDirectories(tree.resolve(".git"));
    String text =
        "sync { default.rsync, source='%s', target='/t', exclude = 'out', rsync = { cvs_exclude ="
            + " true } }";
    String config = text.formatted(folder.resolve("tree"));
    Files.writeString(tree.resolve(".git/.cvsignore"), "left out by cvs_exclude itself");
    Files.createDirectory(tree.resolve("out"));
    Files.writeString(tree.resolve("out/.cvsignore"), "left out by exclude");
    MirrorRule rule = read(config).rules().rules().getFirst();
    assertThat(rule.filters()).hasSize(2);
    assertThat(new String(rule.filters().getFirst().texts().getFirst(), StandardCharsets.UTF_8))
        .as("behind all others, as rsync has it")
        .isEqualTo("out");
    Files.writeString(tree.resolve(".cvsignore"), "*.log");
    assertThat(problems(config)).hasSize(1);
    assertThat(problems(config).getFirst())
        .startsWith(
            "lsyncd.conf.lua:1: rsync.cvs_exclude: "
                + tree
                + "/.cvsignore would change what takes");
  }

  @Test
  void no_key_of_rsync_is_forgotten() throws Exception {
    Set<String> known = new TreeSet<>(SyncReader.SWITCHES);
    known.addAll(SyncReader.VALUES);
    known.addAll(SyncReader.ONLY_MANNER.keySet());
    known.addAll(List.of("_extra", "ignore_times", SyncReader.CVS));
    Set<String> tested = new TreeSet<>(TAKEN.keySet());
    tested.addAll(REFUSED.keySet());
    tested.addAll(SyncReader.ONLY_MANNER.keySet());
    assertThat(tested).isEqualTo(known);
    assertThat(documented("rsync")).isEqualTo(known);
  }

  /** Keys of {@code sync} itself that say something. */
  private static final Map<String, Taken> TAKEN_OF_SYNC =
      Map.ofEntries(
          taken("delay", "3", rule -> rule.delay().equals(Duration.ofSeconds(3))),
          taken("delete", "false", rule -> !rule.manner().rules().deletes()),
          taken("exclude", "{ '*.tmp', '/x/' }", rule -> rule.filters().size() == 2),
          taken("excludeFrom", "'/etc/excludes'", rule -> rule.filters().size() == 1),
          taken("filter", "{ '- /a', '+ /b', '-C' }", rule -> rule.filters().size() == 3),
          taken("filterFrom", "'RULES'", rule -> rule.filters().size() == 1),
          taken("init", "false", rule -> rule.manner().isChangesOnly()),
          taken("rsync", "{ xattrs = true }", rule -> rule.rules().xattrs));

  private static final Map<String, String> REFUSED_OF_SYNC =
      Map.of(
          "host", "host belongs to default.rsyncssh",
          "targetdir", "targetdir belongs to default.rsyncssh",
          "ssh", "ssh belongs to default.rsyncssh",
          "xargs", "xargs belongs to default.rsyncssh",
          "tunnel", "ssh carries everything",
          "crontab", "both sides are compared once a day anyway",
          "rsyncBinary", "write rsync = { ... } with a key for each option",
          "rsyncOps", "write rsync = { ... } with a key for each option",
          "rsyncOpts", "write rsync = { ... } with a key for each option",
          "bogus", "there is no parameter bogus of default.rsync");

  @Test
  void h76_every_key_of_sync_has_its_effect_or_is_refused() throws Exception {
    Path rules = Files.writeString(folder.resolve("rules"), "- *.x\n");
    for (Map.Entry<String, Taken> one : TAKEN_OF_SYNC.entrySet()) {
      String key = one.getKey() + " = " + one.getValue().value.replace("RULES", rules.toString());
      assertThat(one.getValue().effect.test(rule(""))).as("without %s", key).isFalse();
      assertThat(one.getValue().effect.test(rule(key))).as(key).isTrue();
    }
    for (Map.Entry<String, String> one : REFUSED_OF_SYNC.entrySet()) {
      assertRefused(one.getKey() + " = 'x'", one.getValue());
    }
    for (String key :
        List.of("batchSizeLimit", "exitcodes", "maxDelays", "maxProcesses", "rsyncpath")) {
      assertWithoutEffect(key + " = 2", key);
    }
    assertThat(rule("init = false, delete = 'startup'").manner().rules().deletes()).isFalse();
    assertThat(rule("init = false").audit().every()).isZero();
    assertThat(rule("exclude = '*.tmp'").filters()).hasSize(1);
    assertThat(documented("sync"))
        .allMatch(key -> OF_MODES.contains(key) || isTested(key), "is tested here");
  }

  /** Keys of the modes, and those of commands, have tests of their own. */
  private static final Set<String> OF_MODES =
      Set.of(
          "source", "target", "host", "targetdir", "xargs", "action", "collect", "full", "prepare");

  private static boolean isTested(String key) {
    return TAKEN_OF_SYNC.containsKey(key)
        || REFUSED_OF_SYNC.containsKey(key)
        || key.startsWith("ssh.")
        || key.matches("on[A-Z].*|init.*|batchSizeLimit|exitcodes|max.*|rsyncpath");
  }

  /** The names in the first column of the table of a section. */
  private static Set<String> documented(String section) throws IOException {
    String all = Files.readString(Path.of("docs/coming-from-lsyncd.md"));
    int from = all.indexOf("\n## " + section + "\n");
    String text = all.substring(from, all.indexOf("\n## ", from + 1));
    Set<String> names = new TreeSet<>();
    text.lines()
        .filter(line -> line.startsWith("| `"))
        .map(line -> line.substring(1, line.indexOf('|', 1)))
        .forEach(
            cell ->
                Pattern.compile("`([^`]+)`")
                    .matcher(cell)
                    .results()
                    .forEach(found -> names.add(found.group(1))));
    return names;
  }

  /** The line of the call says little of a table over thirty lines. */
  @Test
  void each_problem_has_the_line_of_its_key() {
    assertThat(
            problems(
                String.join(
                    "\n",
                    "settings {",
                    "  statusInterval = 'never', -- nodaemon = }",
                    "}",
                    "local more = { rsync = { bandwidth = 1 } }",
                    "for _, one in ipairs({ 'a' }) do sync {",
                    "  default.rsync, more,",
                    "  source = '/s', target = '/t', --[[ delay = {",
                    "]] exclude = '}', delay = 'soon',",
                    "  ['delete'] = \"never\",",
                    "  rsync = {",
                    "    delay = true,",
                    "    chmod = {},",
                    "  }, init = 1",
                    "} end")))
        .extracting(
            problem -> problem.replaceFirst("^lsyncd.conf.lua:(\\d+: \\S+ \\S+ \\S+).*", "$1"))
        .containsExactlyInAnyOrder(
            "2: statusInterval is a",
            "8: delay is a",
            "9: delete is true,",
            "10: there is no", // rsync.bandwidth, which stands in another table
            "11: there is no",
            "12: rsync.chmod is a",
            "13: init is true");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // In lsyncd the text 'true' is none of these, and removes nothing.
        "delete='true' | delete is true, false, 'startup' or 'running'",
        "delete='false' | delete is true, false, 'startup' or 'running'",
        "delete='yes' | delete is true, false, 'startup' or 'running'",
        "delete=1 | delete is true, false, 'startup' or 'running'",
        "rsync={bwlimit='x'} | rsync.bwlimit = x is no size",
        "rsync={chmod='zz'} | rsync.chmod = zz is no change of permissions",
        "excludeFrom='/none' | excludeFrom = /none",
        "rsync={_extra={'--max-size=x'}} | (in rsync._extra) --max-size=x is no size",
      })
  void h27_what_is_not_as_in_lsyncd_is_refused_by_its_key_and_value(String key, String said) {
    assertThat(problems("sync { default.rsync, source='/s', target='/t',\n" + key + " }"))
        .singleElement()
        .asString()
        .matches("lsyncd\\.conf\\.lua:[12]: .*")
        .contains(said);
  }

  @Test
  void a_mark_of_utf_8_before_the_configuration_is_passed_over() throws Exception {
    Path file = folder.resolve("marked.lua");
    Files.writeString(file, "\ufeffsync { default.rsync, source='/s', target='/t' }");
    byte[] content = LsyncdFile.content(file);
    assertThat(content).startsWith((byte) 's');
    assertThat(LsyncdText.isLsyncd(content)).isTrue();
  }

  @Test
  void what_a_mirror_refuses_is_told_in_the_keys_of_lsyncd() {
    assertThat(
            problems("sync { default.rsync, source='/s', target='/t',\n rsync={\nbackup=true }}"))
        .singleElement()
        .asString()
        .startsWith("lsyncd.conf.lua:3: rsync.backup: ")
        .contains("with rsync.backup_dir", "--trash=DIR (in rsync._extra)")
        .doesNotContain("--backup", "DST");
    assertThat(
            problems(
                "sync { default.rsync, source='/s', target='/t', init=false,\n"
                    + "rsync={copy_links=true}}"))
        .singleElement()
        .asString()
        .contains("init = false brings", "without rsync.copy_links")
        .doesNotContain("--");
    assertThat(
            problems(
                "sync { default.rsync, source='/s', target='/t', rsync={times=false, update=true}}"))
        .singleElement()
        .asString()
        .contains("without rsync.times files on target", "rsync.update would keep");
    assertThat(problems("sync { default.rsync, source='/s', target='/t', excludeFrom='/none' }"))
        .singleElement()
        .asString()
        .contains("excludeFrom")
        .doesNotContain("--");
  }

  private static void assertRefused(String options, String why) {
    assertThat(problems("sync { default.rsync, source='/s', target='/t', " + options + " }"))
        .as(options)
        .anyMatch(problem -> problem.startsWith("lsyncd.conf.lua:1: ") && problem.contains(why));
  }

  private static void assertWithoutEffect(String options, String key) throws RulesException {
    LsyncdFile.Read read =
        read("sync { default.rsync, source='/s', target='/t', " + options + " }");
    assertThat(read.remarks())
        .as(options)
        .anyMatch(line -> line.startsWith("lsyncd.conf.lua:1: " + key + " has no effect: "));
    assertThat(read.rules().rules().getFirst().words()).isEqualTo(rule("").words());
  }

  /** What goes together, and what does not. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "rsync = { backup = true } | a backup beside what it was could take the name of a file",
        "rsync = { backup = true, backup_dir = './' , suffix = '~' } | rsync.backup_dir is target itself",
        "rsync = { times = false, update = true } | rsync.update would keep older ones",
        "rsync = { _extra = { '--no-times' } } | without rsync.times it needs rsync.checksum",
        "rsync = { _extra = { '--fake-super' } } | --fake-super (in rsync._extra) is not possible in a mirror yet",
        "rsync = { bogus = true } | there is no rsync.bogus",
        "delay = 'soon' | delay is a number of seconds",
        "delay = 86401 | delay is a number of seconds, up to 86400",
      })
  void what_is_not_possible_is_told_with_its_line(String options, String refusal) {
    assertRefused(options, refusal);
  }

  @Test
  void options_by_their_own_names() throws Exception {
    MirrorRule rule =
        rule("rsync = { _extra = { '--omit-dir-times', '--exclude=x', '--bwlimit=5' } }");
    assertThat(rule.rules().omitDirectoryTimes).isTrue();
    assertThat(rule.filters()).hasSize(1);
    assertThat(rule.rules().bandwidth).isEqualTo(5 * 1024);
  }

  @Test
  void options_as_on_a_command_line_with_several_letters_and_values_of_their_own()
      throws Exception {
    String extra = "{ '-OP', '--temp-dir', '/x', '--exclude', 'x', '--bwlimit', '5', '-T', '/x' }";
    MirrorRule rule = rule("rsync = { _extra = " + extra + " }");
    assertThat(rule.rules().omitDirectoryTimes).isTrue();
    assertThat(rule.filters()).hasSize(1);
    assertThat(rule.rules().bandwidth).isEqualTo(5 * 1024);
    assertThat(
            read("sync { default.rsync, source='/s', target='/t', rsync = { _extra = "
                    + extra
                    + " } }")
                .remarks())
        .anyMatch(line -> line.contains("--temp-dir has no effect"));
    assertRefused("rsync = { _extra = { '-a', 'x' } }", "one source and one target");
    assertRefused("rsync = { _extra = { '-aY' } }", "-Y: unknown option");
  }

  @ParameterizedTest
  @CsvSource({
    "0.25, PT0.25S",
    "5, PT5S",
    "999.5, PT16M39.5S",
    "1000, PT16M40S",
    "1800, PT30M",
    "1800.7, PT30M",
    "86400, PT24H"
  })
  void a_delay_is_up_to_a_day(String seconds, Duration delay) throws Exception {
    assertThat(rule("delay = " + seconds).delay()).isEqualTo(delay);
    LsyncdLine line = LsyncdLine.read(List.of("-delay", seconds, "-rsync", "/s", "/t"));
    assertThat(
            LsyncdFile.read(line.script(), FILE, line, SURROUNDINGS)
                .rules()
                .rules()
                .getFirst()
                .delay())
        .isEqualTo(delay);
  }

  /** Else a reload would find nothing changed. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "port = 2222",
        "binary = '/opt/ssh'",
        "identityFile = '/k'",
        "options = { Compression = 'no' }",
        "_extra = { '-4' }"
      })
  void what_ssh_is_given_is_among_the_words_that_tell_a_change(String key) throws Exception {
    String text = "sync { default.rsyncssh, source='/s', host='h', targetdir='/t', ssh = { %s } }";
    List<String> words = read(text.formatted(key)).rules().rules().getFirst().words();
    assertThat(words)
        .isEqualTo(read(text.formatted(key)).rules().rules().getFirst().words())
        .isNotEqualTo(read(text.formatted("")).rules().rules().getFirst().words())
        .isNotEqualTo(read(text.formatted("port = 22")).rules().rules().getFirst().words());
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "65536", "22.5", "'22 -oX=y'", "'-1'", "''"})
  void what_is_no_port_is_refused_with_its_line(String port) {
    String text =
        "\nsync { default.rsyncssh, source='/s', host='h', targetdir='/t', ssh = { port = %s } }";
    assertThat(problems(text.formatted(port)))
        .singleElement()
        .asString()
        .startsWith("lsyncd.conf.lua:2: ssh.port ");
  }

  @Test
  void what_is_no_path_is_refused_with_its_line() {
    assertThat(
            problems(
                """
                settings { logfile = "a\\0b",
                  statusFile = "c\\0d" }
                sync { default.rsync, source = "/s", target = "/t" }
                """))
        .containsExactlyInAnyOrder(
            "lsyncd.conf.lua:1: logfile: \"a\\x00b\" is no path: Nul character not allowed",
            "lsyncd.conf.lua:2: statusFile: \"c\\x00d\" is no path: Nul character not allowed");
  }

  @Test
  void two_syncs_into_one_target_are_refused_with_both_lines() throws Exception {
    assertThat(
            problems(
                """
                sync { default.rsync, source = "/a", target = "/t", delete = false }
                sync { default.rsync, source = "/b", target = "/t/b" }
                sync { default.direct, source = "/c", target = "/t/x/..//" }
                for i = 1, 2 do
                  sync { default.rsyncssh, source = "/d" .. i, host = "h", targetdir = "d" }
                end
                sync { default.rsync, source = "/e", target = "h:./d/" }
                """))
        .hasSize(3)
        .anyMatch(p -> p.startsWith("lsyncd.conf.lua:3: the sync{} of line 1 goes to /t/x/.. too"))
        .anyMatch(p -> p.startsWith("lsyncd.conf.lua:5: the sync{} of line 5 goes to h:d too"))
        .anyMatch(p -> p.startsWith("lsyncd.conf.lua:7: the sync{} of line 5 goes to h:"));
    assertThat(
            read("""
                    sync { default.rsync, source = "/a", target = "/t" }
                    sync { default.rsync, source = "/b", target = "h:/t" }
                    sync { default.rsync, source = "/b", target = "i:/t" }
                    sync { source = "/c", target = "/t", onCreate = "cp ^sourcePathname ^targetPathname" }
                    sync { source = "/d", target = "/t", onCreate = "cp ^sourcePathname ^targetPathname" }
                    """)
                .rules()
                .rules())
        .hasSize(5);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {" ", "-rf", "$(x)", "; reboot", "`x`", "--delete-excluded", "a:b", "*", "\\n"})
  void h76_a_name_is_a_name(String name) throws Exception {
    MirrorRule rule =
        read("""
                sync { default.rsync, source = "/s/%1$s", target = "/t/%1$s", exclude = "%1$s" }
                """
                .formatted(name))
            .rules()
            .rules()
            .getFirst();
    String meant = name.equals("\\n") ? "\n" : name;
    assertThat(rule.source()).isEqualTo(Names.of("/s/" + meant));
    assertThat(rule.target()).isEqualTo(Names.of("/t/" + meant));
    assertThat(rule.targetHost()).isNull();
    assertThat(rule.filters()).hasSize(1);
    assertThat(rule.rules().deleteExcluded).isFalse();
    assertThat(
            LsyncdFile.read(
                    new LsyncdLine(
                            LsyncdLine.Topic.RUN,
                            null,
                            List.of(
                                new LsyncdLine.Sync(
                                    "rsync", List.of("/s/" + meant, "/t/" + meant))),
                            null,
                            null,
                            null,
                            null,
                            false,
                            false,
                            false)
                        .script(),
                    FILE,
                    LsyncdLine.NONE,
                    SURROUNDINGS)
                .rules()
                .rules()
                .getFirst()
                .source())
        .isEqualTo(Names.of("/s/" + meant));
    // A host that looks like an option of ssh is refused.
    assertThat(
            problems(
                "sync { default.rsyncssh, source='/s', host='-oProxyCommand=x', targetdir='/t' }"))
        .anyMatch(problem -> problem.contains("may not start with '-'"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../evil",
        "a/b",
        "/",
        "-oProxyCommand=touch /x",
        "-h",
        "u@-h",
        "",
        "@h",
        "u@",
        "h:22",
        "h:",
        "::1",
        "u@fe80::1",
        "[::1",
        "[::1]:22",
        "h::m",
        "rsync:"
      })
  void a_host_that_would_be_read_as_something_else_is_refused_with_its_line(String host) {
    assertThat(
            problems(
                "\nsync { default.rsyncssh, source='/s', host='%s', targetdir='/t' }"
                    .formatted(host)))
        .anyMatch(
            problem ->
                problem.matches(
                    "lsyncd.conf.lua:2: host .*(may not start with '-'|ssh reaches|is a text).*"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"h", "u@h.example.org", "[::1]", "u@[fe80::1%eth0]", "10.0.0.1"})
  void a_host_that_ssh_reaches_is_taken(String host) throws Exception {
    String text = "sync { default.rsyncssh, source='/s', host='%s', targetdir='/t' }";
    MirrorRule rule = read(text.formatted(host)).rules().rules().getFirst();
    assertThat(rule.targetHost()).isEqualTo(host.replaceAll("[\\[\\]]", ""));
    assertThat(rule.target()).isEqualTo(Names.of("/t"));
  }

  @Test
  void scripts_of_layer_1_and_commands_beside_a_mode_are_refused_with_their_lines() {
    List<String> problems =
        problems(
            """
            sync { source = "/s", target = "/t",
              action = function(inlet)
                spawn(inlet.getEvent(), "/bin/true")
              end,
            }
            sync { default.rsync, source = "/s", target = "/t",
              init = function(event) end }
            sync { default.rsync, source = "/s", target = "/t", onCreate = "cp ^path x" }
            """);
    assertThat(problems)
        .hasSize(3)
        .anyMatch(p -> p.startsWith("lsyncd.conf.lua:2: action is of layer 1"))
        .anyMatch(p -> p.startsWith("lsyncd.conf.lua:7: init is of layer 1"))
        .anyMatch(p -> p.startsWith("lsyncd.conf.lua:8: onCreate in a sync{ default.rsync }"))
        .allMatch(p -> p.contains("The nearest "));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "settings = { nodaemon = true } | settings is called, not assigned",
        "settings { bogus = 1 } | there is no setting bogus",
        "settings { inotifyMode = 'Bogus' } | inotifyMode is one of",
        "settings { nodaemon = true } | nothing to mirror",
        "sync { default.rsync, source = } | lsyncd.conf.lua:1",
        "sync { | lsyncd.conf.lua:1: unexpected symbol near the end of the file",
        "s = end | lsyncd.conf.lua:1: unexpected symbol near end",
        "s = = 1 | lsyncd.conf.lua:1: unexpected symbol near =",
        "s = nothing.at_all | lsyncd.conf.lua:1: attempt to index ? (a nil value): 'nothing' is not set",
        "sync { defualt.rsync, source='/s', target='/t' } | (a nil value): 'defualt' is not set",
        "sync { default.rsync, source='/s', target='/t', delay = wait + 1 } | nil and number: 'wait' is not set",
        "mirrored('/s') | lsyncd.conf.lua:1: attempt to call nil: 'mirrored' is not set",
        "sync { default.rsync, target='/t' } | default.rsync needs source",
        "sync { default.rsyncssh, source='/s', targetdir='/t' } | needs host",
        "sync { default.nothing, source='/s', target='/t' } | begins with default.rsync",
        "sync { default.rsync, source='/s', target='h::module' } | rsync daemons",
        "sync { default.rsync, source='/s', target='rsync://h/module' } | rsync daemons",
        "s = 'x' while true do s = s .. s end | ..: a string of",
        "s = ('x'):rep(1000) for i = 1, 1000 do s = s .. s .. s .. s end | ..: a string of",
        "local t = {} for i = 1, 9e6 do t[i] = ('x'):rep(i % 1000) end | too much memory",
        "local s = ('x'):rep(1e6) s = s:gsub('x', s) | string.gsub: a string of",
        "local s = ('x'):rep(1e6) s = string.format('%s%s', s, s) | string.format: a string of",
        "local s = ('x'):rep(1e6) s = table.concat({ s, s }) | table.concat: a string of",
        "while true do end | lsyncd.conf.lua:1: it runs for more than 20000000 instructions",
        "while true do pcall(function() while true do end end) end | instructions",
        "local function f() return 1 + f() end f() | lsyncd.conf.lua",
        "local s = ('x'):rep(1e9) | is too long",
        "io.open('/etc/passwd') | lsyncd.conf.lua:1: io.open is not possible",
        "io.popen('true') | a configuration reaches no files and no other code, and starts no",
        "os.execute('true') | lsyncd.conf.lua:1: os.execute is not possible",
        "os.exit(0) | lsyncd.conf.lua:1: os.exit is not possible",
        "os.remove('/x') | lsyncd.conf.lua:1: os.remove is not possible",
        "require('os') | lsyncd.conf.lua:1: require is not possible",
        "dofile('/x') | lsyncd.conf.lua:1: dofile is not possible",
        "load('x')() | lsyncd.conf.lua:1: load is not possible",
        "luajava.bindClass('java.lang.Runtime') | lsyncd.conf.lua:1",
        "package.loadlib('x', 'y') | lsyncd.conf.lua:1",
        "debug.getinfo(1) | lsyncd.conf.lua:1",
        "spawn({}, '/bin/true') | lsyncd.conf.lua:1",
      })
  void what_is_wrong_is_told(String text, String problem) {
    assertThat(problems(text)).anyMatch(p -> p.contains(problem));
  }

  @Test
  void it_is_told_from_yaml_by_its_content() {
    for (String lua :
        List.of(
            "settings {\n}",
            "-- comment\nsync{default.rsync}",
            "  sync {\n",
            "settings = {",
            "for i = 1, #dirs do sync { default.rsync, source = dirs[i], target = 'x' } end",
            "local x = 1")) {
      assertThat(LsyncdText.isLsyncd(lua.getBytes(StandardCharsets.UTF_8))).as(lua).isTrue();
    }
    for (String yaml :
        List.of(
            "mirrors:\n  sync: { from: a }\n",
            "# settings {\nmirrors:\n",
            "# sync {\nx: 1",
            "mirror: # sync (a)\n  x: 1")) {
      assertThat(LsyncdText.isLsyncd(yaml.getBytes(StandardCharsets.UTF_8))).as(yaml).isFalse();
    }
  }

  @Test
  void its_command_line() throws Exception {
    LsyncdLine line =
        LsyncdLine.read(
            List.of(
                "-nodaemon", "-delay", "2", "--logfile", "/l", "-pidfile", "/p", "-insist", "c"));
    assertThat(line.config()).isEqualTo(Path.of("c"));
    assertThat(line.delay()).isEqualTo("2");
    assertThat(line.staysInFront() && line.insists()).isTrue();
    line = LsyncdLine.read(List.of("-log", "all", "-rsyncssh", "/s p", "host", "/t\"d"));
    LsyncdFile.Read read = LsyncdFile.read(line.script(), FILE, line, SURROUNDINGS);
    assertThat(read.remarks()).singleElement().asString().startsWith("-log has no effect");
    MirrorRule rule = read.rules().rules().getFirst();
    assertThat(rule.from()).isEqualTo("/s p");
    assertThat(rule.to()).isEqualTo("host:/t\"d");
    line = LsyncdLine.read(List.of("-rsync", "/a", "/t/a", "-delay", "3", "-direct", "/b", "/t/b"));
    List<MirrorRule> rules =
        LsyncdFile.read(line.script(), FILE, line, SURROUNDINGS).rules().rules();
    assertThat(rules).extracting(MirrorRule::to).containsExactly("/t/a", "/t/b");
    assertThat(rules).extracting(MirrorRule::delay).containsOnly(Duration.ofSeconds(3));
    for (List<String> wrong :
        List.of(
            List.<String>of(),
            List.of("-bogus"),
            List.of("a", "b"),
            List.of("-rsync", "a"),
            List.of("-runner", "x", "c"),
            List.of("c", "-direct", "a", "b"),
            List.of("-delay", "x", "c"))) {
      assertThat(catchThrowableOfType(RulesException.class, () -> LsyncdLine.read(wrong)))
          .as("%s", wrong)
          .isNotNull();
    }
  }

  /** What lsyncd itself says of the same configurations. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "settings { bogus = 1 } sync { default.rsync, source=S, target=T }",
        "settings { statusInterval = 2, maxProcesses = 1, maxDelays = 9, logident = 'x' } sync { default.rsync, source=S, target=T }",
        "settings { inotifyMode = 'Modify' } sync { default.rsync, source=S, target=T }",
        "settings { inotifyMode = 'Bogus' } sync { default.rsync, source=S, target=T }",
        "settings = { nodaemon = true }",
        "sync { default.rsync, source=S, target=T, bogus = 2 }",
        "sync { default.rsync, source=S, target=T, rsync = { bogus = 2 } }",
        "sync { default.rsync, source=S, target=T, rsync = { archive = true, temp_dir = '/tmp' } }",
        "sync { default.rsync, source=S, target=T, exclude = { 'a' }, delete = 'running' }",
        "sync { default.rsync, source=S, target=T, filter = { '- a' }, init = false }",
        "sync { default.rsync, source=S, target=T, exclude = 5 }",
        "sync { default.rsync, source=S, target=T, exclude = { 5 } }",
        "sync { default.rsync, source=S, target=T, delay = '5' }",
        "sync { default.rsync, source=S, target=T, init = 5 }",
        "sync { default.rsync, source=S }",
        "sync { default.rsync, target=T }",
        "sync { default.direct, source=S, target=T }",
        "sync { default.rsyncssh, source=S, targetdir=T }",
        "sync { default.rsync, source=S, target=T, host='x' }",
        "sync { default.rsync, source=S, target= }",
        "local c = { default.rsync, delay = 1 } sync { c, source=S, target=T }",
      })
  void lsyncd_takes_and_refuses_the_same(String text) throws Exception {
    Path program = Path.of("/usr/bin/lsyncd");
    assumeThat(program).isExecutable();
    Path source = Files.createDirectory(folder.resolve("s"));
    Path target = Files.createDirectory(folder.resolve("t"));
    String placed = text.replace("=S", "='" + source + "'").replace("=T", "='" + target + "'");
    Path file = Files.writeString(folder.resolve("c.lua"), placed);
    Path output = folder.resolve("output");
    Process lsyncd =
        new ProcessBuilder(program.toString(), "-nodaemon", file.toString())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    boolean takes = false;
    try {
      while (lsyncd.isAlive() && !takes) {
        takes = watches(lsyncd);
        boolean unused = lsyncd.waitFor(10, TimeUnit.MILLISECONDS);
      }
    } finally {
      lsyncd.destroy();
      lsyncd.waitFor();
    }
    boolean taken;
    try {
      taken = !read(placed).rules().rules().isEmpty();
    } catch (RulesException e) {
      taken = false;
    }
    assertThat(taken).as("%s", Files.readString(output)).isEqualTo(takes);
  }

  /** It says "Startup" before it has looked at all settings; a watch is added after that. */
  private static boolean watches(Process lsyncd) throws IOException {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + lsyncd.pid() + "/fdinfo"))) {
      for (Path descriptor : descriptors.toList()) {
        if (Files.readString(descriptor).contains("inotify wd:")) {
          return true;
        }
      }
      return false;
    } catch (IOException | UncheckedIOException e) {
      return false; // it ends, or has closed that one: whoever asks looks whether it lives
    }
  }

  /** Of a sync{} with several things wrong each was told in a round of its own. */
  @Test
  void all_that_is_wrong_is_told_at_once() {
    assertThat(
            problems(
                "sync{ default.rsync, delay='soon',\nbogus=1,\n"
                    + "rsync={ _extra={'--no-such'}, chown='x:y:z' } }"))
        .hasSize(4)
        .anySatisfy(problem -> assertThat(problem).contains("delay is a number of seconds"))
        .anySatisfy(problem -> assertThat(problem).contains("bogus"))
        .anySatisfy(problem -> assertThat(problem).contains("needs source"))
        .anySatisfy(problem -> assertThat(problem).contains("needs target"));
    assertThat(
            problems(
                "sync{ default.rsync, source='/s', target='/t', delay='soon',\n"
                    + "rsync={ _extra={'--no-such'} } }"))
        .hasSize(2)
        .anySatisfy(problem -> assertThat(problem).contains("delay is a number of seconds"))
        .anySatisfy(problem -> assertThat(problem).contains("no-such"));
    assertThat(problems("sync{ default.rsync, source={}, target={} }"))
        .as("what is there and wrong is not called missing, too")
        .hasSize(2)
        .noneMatch(problem -> problem.contains("needs"));
  }
}
