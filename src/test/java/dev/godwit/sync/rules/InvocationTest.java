package dev.godwit.sync.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.linux.Names;
import dev.godwit.sync.copy.CopyStatus;
import dev.godwit.sync.filter.FilterRule;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class InvocationTest {
  private final TestingSurroundings surroundings = new TestingSurroundings();

  private Invocation read(String... arguments) throws UsageException {
    return Invocation.read(Arrays.stream(arguments).map(Names::of).toList(), surroundings);
  }

  private Rules rules(String line) throws UsageException {
    List<String> arguments = new ArrayList<>(List.of(line.split(" ", -1)));
    arguments.addAll(List.of("src/", "dst/"));
    return read(arguments.toArray(String[]::new)).rules();
  }

  private List<String> filters(String... arguments) throws UsageException {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("src/", "dst/"));
    return read(all.toArray(String[]::new)).filters().stream().map(InvocationTest::shown).toList();
  }

  private static String shown(FilterRule rule) {
    return rule.kind()
        + rule.texts().stream()
            .map(text -> new String(text, StandardCharsets.UTF_8))
            .toList()
            .toString();
  }

  @Test
  void the_habit_of_twenty_years_is_understood() throws Exception {
    Invocation invocation = read("-aHAXvh", "--delete", "src/", "host:dst");

    Rules rules = invocation.rules();
    assertThat(rules.recursive && rules.links && rules.permissions && rules.times).isTrue();
    assertThat(rules.group && rules.owner && rules.devices && rules.specials).isTrue();
    assertThat(rules.hardLinks && rules.acls && rules.xattrs).isTrue();
    assertThat(rules.systemXattrs).isFalse();
    assertThat(rules.deletion).isEqualTo(Deletion.DURING);
    assertThat(invocation.telling().verbose).isOne();
    assertThat(invocation.telling().human).isEqualTo(2);
    assertThat(invocation.sourceHost()).isNull();
    assertThat(invocation.targetHost()).isEqualTo("host");
    assertThat(invocation.target()).asString().isEqualTo("dst");
    assertThat(invocation.sources()).extracting(String::new).containsExactly("src/");
    assertThat(rules.wantsItems).isTrue();
    assertThat(rules.wantsUnchanged).isFalse();
  }

  @Test
  void values_are_attached_or_in_the_next_argument() throws Exception {
    for (String line :
        List.of("-B 8K", "-B8K", "-B=8K", "-rB8K", "--block-size=8K", "--block-size 8K")) {
      assertThat(rules(line).blockSize).as(line).isEqualTo(8192);
    }
    assertThat(rules("-e=ssh -p").permissions).isTrue();
    assertThat(read("-e", "ssh -p 22", "a", "b").line().remoteShell)
        .extracting(String::new)
        .containsExactly("ssh", "-p", "22");
    assertThat(read("-rvessh", "a", "b").line().remoteShell)
        .extracting(String::new)
        .containsExactly("ssh");
  }

  @Test
  void options_may_follow_operands_and_end_at_two_hyphens() throws Exception {
    Invocation invocation = read("src", "-a", "dst", "-n");
    assertThat(invocation.rules().recursive && invocation.rules().dryRun).isTrue();

    invocation = read("-a", "--", "-src", "--delete", "-");
    assertThat(invocation.sources()).extracting(String::new).containsExactly("-src", "--delete");
    assertThat(invocation.target()).asString().isEqualTo("-");
    assertThat(invocation.rules().deletes()).isFalse();
  }

  @Test
  void later_options_override_earlier_ones() throws Exception {
    assertThat(rules("-a --no-o").owner).isFalse();
    assertThat(rules("--no-o -a").owner).isTrue();
    assertThat(rules("-a --no-D").devices).isFalse();
    assertThat(rules("-a --no-D").specials).isFalse();
    assertThat(rules("-a --no-specials").devices).isTrue();
    assertThat(rules("-a --no-r").recursive).isFalse();
    assertThat(rules("--no-r -a").recursive).isTrue();
    assertThat(rules("-W --no-whole-file").wholeFile).isFalse();
    assertThat(rules("-v").wholeFile).isNull();
    assertThat(rules("--super --no-super").superUser).isFalse();
    assertThat(rules("-v").superUser).isNull();
    assertThat(rules("--bwlimit=5 --no-bwlimit").bandwidth).isZero();
    assertThat(rules("--append --no-append").append).isFalse();
  }

  @Test
  void repeated_options_count() throws Exception {
    assertThat(read("-vvv", "--no-v", "-v", "a", "b").telling().verbose).isOne();
    assertThat(rules("-x").skipMountPoints).isFalse();
    assertThat(rules("-xx").skipMountPoints).isTrue();
    assertThat(rules("-xx --no-x").oneFileSystem).isFalse();
    assertThat(rules("-yy").fuzzyInBasisDirectories).isTrue();
    assertThat(rules("-XX").systemXattrs).isTrue();
    assertThat(rules("-UU").openNoAccessTime).isTrue();
    assertThat(rules("-UU --no-U").openNoAccessTime).isTrue();
    assertThat(rules("-UU --no-U").accessTimes).isFalse();
    assertThat(read("-hh", "a", "b").telling().human).isEqualTo(3);
    assertThat(read("-h", "--no-h", "a", "b").telling().human).isZero();
    assertThat(rules("-ii").wantsUnchanged).isTrue();
    assertThat(rules("-vv").wantsUnchanged).isTrue();
    assertThat(rules("-zz").compressChoice).isEqualTo("zlibx");
  }

  @Test
  void h_alone_is_a_question() throws Exception {
    assertThat(read("-h").topic()).isEqualTo(Invocation.Topic.HELP);
    assertThat(read("-hv").topic()).isEqualTo(Invocation.Topic.HELP);
    assertThat(read("-a", "--help").topic()).isEqualTo(Invocation.Topic.HELP);
    assertThat(read("--help=man").helpTopic()).isEqualTo("man");
    assertThat(read("-h", "a").topic()).isEqualTo(Invocation.Topic.COPY);
    assertThat(read("-V").topic()).isEqualTo(Invocation.Topic.VERSION);
    assertThat(read("--info=help").topic()).isEqualTo(Invocation.Topic.INFO_HELP);
    assertThat(read("--debug=help").topic()).isEqualTo(Invocation.Topic.DEBUG_HELP);
  }

  @ParameterizedTest
  @CsvSource({
    "500, 500",
    "1k, 1024",
    "1KiB, 1024",
    "1KB, 1000",
    "1.5mb-1, 1499999",
    "2g+1, 2147483649",
    ".5k, 512",
    "1.k, 1024",
    "k, 0",
    "'', 0",
    "1b, 1",
    "1B+1, 2",
    "1.23456789k, 1264",
    "1t, 1099511627776",
    "1p, 1125899906842624",
    "8191P, 9222246136947933184",
    "1.9999, 1",
  })
  void sizes_are_read_as_rsync_reads_them(String text, long bytes) throws Exception {
    assertThat(rules("--max-size=" + text).sizeMax).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"zz", "5k+2", "1e3", "1Ki", "+5", "0x10", "1,5k", "-5", "0-1", "8192P", "1.2.3"})
  void what_is_no_size_is_refused(String text) {
    assertThatThrownBy(() -> rules("--max-size=" + text))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("--max-size=" + text);
  }

  @ParameterizedTest
  @CsvSource({
    "1.5m, 1572864",
    "1024, 1048576",
    "100kb, 100352",
    "1536b, 2048",
    "1535b, 1024",
    "512b, 1024",
    "0.5, 1024",
    "0, 0",
  })
  void the_bandwidth_is_in_whole_kibibytes(String text, long bytes) throws Exception {
    assertThat(rules("--bwlimit=" + text).bandwidth).isEqualTo(bytes);
  }

  @Test
  void numbers_may_be_hexadecimal_or_octal() throws Exception {
    assertThat(rules("--timeout=0x10").timeoutSeconds).isEqualTo(16);
    assertThat(rules("--timeout=010").timeoutSeconds).isEqualTo(8);
    assertThat(rules("--timeout=").timeoutSeconds).isZero();
    assertThat(rules("-@-1").modifyWindowSeconds).isEqualTo(-1);
    assertThat(rules("--max-delete=-1").deleteMax).isZero();
    assertThat(rules("-v").deleteMax).isEqualTo(-1);
  }

  @Test
  void what_follows_from_options_is_set() throws Exception {
    assertThat(rules("-A").permissions).isTrue();
    assertThat(rules("-A --no-p").acls).isTrue();
    assertThat(rules("-A --no-p").permissions).isFalse();
    assertThat(rules("-P").partial).isTrue();
    assertThat(rules("-d --delete-excluded").deletion).isEqualTo(Deletion.DURING);
    assertThat(rules("-r --delete-after --delete").deletion).isEqualTo(Deletion.AFTER);
    assertThat(rules("--partial-dir=x").partial).isTrue();
    assertThat(rules("--partial-dir=.").partialDirectory).isNull();
    assertThat(rules("--partial-dir=./x/").partialDirectory).asString().isEqualTo("x");
    assertThat(rules("--delay-updates").partialDirectory).asString().isEqualTo(".~tmp~");
    assertThat(rules("--inplace").partial).isTrue();
    assertThat(rules("--write-devices").inPlace).isTrue();
    assertThat(rules("--append").inPlace).isTrue();
    assertThat(rules("--append-verify").appendVerify).isTrue();
    assertThat(rules("--backup-dir=x").backup).isTrue();
    assertThat(rules("--backup-dir=x").backupSuffix).isEmpty();
    assertThat(rules("-b").backupSuffix).asString().isEqualTo("~");
    assertThat(rules("-ab").omitDirectoryTimes).isTrue();
    assertThat(rules("-a --backup-dir=x").omitDirectoryTimes).isFalse();
    assertThat(rules("--usermap=a:b").owner).isTrue();
    assertThat(rules("--chown=a:b").userMap).isEqualTo("*:a");
    assertThat(rules("--chown=a:b").groupMap).isEqualTo("*:b");
    assertThat(rules("--chown=:b").owner).isFalse();
    assertThat(rules("--chmod=u+x --chmod=g=u").chmod).containsExactly("u+x", "g=u");
    assertThat(rules("--cc=none").wholeFile).isTrue();
    assertThat(rules("--cc=auto").checksumChoice).isNull();
    assertThat(rules("--zc=LZ4").compressChoice).isEqualTo("lz4");
    assertThat(rules("--zc=none -z").compress).isFalse();
    assertThat(rules("--old-d").recursive).isTrue();
    assertThat(rules("--delete-missing-args --ignore-missing-args").missingArguments)
        .isEqualTo(MissingArguments.DELETE);
  }

  @Test
  void a_list_of_files_changes_what_is_usual() throws Exception {
    surroundings.files.put("list", "# names\n\na\r\nb/c\n;x\n d\n");
    Invocation invocation = read("-a", "--files-from=list", "src", "dst");
    assertThat(invocation.files()).extracting(String::new).containsExactly("a", "b/c", " d");
    Rules rules = invocation.rules();
    assertThat(rules.relative && rules.directories && rules.links).isTrue();
    assertThat(rules.recursive).isFalse();

    assertThat(rules("-a -r --files-from=list").recursive).isTrue();
    assertThat(rules("-r -a --files-from=list").recursive).isTrue();
    assertThat(rules("--no-R --files-from=list --no-d").relative).isFalse();
    assertThat(rules("--no-R --files-from=list --no-d").directories).isFalse();
    assertThat(rules("-v").relative).isFalse();

    surroundings.files.put("list0", "a\nb\0#c\0d");
    assertThat(read("--files-from=list0", "-0", "src", "dst").files())
        .extracting(String::new)
        .containsExactly("a\nb", "d");
  }

  @Test
  void a_list_of_files_can_be_on_the_other_host() throws Exception {
    Invocation invocation = read("--files-from=:list", "host:src", "dst");
    assertThat(invocation.files()).isNull();
    assertThat(invocation.filesOnOtherHost()).asString().isEqualTo("list");
    assertThat(invocation.rules().relative).isTrue();
    assertThatThrownBy(() -> read("--files-from=other:list", "host:src", "dst"))
        .hasMessageContaining("other");
    assertThatThrownBy(() -> read("--files-from=:list", "src", "dst"))
        .hasMessageContaining("--files-from");
  }

  @Test
  void filters_keep_their_order_and_others_follow() throws Exception {
    surroundings.files.put("x", "a\n# no\n- b\n");
    assertThat(
            filters(
                "-rb",
                "--delete",
                "--partial-dir=pp",
                "-C",
                "--exclude=1",
                "-F",
                "--include=2",
                "--exclude-from=x",
                "-F",
                "-f",
                "P z",
                "-F"))
        .containsExactly(
            "EXCLUDE[1]",
            "RULE[: /.rsync-filter]",
            "INCLUDE[2]",
            "EXCLUDE[a, - b]",
            "RULE[- .rsync-filter]",
            "RULE[P z]",
            "RULE[P *~]",
            "RULE[-p pp/]",
            "CVS[]");
    assertThat(filters("--old-dirs")).containsExactly("EXCLUDE[/*/*]");
    assertThat(filters("--delay-updates")).containsExactly("RULE[-p .~tmp~/]");
    assertThat(filters("--partial-dir=/tmp/p")).isEmpty();
    assertThat(filters("-rb", "--delete", "--delete-excluded")).isEmpty();
  }

  @Test
  void from0_counts_for_the_files_after_it() throws Exception {
    surroundings.files.put("x", "a\0b\n");
    assertThat(filters("-0", "--exclude-from=x")).containsExactly("EXCLUDE[a, b\n]");
    assertThat(filters("--exclude-from=x", "-0")).containsExactly("EXCLUDE[a]");
  }

  @Test
  void the_environment_is_heard() throws Exception {
    surroundings.environment.put("RSYNC_PARTIAL_DIR", ".pp");
    assertThat(rules("-v").partialDirectory).isNull();
    assertThat(rules("-P").partialDirectory).asString().isEqualTo(".pp");
    assertThat(rules("-P --inplace").partialDirectory).isNull();
    assertThat(rules("-P --delay-updates").partialDirectory).asString().isEqualTo(".~tmp~");
    surroundings.environment.put("RSYNC_RSH", "ssh -p 9");
    assertThat(read("a", "b").line().remoteShell).hasSize(3);
    assertThat(read("-e", "ssh", "a", "b").line().remoteShell).hasSize(1);
  }

  @Test
  void operands_name_hosts() throws Exception {
    Invocation invocation = read("u@host:a", ":b", "u@host:", "dst");
    assertThat(invocation.sourceHost()).isEqualTo("u@host");
    assertThat(invocation.sources()).extracting(String::new).containsExactly("a", "b", ".");
    assertThat(read("u@[fe80::1%eth0]:a b", "x").sourceHost()).isEqualTo("u@fe80::1%eth0");
    assertThat(read("a@b@host:x", "y").sourceHost()).isEqualTo("a@b@host");
    assertThat(read("./a:b", "x/c:d").sourceHost()).isNull();
    assertThat(read("./a:b", "x/c:d").targetHost()).isNull();
    assertThat(read("[::1]", "[::1]a").targetHost()).isNull();
    assertThat(read("host:x").rules().listOnly).isTrue();
    assertThat(read("host:x").rules().directories).isTrue();
    assertThat(read("host:x").target()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a:b c:d", "a:x b c", "a :b c", "a:b c:d e", "a::b c", "a rsync://b/c", "RSYNC://a b",
        ":a b", "a :b", "-- -h:x y", "@h:x y", "u@:x y", " b", "a ",
      })
  void operands_that_cannot_be_are_refused(String line) {
    assertThatThrownBy(() -> read(line.split(" ", -1))).isInstanceOf(UsageException.class);
  }

  @Test
  void everything_that_is_wrong_is_told_at_once() {
    assertThatThrownBy(
            () ->
                read(
                    "-aQ",
                    "--delte",
                    "--mkpath=3",
                    "--port=9",
                    "--max-size=x",
                    "a::b",
                    "c",
                    "--delete-before",
                    "--delete-after",
                    "--exclude"))
        .isInstanceOfSatisfying(
            UsageException.class,
            e -> {
              assertThat(e.status()).isEqualTo(CopyStatus.USAGE);
              assertThat(e.problems())
                  .containsExactly(
                      "-Q: unknown option in -aQ",
                      "--delte: unknown option; the nearest one is --delete",
                      "--mkpath=3: option does not take an argument",
                      "--exclude: missing argument",
                      "--port is not possible here: use -e 'ssh -p PORT'",
                      "--max-size=x is no size",
                      "only one of --delete-before, --delete-during (or --delete-delay) and"
                          + " --delete-after can be given",
                      "a::b: Godwit does not talk to rsync daemons; name a host that ssh reaches:"
                          + " [USER@]HOST:PATH");
            });
  }

  @Test
  void options_without_effect_are_said() throws Exception {
    assertThat(read("--old-args", "--no-i-r", "--protocol=30", "a", "b").withoutEffect())
        .containsExactly(
            "--old-args has no effect: no shell ever sees the arguments",
            "--no-i-r has no effect: names are always found while others are copied",
            "--protocol has no effect: both sides are the same build");
    assertThat(read("--no-iconv", "--no-N", "a", "b").withoutEffect()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--zc=lz4 lz4",
        "--compress-choice=zlib zlib",
        "--compress-choice=zlibx zlibx",
        "--old-compress zlib",
        "--new-compress zlibx",
        "-zz zlibx"
      })
  void another_method_of_compression_is_said_where_something_is_sent(String line) throws Exception {
    String option = line.split(" ")[0];
    String said =
        "--compress-choice="
            + line.split(" ")[1]
            + " has no effect but on an rsync there: what is sent is compressed with zstd";
    assertThat(read(option, "a", "h:b").withoutEffect()).containsExactly(said);
    assertThat(read(option, "h:a", "b").withoutEffect()).containsExactly(said);
    assertThat(read(option, "a", "b").withoutEffect()).isEmpty();
    assertThat(read(option, "--zc=none", "a", "h:b").withoutEffect()).isEmpty();
  }

  @Test
  void a_file_that_cannot_be_read_is_a_fault_of_input() {
    assertThatThrownBy(() -> read("--exclude-from=none", "a", "b"))
        .hasMessageContaining("--exclude-from=none: No such file")
        .extracting(e -> ((UsageException) e).status())
        .isEqualTo(CopyStatus.FILE_IO);
    assertThatThrownBy(() -> read("--files-from=none", "a", "b"))
        .extracting(e -> ((UsageException) e).status())
        .isEqualTo(CopyStatus.USAGE);
  }

  @Test
  void h4_operands_are_bytes() throws Exception {
    byte[] odd = {'a', (byte) 0xff, (byte) 0xfe, '\n', 'z'};
    byte[] option = "--exclude=".getBytes(StandardCharsets.US_ASCII);
    byte[] exclude = Arrays.copyOf(option, option.length + odd.length);
    System.arraycopy(odd, 0, exclude, option.length, odd.length);
    Invocation invocation = Invocation.read(List.of(exclude, odd, odd), surroundings);
    assertThat(invocation.sources().getFirst()).isEqualTo(odd);
    assertThat(invocation.target()).isEqualTo(odd);
    assertThat(invocation.filters().getFirst().texts().getFirst()).isEqualTo(odd);
  }

  @Test
  void info_is_what_was_said_else_what_follows() throws Exception {
    assertThat(read("-v", "a", "b").telling().level(InfoFlag.NAME)).isOne();
    assertThat(read("--info=name0", "-v", "a", "b").telling().level(InfoFlag.NAME)).isZero();
    assertThat(read("--progress", "a", "b").telling().level(InfoFlag.FLIST)).isEqualTo(2);
    assertThat(read("--progress", "--info=flist0", "a", "b").telling().level(InfoFlag.FLIST))
        .isZero();
    assertThat(read("--info=PROGRESS2,misc", "a", "b").telling().level(InfoFlag.PROGRESS))
        .isEqualTo(2);
    assertThat(read("--stats", "a", "b").telling().level(InfoFlag.STATS)).isEqualTo(2);
    assertThat(read("--stats", "-vv", "a", "b").telling().level(InfoFlag.STATS)).isEqualTo(3);
    assertThat(read("--info=none", "-vv", "a", "b").telling().level(InfoFlag.NONREG)).isZero();
    assertThat(read("a", "b").telling().level(InfoFlag.NONREG)).isOne();
    assertThat(read("--info=name9", "a", "b").telling().level(InfoFlag.NAME)).isEqualTo(4);
  }
}
