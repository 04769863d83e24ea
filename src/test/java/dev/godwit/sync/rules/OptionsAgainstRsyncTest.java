package dev.godwit.sync.rules;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.Names;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The parser against rsync itself. A remote shell that only writes down its arguments shows how
 * rsync has understood its options: it hands them to the other side.
 */
final class OptionsAgainstRsyncTest {
  /** Exit values of a command line that rsync does not obey. */
  private static final List<Integer> USAGE = List.of(1, 4, 11);

  /** What of the rules rsync tells a receiver. */
  private static final Map<String, Function<Rules, Object>> TOLD = new TreeMap<>();

  static {
    TOLD.put("recursive", r -> r.recursive);
    TOLD.put("relative", r -> r.relative);
    TOLD.put("links", r -> r.links);
    TOLD.put("owner", r -> r.owner);
    TOLD.put("group", r -> r.group);
    TOLD.put("devices", r -> r.devices);
    TOLD.put("times", r -> r.times);
    TOLD.put("permissions", r -> r.permissions);
    TOLD.put("acls", r -> r.acls);
    TOLD.put("xattrs", r -> r.xattrs);
    TOLD.put("systemXattrs", r -> r.systemXattrs);
    TOLD.put("hardLinks", r -> r.hardLinks);
    TOLD.put("accessTimes", r -> r.accessTimes);
    TOLD.put("openNoAccessTime", r -> r.openNoAccessTime);
    TOLD.put("omitLinkTimes", r -> r.omitLinkTimes);
    TOLD.put("sparse", r -> r.sparse);
    TOLD.put("wholeFile", r -> Boolean.TRUE.equals(r.wholeFile));
    TOLD.put("oneFileSystem", r -> r.oneFileSystem);
    TOLD.put("skipMountPoints", r -> r.skipMountPoints);
    TOLD.put("checksum", r -> r.checksum);
    TOLD.put("update", r -> r.update);
    TOLD.put("ignoreTimes", r -> r.ignoreTimes);
    TOLD.put("sizeOnly", r -> r.sizeOnly);
    TOLD.put("fuzzy", r -> r.fuzzy);
    TOLD.put("keepDirectoryLinks", r -> r.keepDirectoryLinks);
    TOLD.put("pruneEmptyDirectories", r -> r.pruneEmptyDirectories);
    TOLD.put("backup", r -> r.backup);
    TOLD.put("backupDirectory", r -> shown(r.backupDirectory));
    TOLD.put("dryRun", r -> r.dryRun);
    TOLD.put("deletion", r -> r.deletion);
    TOLD.put("deleteExcluded", r -> r.deleteExcluded);
    TOLD.put("deleteOnErrors", r -> r.deleteOnErrors);
    TOLD.put("deleteMax", r -> r.deleteMax);
    TOLD.put("force", r -> r.force);
    TOLD.put("sizeMin", r -> r.sizeMin);
    TOLD.put("sizeMax", r -> r.sizeMax);
    TOLD.put("timeoutSeconds", r -> r.timeoutSeconds);
    TOLD.put("bandwidth", r -> r.bandwidth);
    TOLD.put("blockSize", r -> r.blockSize);
    TOLD.put("modifyWindowSeconds", r -> r.modifyWindowSeconds);
    TOLD.put("inPlace", r -> r.inPlace);
    TOLD.put("append", r -> r.append);
    TOLD.put("appendVerify", r -> r.appendVerify);
    TOLD.put("delayUpdates", r -> r.delayUpdates);
    TOLD.put("partialDirectory", r -> shown(r.partialDirectory));
    TOLD.put("temporaryDirectory", r -> shown(r.temporaryDirectory));
    TOLD.put("existingOnly", r -> r.existingOnly);
    TOLD.put("ignoreExisting", r -> r.ignoreExisting);
    TOLD.put("removeSourceFiles", r -> r.removeSourceFiles);
    TOLD.put("numericIds", r -> r.numericIds);
    TOLD.put("userMap", r -> r.userMap);
    TOLD.put("groupMap", r -> r.groupMap);
    TOLD.put("safeLinks", r -> r.safeLinks);
    TOLD.put("copyUnsafeLinks", r -> r.copyUnsafeLinks);
    TOLD.put("preallocate", r -> r.preallocate);
    TOLD.put("makePath", r -> r.makePath);
    TOLD.put("fsync", r -> r.fsync);
    TOLD.put("writeDevices", r -> r.writeDevices);
    TOLD.put("missing", r -> r.missingArguments == MissingArguments.DELETE);
    TOLD.put(
        "basis", r -> r.basisDirectories.stream().map(b -> b.use() + shown(b.path())).toList());
  }

  @TempDir private Path folder;
  private final TestingSurroundings surroundings = new TestingSurroundings();

  private record Run(int exit, String said, List<String> told) {}

  @BeforeEach
  void makeShell() throws IOException {
    Files.createDirectory(folder.resolve("s"));
    Files.writeString(folder.resolve("list"), "name\n");
    surroundings.files.put("list", "name\n");
    Path shell = folder.resolve("shell");
    Files.writeString(
        shell, "#!/bin/sh\nfor a; do printf '%s\\0' \"$a\"; done >\"$0.told\"\nexit 0\n");
    Files.setPosixFilePermissions(shell, PosixFilePermissions.fromString("rwx------"));
  }

  @Test
  void random_options_are_understood_as_rsync_understands_them() throws Exception {
    long seed = Long.getLong("godwit.seed", 1);
    Random random = new Random(seed);
    int accepted = 0;
    for (int i = 0; i < Integer.getInteger("godwit.cases", 250); i++) {
      List<String> arguments = randomArguments(random);
      String what = "seed " + seed + ", case " + i + ": " + arguments;
      Run rsync = rsync(arguments);
      try {
        Rules rules = read(arguments).rules();
        assertThat(rsync.exit()).as("%s: %s", what, rsync.said()).isNotIn(USAGE);
        if (rsync.told().isEmpty()) {
          continue; // the last option took the -e behind it for its value
        }
        assertThat(differences(told(rules), told(ofReceiver(rsync.told())))).as(what).isEmpty();
        accepted++;
      } catch (UsageException e) {
        // This one is found by the other side, which is not there.
        if (!e.problems().getFirst().startsWith("--checksum (-c)")) {
          assertThat(rsync.exit()).as("%s: %s", what, e.problems()).isIn(USAGE);
        }
      }
    }
    assertThat(accepted).as("seed %d", seed).isGreaterThan(50);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1",
        "31",
        "32",
        "0",
        "12:00",
        "1-30",
        "2030-1-1",
        "30-1-1",
        "99-1-1",
        "2030/01/01T5",
        "T5",
        "5T",
        "1T5:3",
        "1-1T:5",
        ":5",
        ":60",
        "24:00",
        "12:60",
        "13-1",
        "0-1",
        "1-32",
        "2-30",
        "2-29",
        "2030-1-1T24:0",
        "",
        "1-",
        "-1",
        "1-1-1-1",
        "1/1",
        "2030-13-1",
        "2001-1-1",
        "1:2:3",
        "1T05",
        "1T:5",
        "5:",
        " 1",
        "1t5",
        "2038-01-19T03:14",
        ":00",
      })
  void times_to_stop_at_are_those_that_rsync_takes(String time) throws Exception {
    surroundings.now = java.time.ZonedDateTime.now(java.time.ZoneOffset.UTC);
    List<String> arguments = List.of("--stop-at=" + time);
    boolean isTaken = true;
    try {
      assertThat(read(arguments).rules().stopAtSeconds)
          .isGreaterThan(surroundings.now.toEpochSecond());
    } catch (UsageException e) {
      isTaken = false;
    }
    assertThat(isTaken).isEqualTo(!USAGE.contains(rsync(arguments).exit()));
  }

  private Invocation read(List<String> arguments) throws UsageException {
    List<String> all = new ArrayList<>(arguments);
    all.addAll(List.of("s/", "h:d"));
    return Invocation.read(all.stream().map(Names::of).toList(), surroundings);
  }

  private Run rsync(List<String> arguments) throws Exception {
    Path told = folder.resolve("shell.told");
    Files.deleteIfExists(told);
    List<String> argv = new ArrayList<>(List.of("/usr/bin/rsync"));
    argv.addAll(arguments);
    argv.addAll(List.of("-e", folder.resolve("shell").toString(), "s/", "h:d"));
    ProcessBuilder builder = new ProcessBuilder(argv).directory(folder.toFile());
    builder.environment().put("TZ", "UTC");
    builder.redirectErrorStream(true);
    Process process = builder.start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    int exit = process.waitFor();
    List<String> arrived =
        Files.exists(told) ? List.of(Files.readString(told).split("\0")) : List.of();
    return new Run(exit, said, arrived);
  }

  /** The rules that rsync's receiver is told, as this parser understands them. */
  private Rules ofReceiver(List<String> told) throws UsageException {
    List<byte[]> arguments = new ArrayList<>();
    boolean appends = false;
    // At the end are the two paths.
    for (String argument : told.subList(told.indexOf("--server") + 1, told.size() - 2)) {
      if (argument.startsWith("-") && !argument.startsWith("--") && argument.contains("e.")) {
        // After the e come abilities of the sender.
        String letters = argument.substring(0, argument.indexOf("e."));
        if (letters.length() > 1) {
          arguments.add(Names.of(letters));
        }
      } else if (argument.equals("--append") && appends) {
        arguments.add(Names.of("--append-verify"));
      } else if (!argument.startsWith("--log-format") && !argument.equals("--use-qsort")) {
        appends |= argument.equals("--append");
        arguments.add(Names.of(argument.replace("\\", "")));
      }
    }
    Problems problems = new Problems();
    Settings settings = new Settings(surroundings, problems);
    OptionParser.parse(arguments, problems).settings.forEach(settings::apply);
    problems.throwIfAny();
    Rules.Builder rules = settings.rules;
    rules.recursive = settings.recursion == Settings.Recursion.ON;
    rules.relative = Boolean.TRUE.equals(settings.relative);
    if (settings.delete || rules.deleteExcluded) {
      rules.deletion =
          settings.deletions.isEmpty() ? Deletion.DURING : settings.deletions.getFirst();
    }
    rules.inPlace |= rules.append || rules.writeDevices;
    rules.backup |= rules.backupDirectory != null;
    if (rules.delayUpdates && rules.partialDirectory == null) {
      rules.partialDirectory = Names.of(".~tmp~");
    }
    return rules.build();
  }

  private static List<String> differences(Map<String, String> ours, Map<String, String> rsyncs) {
    List<String> all = new ArrayList<>();
    ours.forEach(
        (name, value) -> {
          if (!value.equals(rsyncs.get(name))) {
            all.add(name + " is " + value + ", with rsync " + rsyncs.get(name));
          }
        });
    return all;
  }

  private static Map<String, String> told(Rules rules) {
    Map<String, String> all = new TreeMap<>();
    TOLD.forEach((name, field) -> all.put(name, String.valueOf(field.apply(rules))));
    return all;
  }

  private static String shown(byte @Nullable [] path) {
    return path == null ? "none" : Names.display(path);
  }

  private static List<String> randomArguments(Random random) {
    List<SyncOption> options =
        Arrays.stream(SyncOption.values())
            .filter(option -> option.state() != OptionState.REFUSED && !option.isOwn())
            .filter(OptionsAgainstRsyncTest::isTried)
            .toList();
    List<String> arguments = new ArrayList<>();
    if (random.nextInt(3) > 0) {
      arguments.add(random.nextBoolean() ? "-a" : "-r");
    }
    for (int i = random.nextInt(5); i >= 0; i--) {
      SyncOption option = options.get(random.nextInt(options.size()));
      boolean negates = option.isNegatable() && random.nextInt(4) == 0;
      if (option.takesArgument() && !negates) {
        String value = value(option, random);
        if (option.shortName() != 0 && random.nextBoolean()) {
          arguments.add("-" + option.shortName() + value);
        } else {
          arguments.add("--" + option.longName() + "=" + value);
        }
      } else if (negates) {
        arguments.add(
            "--no-" + (option.longName().isEmpty() ? "" + option.shortName() : option.longName()));
      } else if (option.shortName() != 0 && (random.nextBoolean() || option.longName().isEmpty())) {
        arguments.add("-" + ("" + option.shortName()).repeat(1 + random.nextInt(2)));
      } else {
        arguments.add("--" + option.longName());
      }
    }
    return arguments;
  }

  /**
   * Those that end or wait, need another host's help, or say things that are compared elsewhere.
   */
  private static boolean isTried(SyncOption option) {
    return switch (option) {
      case HELP,
          VERSION,
          RSH,
          RSYNC_PATH,
          REMOTE_OPTION,
          FILTER,
          LOG_FILE,
          CONTIMEOUT,
          OLD_DIRS,
          COPY_AS,
          DEBUG,
          STOP_AFTER,
          STOP_AT,
          HUMAN_READABLE,
          CVS_EXCLUDE,
          IPV4,
          IPV6,
          // Sent in other words by each kind of compression, or unseen by the shell.
          SECLUDED_ARGS,
          COMPRESS,
          COMPRESS_CHOICE,
          COMPRESS_LEVEL,
          OLD_COMPRESS,
          NEW_COMPRESS ->
          false;
      default -> true;
    };
  }

  private static String value(SyncOption option, Random random) {
    List<String> values =
        switch (option) {
          case MAX_SIZE, MIN_SIZE, BLOCK_SIZE, BWLIMIT ->
              List.of("1", "700", "1k", "1.5K", "2KB-1", "3mib", "x", "5k+2", "100", "0", ".7k");
          case MAX_ALLOC -> List.of("1g");
          case MODIFY_WINDOW, MAX_DELETE, TIMEOUT ->
              List.of("1", "0x10", "010", "", "7", "y", "-1");
          case CHMOD -> List.of("u+x", "Dg+s,F644", "z", "u", "+t", "17777", "u=g", "ug=gx", "");
          case CHECKSUM_CHOICE -> List.of("md5", "none", "xxh3,sha1", "auto", "nosuch", "MD5");
          case CHOWN -> List.of("a:b", "a", ":b", "");
          case SUFFIX -> List.of(".x", "", "a/b", "~");
          case PARTIAL_DIR, BACKUP_DIR, TEMP_DIR -> List.of("x", ".", "./y/", "/tmp/z", "");
          case INFO -> List.of("name", "all2", "nosuch", "none", "", "progress2");
          case STDERR -> List.of("e", "al", "x", "client");
          case OUTBUF -> List.of("N", "line", "x", "");
          case EXCLUDE_FROM, INCLUDE_FROM, FILES_FROM -> List.of("list", "nosuch");
          case CONFINE_ROOT -> List.of("/", "x");
          case CHECKSUM_SEED, PROTOCOL, COMPRESS_THREADS -> List.of("31");
          default -> List.of("a", "b:c");
        };
    return values.get(random.nextInt(values.size()));
  }
}
