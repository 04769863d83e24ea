package dev.godwit.mirror.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.godwit.daemon.RulesException;
import dev.godwit.linux.Names;
import dev.godwit.mirror.MountChoice;
import dev.godwit.sync.Removals;
import dev.godwit.sync.copy.KeptFolders;
import dev.godwit.sync.filter.FilterRule;
import dev.godwit.sync.rules.Rules;
import dev.godwit.sync.rules.Surroundings;
import dev.godwit.sync.rules.TestingSurroundings;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MirrorFileTest {
  private static final Surroundings SURROUNDINGS = new TestingSurroundings();

  @TempDir private Path folder;

  private MirrorRules read(String text) throws Exception {
    return MirrorFile.read(Files.writeString(folder.resolve("m.yaml"), text), SURROUNDINGS);
  }

  private List<String> problems(String text) {
    RulesException refused = catchThrowableOfType(RulesException.class, () -> read(text));
    assertThat(refused).as(text).isNotNull();
    return refused.problems().stream().map(p -> p.replace(folder + "/", "")).toList();
  }

  private static MirrorRule line(String... words) throws RulesException {
    return MirrorArguments.read(Stream.of(words).map(Names::of).toList()).rule("", SURROUNDINGS);
  }

  @Test
  void every_key() throws Exception {
    MirrorRules rules =
        read(
            """
            mirrors:
              www:
                from: /var/www/
                to: "root@new:/var/www"
                exclude: ["*.tmp", /cache/]
                delay: 200ms
                delete-limit: 20%
                trash: .trash
                trash-keep: 2d
                audit: 6h
                audit-share: 2.5%
                audit-content: true
                bwlimit: 1m
                compress: true
                mounts: [data, ./all, "a,b/c/", data]
              mail: { from: /var/vmail, to: /mnt, perms: false, delete: false, audit: off, mounts: all }
              other: { from: /o/, to: /p, links: false, times: false, checksum: true, keep-dirlinks: true }
            control: /run/c.sock
            pid-file: /run/p
            log-file: /var/log/l
            metrics: 9101
            stop-limit: 5s
            """);
    MirrorRule www = rules.rules().get(0);
    assertThat(www.name()).isEqualTo("www");
    assertThat(www.from()).isEqualTo("/var/www");
    assertThat(www.to()).isEqualTo("root@new:/var/www");
    assertThat(www.delay()).isEqualTo(Duration.ofMillis(200));
    assertThat(www.audit()).isEqualTo(new AuditChoice(Duration.ofHours(6), true, 0.025));
    assertThat(www.rules().compress).isTrue();
    assertThat(www.manner().rules().bandwidth).isEqualTo(1 << 20);
    assertThat(www.manner().removedPercentMax()).isEqualTo(20);
    assertThat(www.manner().trashKept()).isEqualTo(Duration.ofDays(2));
    assertThat(www.manner().mounts())
        .isEqualTo(new MountChoice(List.of("data", "all", "a,b/c"), false));
    assertThat(www.filters()).hasSize(2);
    assertThat(KeptFolders.excluded(www.rules(), www.target())).hasSize(1);
    MirrorRule mail = rules.rules().get(1);
    assertThat(mail.to()).isEqualTo("/mnt/vmail");
    assertThat(mail.rules().permissions).isFalse();
    assertThat(mail.rules().owner).isTrue();
    assertThat(mail.manner().rules().deletes()).isFalse();
    assertThat(mail.manner().removedPercentMax()).isEqualTo(50);
    assertThat(mail.audit()).isEqualTo(new AuditChoice(Duration.ZERO, false, 0.1));
    assertThat(mail.mounts()).isEqualTo(new MountChoice(List.of(), true));
    Rules other = rules.rules().get(2).manner().rules();
    assertThat(other.links || other.times).isFalse();
    assertThat(other.checksum && other.keepDirectoryLinks && other.hardLinks).isTrue();
    assertThat(rules.control()).isEqualTo(Path.of("/run/c.sock"));
    assertThat(rules.metrics()).extracting(InetSocketAddress::getPort).isEqualTo(9101);
    assertThat(rules.metrics()).matches(a -> a != null && a.getAddress().isLoopbackAddress());
    assertThat(rules.stopLimit()).isEqualTo(Duration.ofSeconds(5));
  }

  @Test
  void mounts_are_paths_below_the_source() throws Exception {
    MirrorRule two = line("--mounts=one", "--mounts", "two/three", "/a/", "/b");
    assertThat(two.mounts()).isEqualTo(new MountChoice(List.of("one", "two/three"), false));
    assertThat(line("/a/", "/b").mounts()).isEqualTo(MountChoice.NONE);
    assertThat(two.words()).isNotEqualTo(line("--mounts=one", "/a/", "/b").words());
    for (String wrong : List.of("/data", "a/../b", ".", "", "a//b")) {
      RulesException refused =
          catchThrowableOfType(RulesException.class, () -> line("--mounts=" + wrong, "/a/", "/b"));
      assertThat(refused).as(wrong).isNotNull();
      assertThat(refused.problems().getFirst()).contains("expected a path below SRC");
    }
  }

  @Test
  void all_problems_are_told_with_their_places() {
    assertThat(
            problems(
                """
                mirrors:
                  a: { from: /a/ }
                  b: { from: /a/, to: /b, bogus: 1 }
                  c: { from: /a/, to: /c, backup: true }
                  d: { from: /a/, to: /d, delay: soon }
                  e: { from: "h:/a/", to: "i:/b" }
                  f: { from: /a/, to: /f }
                  g: { from: /g/, to: /./f/ }
                  h: { from: /g/, to: /h, compress: maybe }
                  i: { from: /a/, to: /x, audit-share: 0% }
                  a: { from: /g/, to: /i }
                metrics: everywhere
                bogus: 1
                """))
        .containsExactlyInAnyOrder(
            "m.yaml:11:3: the key a is there twice",
            "m.yaml:2:3: a: `from` or `to` is missing",
            "m.yaml:3:27: found the key bogus, expected from, to or an option of `godwit mirror`",
            "m.yaml:4:3: c: --backup: a backup beside what it was could take the name of a file of"
                + " SRC: name a folder with --backup-dir, or use --trash=DIR, which keeps all that is"
                + " removed or replaced",
            "m.yaml:5:3: d: --delay: found soon, expected a time such as 500ms, 5s, 10m or 1h",
            "m.yaml:6:3: e: the source and the target cannot both be on another host",
            "m.yaml:8:3: g: another mirror goes to /./f too",
            "m.yaml:9:37: expected true or false",
            "m.yaml:10:3: i: --audit-share: found 0%, expected a share of the time of 0.001% to"
                + " 100%",
            "m.yaml:12:10: found everywhere, expected one [ADDRESS]:PORT",
            "m.yaml:13:1: found the key bogus, expected mirrors, control, metrics, pid-file,"
                + " log-file or stop-limit");
    assertThat(problems("mirrors: { a: { from: /a/, to: /b, new-root: true } }"))
        .containsExactly(
            "m.yaml:1:36: new-root is said once, not at each start: `godwit mirror resume NAME"
                + " --new-root`");
    assertThat(problems("mirrors: { a: { from: /a/, to: /b, log-file: /c, quiet: true } }"))
        .containsExactly(
            "m.yaml:1:36: log-file is not possible in a mirror yet; a log is of all mirrors of the"
                + " file: write log-file beside mirrors",
            "m.yaml:1:50: quiet is of one SRC and DST on the command line: `godwit mirror -q`");
    assertThat(problems("")).containsExactly("m.yaml: the file is empty, expected `mirrors:`");
    assertThat(problems("a: [")).first().asString().contains("not YAML");
    assertThat(problems("mirrors: { a: { from: /a/, to: 'far:/b', usermap: bob } }"))
        .singleElement()
        .asString()
        .contains("--usermap: \"bob\" is no pair");
  }

  /** What lies in the target is left alone there; what lies elsewhere needs no rule. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--trash=.trash /a/ /b | -sr /.trash",
        "--trash=/b/k[1]/x /a/ /b | -sr /k\\\\[1]/x",
        "--trash=/bb/x /a/ /b | ''",
        "--backup-dir=./x//y/ /a/ /b/c | -sr /x/y",
        "--backup-dir=../c/x /a/ /b/c | -sr /x",
        "--backup-dir=../x /a/ /b/c | ''",
        "--backup-dir=/b/../b/x /a/ /b | -sr /x",
        "--backup-dir=/b /a/ /b/c | ''",
        "--backup-dir=../../../../b/x /a/ /b | -sr /x",
        "--backup-dir=../../b/x /a/ host:b | ''",
        "--backup-dir=x /a/ host:b | -sr /x",
        "--backup-dir=/b/x /a/ host:b | ''",
        "--backup-dir=/b/x /a/ host:/b | -sr /x",
      })
  void h37_what_keeps_removed_files_takes_no_part(String words, String rule) throws Exception {
    MirrorRule read = line(words.split(" "));
    List<FilterRule> rules = KeptFolders.excluded(read.rules(), read.target());
    assertThat(rules.stream().map(one -> Names.display(one.texts().getFirst())))
        .isEqualTo(rule.isEmpty() ? List.of() : List.of(rule));
  }

  @Test
  void a_command_line_says_what_a_mirror_keeps() throws Exception {
    MirrorRule plain = line("/a/", "/b");
    assertThat(plain.rules().owner && plain.rules().permissions && plain.rules().hardLinks)
        .isTrue();
    assertThat(plain.manner().rules().deletes()).isTrue();
    assertThat(plain.manner().removals()).isEqualTo(Removals.ALL);
    MirrorRule some = line("-lt", "/a/", "/b");
    assertThat(some.rules().recursive).isTrue();
    assertThat(some.rules().owner || some.rules().permissions).isFalse();
    assertThat(line("--delete-when=running", "/a/", "/b").manner().removals())
        .isEqualTo(Removals.WHEN_SEEN);
    assertThat(line("/a/b", "host:").to()).isEqualTo("host:./b");
    assertThat(line("host:~/a/", "/b").from()).isEqualTo("host:a");
    assertThat(line("././/relative/", "./b").from())
        .isEqualTo(System.getProperty("user.dir") + "/relative");
    assertThat(line("./", "./b").to()).isEqualTo(System.getProperty("user.dir") + "/b");
    assertThat(line("relative/", "/b").from())
        .isEqualTo(System.getProperty("user.dir") + "/relative");
    assertThat(line("-aq", "/a/", "/b").remarks()).isEmpty();
    assertThat(line("-av", "/a/", "/b").remarks()).singleElement().asString().startsWith("-v has");
    // What looks like an option of the mirror's own is the value of one of sync's.
    assertThat(line("--exclude", "--once", "/a/", "/b").filters()).hasSize(1);
    assertThat(line("-e", "--trash-keep", "h:/a/", "/b").line().remoteShell).hasSize(1);
    assertThat(line("--", "-a/", "-b").from()).endsWith("/-a");
    assertThat(line("/a/", "/b").words()).isEqualTo(line("/a/", "/b").words());
    assertThat(line("--delay=1s", "/a/", "/b").words()).isNotEqualTo(line("/a/", "/b").words());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/a /b /c | one source and one target",
        "/a | one source and one target",
        "--delay /a | a source and a target are needed",
        "--delay | --delay needs a value",
        "--delay=x /a /b | --delay: found x",
        "--delete-when=never /a /b | startup or running",
        "--no-delete --delete /a /b | --delete and --no-delete exclude each other",
        "--no-delete --delete-before /a /b | --delete-before and --no-delete exclude each other",
        "--no-delete --del /a /b | --delete-during and --no-delete exclude each other",
        "--delete-delay --no-delete /a /b | --delete-delay and --no-delete exclude each other",
        "--no-delete --delete-after /a /b | --delete-after and --no-delete exclude each other",
        "--no-delete --delete-excluded /a /b | --delete-excluded and --no-delete exclude each other",
        "--no-delete --delete-when=running /a /b | --delete-when and --no-delete exclude each other",
        "--trash-keep=1d /a /b | --trash-keep without --trash",
        "-x --mounts=all /a /b | --mounts and -x exclude each other",
        "-b /a /b | --backup: a backup beside what it was could take the name of a file of SRC",
        "--backup-dir=/x/../b --suffix=~ /a/ /b | --backup-dir is DST itself",
        "--backup-dir=x --trash=y /a /b | --backup and --trash exclude each other",
        "-F /a /b | name the rules with --filter",
        "-C /a /b | --filter=-C has the same names",
        "--filter=:_.rules /a /b | name the rules with --filter",
        "--ignore-times /a /b | use --checksum",
        "--no-times /a /b | without -t it needs --checksum",
        "-rl /a /b | without -t it needs --checksum",
        "--no-times --checksum -u /a /b | -u would keep older ones",
        "--filter=bogus /a /b | bogus",
        "--trash=../x /a /b | --trash is a folder below DST",
        "--trash=a//b /a /b | --trash is a folder below DST",
        "--trash= /a /b | the name of the folder is empty",
        "--trash=//. /a /b | is the top of all directories",
        "--trash=/x/../b /a/ /b | --trash is DST itself",
        "--files-from=/none/list /a /b | --files-from is not possible in a mirror yet; name the rules",
        "--delete-limit=200% /a /b | is no share",
        "-n /a /b | godwit sync --dry-run what would change",
        "--bogus /a /b | unknown option",
        "h::m /b | rsync daemons",
      })
  void what_cannot_be_obeyed(String words, String problem) {
    RulesException refused =
        catchThrowableOfType(RulesException.class, () -> line(words.split(" ")));
    assertThat(refused).as(words).isNotNull();
    assertThat(refused.getMessage()).contains(problem);
  }
}
