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
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
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
        .contains("lsyncd.conf.lua:2: rsync.temp_dir has no effect")
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
        "archive = true, owner = false, group = false | -rlptD",
        "archive = true, _extra = { '--no-perms' } | -rltgoD",
        "_extra = { '-p' }, owner = true | -rltop",
        "perms = true, omit_dir_times = true, omit_link_times = true | -rltpOJ",
        "group = false, perms = false | -rlt",
      })
  void what_is_kept_is_what_lsyncd_gives_to_rsync(String table, String options) throws Exception {
    Rules kept = rule("rsync = { " + table + " }").rules();
    Rules wanted =
        MirrorArguments.read(List.of(Names.of(options), Names.of("/s/"), Names.of("/t")))
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

  /** Each documented key is taken, or refused with what is in the way. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "rsync = { acls = true } |",
        "rsync = { append = true } |",
        "rsync = { append_verify = true } |",
        "rsync = { archive = true } |",
        "rsync = { backup = true } | a backup beside what it was could take the name of a file",
        "rsync = { backup = true, backup_dir = './' , suffix = '~' } | --backup-dir is DST itself",
        "rsync = { backup = true, backup_dir = '/kept' } |",
        "rsync = { backup_dir = '../kept', suffix = '.old' } |",
        "rsync = { binary = '/usr/bin/rsync' } |",
        "rsync = { bwlimit = 2000 } |",
        "rsync = { checksum = true } |",
        "rsync = { chmod = 'u+w' } |",
        "rsync = { compress = true } |",
        "rsync = { copy_links = true } | --copy-links is not possible in a mirror yet",
        "rsync = { cvs_exclude = true } | --filter=-C has the same names, without the .cvsignore files",
        "filter = '-C' |",
        "rsync = { existing = true } |",
        "rsync = { ignore_times = true } |",
        "rsync = { dry_run = true } | --dry-run is not possible in a mirror yet",
        "rsync = { group = true, owner = true, perms = true, times = true, links = true } |",
        "rsync = { hard_links = true, sparse = true, whole_file = true, update = true } |",
        "rsync = { inplace = true, temp_dir = '/tmp', timeout = 3, protect_args = true } |",
        "rsync = { ipv4 = true, one_file_system = true, quiet = true, verbose = true } |",
        "rsync = { links = false } | -l cannot be taken away",
        "rsync = { omit_dir_times = true, omit_link_times = true } |",
        "rsync = { password_file = '/p' } | use keys of ssh",
        "rsync = { prune_empty_dirs = true } | --prune-empty-dirs is not possible in a mirror yet",
        "rsync = { rsh = '/usr/bin/ssh -p 2222', rsync_path = '/usr/bin/rsync' } |",
        "rsync = { usermap = '1:2' } |",
        "rsync = { xattrs = true } |",
        "rsync = { _extra = { '--omit-dir-times', '--exclude=x', '--bwlimit=5' } } |",
        "rsync = { _extra = { '--fake-super' } } | --fake-super is not possible in a mirror yet",
        "rsync = { bogus = true } | there is no rsync.bogus",
        "exclude = { '*.tmp', '/x/' } |",
        "exclude = '*.tmp' |",
        "excludeFrom = '/etc/excludes' |",
        "filter = { '- /a', '+ /b' } |",
        "init = false, maxProcesses = 2, maxDelays = 100, exitcodes = { [0] = 'ok' } |",
        "batchSizeLimit = 1000 |",
        "host = 'h' | host belongs to default.rsyncssh",
        "bogus = 1 | there is no parameter bogus of default.rsync",
        "delay = 'soon' | delay is a number of seconds",
        "tunnel = {} | ssh carries everything",
      })
  void h76_every_documented_key(String options, @Nullable String refusal) throws Exception {
    if (refusal == null) {
      assertThat(rule(options).from()).isEqualTo("/s");
    } else {
      assertThat(problems("sync { default.rsync, source='/s', target='/t', " + options + " }"))
          .anyMatch(
              problem -> problem.startsWith("lsyncd.conf.lua:1: ") && problem.contains(refusal));
    }
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
                            "rsync",
                            List.of("/s/" + meant, "/t/" + meant),
                            null,
                            null,
                            null,
                            null,
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
        "sync { default.rsync, target='/t' } | default.rsync needs source",
        "sync { default.rsyncssh, source='/s', targetdir='/t' } | needs host",
        "sync { default.nothing, source='/s', target='/t' } | begins with default.rsync",
        "sync { default.rsync, source='/s', target='h::module' } | rsync daemons",
        "while true do end | lsyncd.conf.lua:1: it runs for more than 20000000 instructions",
        "while true do pcall(function() while true do end end) end | instructions",
        "local function f() return 1 + f() end f() | lsyncd.conf.lua",
        "local s = ('x'):rep(1e9) | is too long",
        "io.open('/etc/passwd') | lsyncd.conf.lua:1",
        "os.execute('true') | lsyncd.conf.lua:1",
        "os.exit(0) | lsyncd.conf.lua:1",
        "os.remove('/x') | lsyncd.conf.lua:1",
        "require('os') | lsyncd.conf.lua:1",
        "dofile('/x') | lsyncd.conf.lua:1",
        "load('x')() | lsyncd.conf.lua:1",
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
            "local x = 1")) {
      assertThat(LsyncdText.isLsyncd(lua.getBytes(StandardCharsets.UTF_8))).as(lua).isTrue();
    }
    for (String yaml :
        List.of("mirrors:\n  sync: { from: a }\n", "# settings {\nmirrors:\n", "x: 1")) {
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
    MirrorRule rule =
        LsyncdFile.read(line.script(), FILE, line, SURROUNDINGS).rules().rules().getFirst();
    assertThat(rule.from()).isEqualTo("/s p");
    assertThat(rule.to()).isEqualTo("host:/t\"d");
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
}
