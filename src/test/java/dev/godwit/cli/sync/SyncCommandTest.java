package dev.godwit.cli.sync;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.Main;
import dev.godwit.TestingPatience;
import dev.godwit.sync.copy.CopyStatus;
import dev.godwit.sync.rules.OptionState;
import dev.godwit.sync.rules.SyncOption;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The command as a whole, in this process and in one of its own. */
final class SyncCommandTest {
  @TempDir private Path folder;
  private Path source;
  private Path target;

  @BeforeEach
  void makeSource() throws IOException {
    source = folder.resolve("s");
    Files.createDirectories(source.resolve("sub"));
    Files.writeString(source.resolve("a"), "content");
    Files.writeString(source.resolve("sub/b"), "more");
    target = folder.resolve("d");
  }

  private TestingRun run(String... options) {
    List<String> arguments = new ArrayList<>(List.of(options));
    arguments.add(source + "/");
    arguments.add(target.toString());
    return TestingRun.godwit(arguments);
  }

  private static List<JsonNode> events(TestingRun run) {
    return run.out().lines().map(JsonMapper.shared()::readTree).toList();
  }

  @Test
  void json_is_one_event_a_line() throws Exception {
    Files.createDirectories(target);
    Files.writeString(target.resolve("old"), "x");
    TestingRun run = run("-a", "--delete", "--json");

    List<JsonNode> events = events(run);
    assertThat(run.exit()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(events.getFirst().get("event").asString()).isEqualTo("start");
    assertThat(events.getLast().get("event").asString()).isEqualTo("end");
    assertThat(events.getLast().get("exit").asInt()).isZero();
    assertThat(events.getLast().get("removed").get("files").asInt()).isOne();
    assertThat(
            events.stream()
                .filter(event -> event.get("event").asString().equals("item"))
                .map(event -> event.get("action").asString() + " " + event.get("path").asString()))
        .contains("delete old", "transfer a", "make sub", "transfer sub/b");
    JsonNode file =
        events.stream().filter(event -> event.path("path").asString().equals("a")).findAny().get();
    assertThat(file.get("size").asInt()).isEqualTo(7);
    assertThat(file.get("itemized").asString()).isEqualTo(">f+++++++++");
    assertThat(file.get("kind").asString()).isEqualTo("file");
  }

  @Test
  void json_says_what_is_wrong_with_a_command_line() {
    TestingRun run = TestingRun.godwit(List.of("--json", "-Q", "--delte", "a"));
    assertThat(run.exit()).isOne();
    assertThat(run.err()).isEmpty();
    assertThat(events(run).getFirst().get("problems")).hasSize(2);
    assertThat(events(run).getFirst().get("exit").asInt()).isOne();
  }

  @Test
  void json_tells_failures() {
    TestingRun run =
        TestingRun.godwit(List.of("-a", "--json", folder.resolve("none") + "", target + ""));
    assertThat(run.exit()).isEqualTo(23);
    assertThat(events(run)).anyMatch(event -> event.get("event").asString().equals("failure"));
    assertThat(events(run).getLast().get("exit").asInt()).isEqualTo(23);
  }

  @Test
  void h46_json_is_ascii_whatever_names_are() throws Exception {
    shell(
        "cd \"$1\"; : >\"$(printf 'x\\377\\n\\033\\177y')\"; : >\"$(printf '\\342\\200\\256z')\"",
        source);
    TestingRun run = run("-a", "--json");
    assertThat(run.out()).matches("[\\x20-\\x7e\\n]*");
    JsonNode odd = events(run).stream().filter(event -> event.has("path_base64")).findAny().get();
    assertThat(java.util.Base64.getDecoder().decode(odd.get("path_base64").asString()))
        .isEqualTo("x\u00ff\n\u001b\u007fy".getBytes(ISO_8859_1));
  }

  @Test
  void the_log_says_what_is_done_with_time_and_process() throws Exception {
    Path log = folder.resolve("log");
    run("-a", "--log-file=" + log);
    Files.writeString(source.resolve("a"), "another one");
    run("-a", "--log-file=" + log, "--log-file-format=%o %n %l");
    String stamp = "\\d{4}/\\d\\d/\\d\\d \\d\\d:\\d\\d:\\d\\d \\[\\d+\\] ";
    assertThat(Files.readAllLines(log)).allMatch(line -> line.matches(stamp + ".*"));
    assertThat(Files.readAllLines(log).stream().map(line -> line.replaceFirst(stamp, "")))
        .containsExactly(
            "building file list",
            "cd+++++++++ ./",
            ">f+++++++++ a",
            "cd+++++++++ sub/",
            ">f+++++++++ sub/b",
            "sent 11 bytes  received 0 bytes  total size 11",
            "building file list",
            "send a 11",
            "sent 11 bytes  received 0 bytes  total size 15");
  }

  @Test
  void h3_a_log_is_not_written_through_the_link_of_another_user() throws Exception {
    Path victim = Files.writeString(folder.resolve("authorized_keys"), "mine\n");
    Path log = Files.createSymbolicLink(folder.resolve("log"), victim);
    shell("chown -h 4242 \"$1\"", log);
    TestingRun run = run("-a", "--log-file=" + log);
    assertThat(run.exit()).isZero();
    assertThat(run.err()).contains("--log-file", "user 4242");
    assertThat(victim).hasContent("mine\n");
    assertThat(target.resolve("a")).hasContent("content");
  }

  @Test
  void a_log_that_cannot_be_opened_is_told_and_all_is_copied() throws Exception {
    TestingRun quiet = run("-aq", "--log-file=" + folder.resolve("none/log"));
    assertThat(quiet.exit()).isZero();
    assertThat(quiet.err()).contains("none/log is not written: No such file");
    assertThat(target.resolve("sub/b")).hasContent("more");

    Path pipe = folder.resolve("pipe");
    shell("mkfifo \"$1\"", pipe);
    assertThat(run("-a", "--log-file=" + pipe).err())
        .contains("it is no regular file")
        .doesNotContain("/dev/stdin");

    TestingRun json = run("-a", "--json", "--log-file=" + folder.resolve("none/log"));
    assertThat(json.err()).isEmpty();
    assertThat(events(json)).anyMatch(event -> event.path("text").asString().contains("none/log"));
  }

  @Test
  void what_is_wrong_with_a_command_line_is_in_its_log_too() throws Exception {
    Path log = folder.resolve("log");
    TestingRun run = run("-a", "--nosuch", "--log-file=" + log, "--max-size=big");
    assertThat(run.err()).contains("--nosuch", "--max-size");
    assertThat(Files.readAllLines(log))
        .hasSize(2)
        .allMatch(line -> line.matches("[0-9/]+ [0-9:]+ \\[\\d+\\] godwit: --.*"));
    assertThat(run("-a", "--nosuch", "--log-file=" + folder.resolve("none/log")).err())
        .contains("--nosuch")
        .doesNotContain("--log-file");
  }

  @Test
  void what_is_wrong_with_a_command_line_is_told_in_lines_of_a_terminal() {
    List<String> problems = List.of("one " + "word ".repeat(30), "short");
    ByteText wide = SyncCommand.refusal(CopyStatus.USAGE, problems, false);
    ByteText narrow = SyncCommand.refusal(CopyStatus.USAGE, problems, true);
    assertThat(new String(wide.toBytes(), UTF_8).lines()).hasSize(3);
    assertThat(new String(narrow.toBytes(), UTF_8).lines())
        .hasSizeGreaterThan(4)
        .allMatch(line -> line.length() <= 80);
  }

  @Test
  void verify_looks_below_the_directories_that_are_named() throws Exception {
    run("-a");
    Files.writeString(target.resolve("sub/b"), "less");
    for (String options : List.of("--verify", "-d --verify", "-a --verify")) {
      TestingRun run = run(options.split(" "));
      assertThat(run.exit()).as(options).isEqualTo(23);
      assertThat(run.out()).as(options).contains("sub/b");
    }
    Path none = folder.resolve("none");
    TestingRun run = TestingRun.godwit(List.of("--verify", source + "/", none + ""));
    assertThat(run.exit()).isEqualTo(23);
    assertThat(run.out()).contains("sub/b").doesNotContain("created");
    assertThat(none).doesNotExist();
  }

  @Test
  void h3_lists_are_not_read_through_the_link_of_another_user() throws Exception {
    Path list = Files.writeString(folder.resolve("real"), "a\n");
    Path link = Files.createSymbolicLink(folder.resolve("list"), list);
    for (String option : List.of("--exclude-from=", "--include-from=", "--files-from=")) {
      assertThat(run("-an", option + link).exit()).as(option).isZero();
    }
    shell("chown -h 4242 \"$1\"", link);
    for (String option : List.of("--exclude-from=", "--include-from=", "--files-from=")) {
      TestingRun run = run("-an", option + link);
      assertThat(run.exit()).as(option).isIn(1, 11);
      assertThat(run.err()).as(option).contains("user 4242");
    }
  }

  @Test
  void h3_confined_lists_lie_below_the_directory() throws Exception {
    Path list = Files.writeString(folder.resolve("list"), "a\n");
    assertThat(run("-an", "--confine-root=" + folder, "--exclude-from=" + list).exit()).isZero();
    TestingRun run = run("-an", "--confine-root=" + source, "--exclude-from=" + list);
    assertThat(run.exit()).isEqualTo(11);
    assertThat(run.err()).contains("--confine-root");
    assertThat(run("-an", "--confine-root=" + source, "--log-file=" + list).err())
        .contains("--confine-root");
    assertThat(list).hasContent("a\n");
  }

  /**
   * As with rsync 3.5, whose exit values are others in two cases: it ends at the first file that it
   * cannot make a backup of (11), and fails at each one with a --temp-dir (23), where Godwit fails
   * before the first.
   */
  @Test
  void h3_the_target_and_other_places_are_not_reached_through_the_link_of_another_user()
      throws Exception {
    Path real = Files.createDirectory(folder.resolve("elsewhere"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), real);
    shell("mkdir -p \"$1\"; echo old >\"$1\"/a; ln -s ../elsewhere \"$1\"/planted", target);
    assertThat(run("-ab", "--backup-dir=planted").exit()).isZero();
    assertThat(real.resolve("a")).hasContent("old");
    shell("rm \"$1\"/a", real);

    shell("chown -h 4242 \"$1\" " + target.resolve("planted"), link);
    for (String option :
        List.of(
            "-b --backup-dir=planted 23",
            "-b --backup-dir=" + link + " 23",
            "--temp-dir=planted 1",
            "--temp-dir=" + link + " 1",
            "--partial-dir=" + link + " 0",
            "--link-dest=planted 0",
            "-b --confine-root=" + target + " --backup-dir=" + real + " 23",
            "--confine-root=" + target + " --temp-dir=../elsewhere 1")) {
      shell("echo old >\"$1\"/a", target);
      List<String> words = List.of(option.split(" "));
      List<String> arguments = new ArrayList<>(List.of("-a"));
      arguments.addAll(words.subList(0, words.size() - 1));
      TestingRun run = run(arguments.toArray(String[]::new));
      assertThat(run.exit()).as(option + run.err()).isEqualTo(Integer.parseInt(words.getLast()));
      assertThat(real).as(option).isEmptyDirectory();
    }
    TestingRun run = TestingRun.godwit(List.of("-a", source + "/", link + "/below"));
    assertThat(run.exit()).isEqualTo(3);
    assertThat(run.err()).contains("user 4242");
    assertThat(real).isEmptyDirectory();
  }

  /** Exit values of a run with an option that leads through the link of another user. */
  private static final Map<SyncOption, Integer> THROUGH_A_LINK =
      Map.ofEntries(
          Map.entry(SyncOption.EXCLUDE_FROM, 11),
          Map.entry(SyncOption.INCLUDE_FROM, 11),
          Map.entry(SyncOption.FILES_FROM, 1),
          Map.entry(SyncOption.LOG_FILE, 0),
          Map.entry(SyncOption.CONFINE_ROOT, 0),
          // What is kept for a later run, or would save work, is left alone.
          Map.entry(SyncOption.COMPARE_DEST, 0),
          Map.entry(SyncOption.COPY_DEST, 0),
          Map.entry(SyncOption.LINK_DEST, 0),
          Map.entry(SyncOption.PARTIAL_DIR, 0),
          Map.entry(SyncOption.TEMP_DIR, 1),
          Map.entry(SyncOption.BACKUP_DIR, 23),
          Map.entry(SyncOption.TRASH, 23));

  static Stream<SyncOption> optionsWithPaths() {
    return Stream.of(SyncOption.values())
        .filter(option -> option.state() == OptionState.WORKS)
        .filter(option -> List.of("FILE", "DIR").contains(option.argument()));
  }

  /** Whoever adds an option with a path says here what it does then. */
  @ParameterizedTest
  @MethodSource("optionsWithPaths")
  void h3_no_option_leads_through_the_link_of_another_user(SyncOption option) throws Exception {
    Path real = Files.createDirectory(folder.resolve("theirs"));
    Path file = Files.writeString(real.resolve("list"), "a\n");
    Files.copy(source.resolve("a"), real.resolve("a"), StandardCopyOption.COPY_ATTRIBUTES);
    boolean isFile = option.argument().equals("FILE");
    Path link = Files.createSymbolicLink(folder.resolve("link"), isFile ? file : real);
    shell("chown -h 4242 \"$1\"", link);
    shell("mkdir \"$1\"; echo old >\"$1\"/a", target);
    TestingRun run = run("-ab", "--" + option.longName() + "=" + link);
    assertThat(run.exit())
        .as("%s %s", option, run.err())
        .isEqualTo(THROUGH_A_LINK.getOrDefault(option, -1));
    if (run.exit() != 0) {
      assertThat(run.err()).contains("user 4242");
    }
    assertThat(file).hasContent("a\n");
    assertThat(Files.getAttribute(real.resolve("a"), "unix:nlink")).isEqualTo(1);
    try (Stream<Path> names = Files.list(real)) {
      assertThat(names).hasSize(2);
    }
  }

  static Stream<SyncOption> refused() {
    return Stream.of(SyncOption.values()).filter(option -> option.state() == OptionState.REFUSED);
  }

  @ParameterizedTest
  @MethodSource("refused")
  void what_is_refused_is_told_with_what_to_use_instead(SyncOption option) {
    String given = option.shown() + (option.takesArgument() ? "=1" : "");
    TestingRun run = run("-a", given);
    assertThat(run.exit()).as(given).isEqualTo(1);
    assertThat(run.err())
        .startsWith("godwit: " + option.shown() + " is not possible here: " + option.help());
    assertThat(option.help())
        .as("what to use instead")
        .containsPattern("\\b(use|give|leave|convert|name|-[-\\w]+)");
    assertThat(target).doesNotExist();
  }

  @Test
  void a_line_of_progress_rewrites_itself() {
    String out = run("-a", "--progress").out();
    assertThat(out)
        .contains("a\n\r              7 100% ")
        .containsPattern(
            "\\r {14}4 100% +\\d+\\.\\d\\d[kMG]B/s +\\d:\\d\\d:\\d\\d \\(xfr#2, [it][ro]-chk=\\d+/\\d+\\)\\n");
    assertThat(run("-a", "--info=progress2").out())
        .matches("(?s).*\\r +0 +0% +0\\.00kB/s +0:00:00 \\(xfr#0, to-chk=0/4\\)\\n");
    assertThat(run("-aq", "--progress").out()).isEmpty();
  }

  @Test
  void everything_goes_to_standard_error_when_asked() {
    TestingRun run = run("-av", "--stderr=all");
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("sending incremental file list", "sub/b");
  }

  @Test
  void what_changes_nothing_is_said_with_v_on_standard_error() {
    assertThat(run("-a", "--old-args").err()).isEmpty();
    TestingRun run = run("-av", "--old-args", "--protocol=31");
    assertThat(run.err())
        .isEqualTo(
            "godwit: --old-args has no effect: no shell ever sees the arguments\n"
                + "godwit: --protocol has no effect: both sides are the same build\n");
    assertThat(run.out()).startsWith("sending incremental file list\n");
  }

  @Test
  void renames_are_found_only_where_something_is_removed() {
    assertThat(run("-av", "--detect-renames").err())
        .isEqualTo(
            "godwit: --detect-renames has no effect without --delete: what would be renamed stays\n");
    assertThat(run("-av", "--detect-renames", "--delete").err()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"--exclude=a", "--filter=P a", "-fP a", "-C", "-F", "--files-from=a"})
  void a_rule_for_the_other_side_is_refused_with_what_to_write(String option) {
    TestingRun run = run("-a", "-M" + option);
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err())
        .startsWith("godwit: -M " + option + " is not possible here:")
        .contains("-f '-r PATTERN' protects");
    assertThat(target).doesNotExist();
  }

  @Test
  void h4_arguments_are_bytes_whatever_the_locale() throws Exception {
    for (String locale : List.of("C", "C.UTF-8")) {
      Path odd = folder.resolve("odd-" + locale);
      shell("mkdir \"$1\"; : >\"$(printf '%s/x\\377?\\303\\244' \"$1\")\"", odd);
      Process process =
          new ProcessBuilder(
                  program(
                      List.of(
                          "bash",
                          "-c",
                          "export LC_ALL="
                              + locale
                              + "; name=$(printf 'x\\377?\\303\\244');"
                              + " exec \"$@\" --exclude=nothing \"$0/$name\" \"$0/copy $name\"",
                          odd.toString()),
                      "-a"))
              .redirectErrorStream(true)
              .start();
      String said = new String(process.getInputStream().readAllBytes(), UTF_8);
      assertThat(process.waitFor()).as(locale + ": " + said).isZero();
      assertThat(shell("cd \"$1\"; test -f \"$(printf 'copy x\\377?\\303\\244')\"", odd)).isZero();
    }
  }

  @Test
  void a_signal_ends_it_with_20() throws Exception {
    Path pipe = folder.resolve("pipe");
    assertThat(shell("mkfifo \"$1\"", pipe)).isZero();
    // Standard input never ends, so it waits for more of the list of names.
    try (RandomAccessFile both = new RandomAccessFile(pipe.toFile(), "rw");
        FileInputStream unread = new FileInputStream(both.getFD())) {
      both.write("a\n".getBytes(UTF_8));
      Process process =
          new ProcessBuilder(program(List.of(), "-a", "--files-from=-", source + "/", target + ""))
              .redirectErrorStream(true)
              .redirectInput(pipe.toFile())
              .start();
      TestingPatience.await("it to read the list", () -> unread.available() == 0);
      process.destroy(); // SIGTERM
      assertThat(process.waitFor(TestingPatience.LIMIT)).isTrue();
      assertThat(process.exitValue()).isEqualTo(20);
    }
  }

  /** Also SIGINT that whoever started it ignores, as in the background of a script. */
  @ParameterizedTest
  @CsvSource({
    "INT, --default-signal=INT",
    "TERM, --default-signal=TERM",
    "INT, --ignore-signal=INT"
  })
  void a_signal_in_the_middle_of_a_copy_leaves_nothing_half(String signal, String before)
      throws Exception {
    Files.write(source.resolve("large"), new byte[30 << 20]);
    Process process =
        new ProcessBuilder(
                program(List.of("env", before), "-a", "--bwlimit=2m", source + "/", target + ""))
            .redirectErrorStream(true)
            .start();
    TestingPatience.await("it to be in the middle", () -> !temporary().isEmpty());
    assertThat(shell("kill -" + signal + " \"$1\"", Path.of("" + process.pid()))).isZero();
    assertThat(process.waitFor(TestingPatience.LIMIT)).isTrue();
    assertThat(process.exitValue()).isEqualTo(20);
    assertThat(temporary()).isEmpty();
    assertThat(target.resolve("large")).doesNotExist();
  }

  /** A rate at which one piece takes longer than who ends the process waits. */
  @ParameterizedTest
  @ValueSource(strings = {"--no-S", "-S"})
  void a_signal_ends_the_wait_for_a_low_rate_too(String sparse) throws Exception {
    byte[] content = new byte[3 << 20];
    new Random(7).nextBytes(content);
    Files.write(source.resolve("large"), content);
    Process process =
        new ProcessBuilder(
                program(
                    List.of("env", "--default-signal=INT,TERM"),
                    "-a",
                    sparse,
                    "--partial",
                    "--bwlimit=20",
                    source + "/",
                    target + ""))
            .redirectErrorStream(true)
            .start();
    TestingPatience.await("it to be in the middle", () -> !temporary().isEmpty());
    Thread.sleep(500);
    assertThat(shell("kill \"$1\"", Path.of("" + process.pid()))).isZero();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).isEqualTo(20);
    assertThat(said).contains("ended by a signal");
    assertThat(temporary()).isEmpty();
    assertThat(target.resolve("large")).exists();
    assertThat(Files.size(target.resolve("large"))).isLessThan(content.length);
  }

  private List<Path> temporary() throws Exception {
    if (!Files.exists(target)) {
      return List.of();
    }
    try (Stream<Path> names = Files.list(target)) {
      return names.filter(name -> name.getFileName().toString().startsWith(".godwit-")).toList();
    }
  }

  /** The command in a process of its own, started by another one or by none. */
  @Test
  void json_tells_what_a_run_has_done_that_a_signal_ends() throws Exception {
    Files.write(source.resolve("large"), new byte[30 << 20]);
    Process process =
        new ProcessBuilder(
                program(
                    List.of("env", "--default-signal=INT,TERM"),
                    "-a",
                    "--json",
                    "--bwlimit=2m",
                    source + "/",
                    target + ""))
            .redirectErrorStream(true)
            .start();
    TestingPatience.await(
        "it to be in the middle",
        () -> !temporary().isEmpty() && Files.exists(target.resolve("a")));
    assertThat(shell("kill \"$1\"", Path.of("" + process.pid()))).isZero();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(said).isEqualTo(20);
    JsonNode end = events(new TestingRun(20, said, "")).getLast();
    try (Stream<Path> there = Files.walk(target)) {
      assertThat(end.get("files_transferred").asLong())
          .isEqualTo(there.filter(Files::isRegularFile).count())
          .isPositive();
    }
    assertThat(end.get("seen").get("files").asLong()).isPositive();
    assertThat(end.get("failures").asLong()).isOne();
    assertThat(end.get("duration_ms").asLong()).isPositive();
  }

  private static List<String> program(List<String> starter, String... words) {
    List<String> argv = new ArrayList<>(starter);
    argv.add(System.getProperty("java.home") + File.separator + "bin/java");
    argv.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1"));
    argv.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    argv.add("sync");
    argv.addAll(List.of(words));
    return argv;
  }

  private static int shell(String script, Path argument) throws Exception {
    ProcessBuilder builder = new ProcessBuilder("bash", "-c", script, "bash", argument.toString());
    builder.environment().putAll(Map.of("LC_ALL", "C"));
    return builder.inheritIO().start().waitFor();
  }
}
