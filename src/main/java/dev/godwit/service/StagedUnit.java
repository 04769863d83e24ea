package dev.godwit.service;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How a unit of systemd is started and stopped where there is no systemd (systemd.service(5),
 * systemd.exec(5), systemd.kill(5)). Of its sandbox nothing is in it: what that forbids is not
 * forbidden here.
 *
 * <p>The command lines are read from the unit's files, since {@code systemctl show} does not tell
 * where a word ends, and have to be the same as those that it shows: a line that was read wrongly
 * is not run.
 *
 * @param environment assignments, a later one of a name counts
 * @param environmentFiles paths; one that begins with {@code -} may lack
 * @param directory to start in; empty is the root, {@code ~} the user's home
 * @param capabilities that a user who is not root gets, as setpriv(1) names them
 * @param leftOut commands of it that speak to systemd itself and are not run, for people
 */
record StagedUnit(
    String name,
    Type type,
    List<Line> before,
    List<Line> start,
    List<Line> after,
    List<Line> stop,
    List<Line> afterStop,
    Owner owner,
    List<String> capabilities,
    List<String> environment,
    List<String> environmentFiles,
    String directory,
    boolean mayLackDirectory,
    List<Folder> folders,
    int mask,
    List<StagedLimit> limits,
    String pidFile,
    boolean guessesMain,
    Kill kill,
    List<String> leftOut) {

  /** When it counts as started. */
  enum Type {
    /** At once. */
    SIMPLE,
    /** When its command has ended well and has left a daemon behind. */
    FORKING,
    /** When its commands have ended well. */
    ONESHOT,
    /** When it says so: sd_notify(3). */
    NOTIFY
  }

  /** Who gets the signal at the stop. */
  enum KillMode {
    ALL,
    /** The main process, and the others are killed when that has ended. */
    MIXED,
    MAIN,
    NONE
  }

  /** What is done once the stop commands have ended. */
  record Kill(KillMode mode, int signal, Duration limit) {}

  /**
   * A command line.
   *
   * @param mayFail its exit status does not count
   * @param isPrivileged it is run as root whatever the unit's user
   * @param hasVariables whether variables are put in
   */
  record Line(List<String> words, boolean mayFail, boolean isPrivileged, boolean hasVariables) {}

  /** Names or numbers; empty is root. */
  record Owner(String user, String group, List<String> groups) {}

  /** A directory that is made before the start, and the variable that tells of it. */
  record Folder(String variable, Path path, int mode) {}

  /** Settings by which systemd gives a service what it could not find here. */
  private static final List<String> GIVEN =
      List.of(
          "RootDirectory",
          "RootImage",
          "BindPaths",
          "BindReadOnlyPaths",
          "TemporaryFileSystem",
          "MountImages",
          "ExtensionImages",
          "ExtensionDirectories",
          "LoadCredential",
          "LoadCredentialEncrypted",
          "SetCredential",
          "SetCredentialEncrypted",
          "ImportCredential",
          "PAMName",
          "NetworkNamespacePath",
          "JoinsNamespaceOf",
          "OpenFile",
          "ExecCondition",
          "UnsetEnvironment",
          "PassEnvironment",
          "Sockets");

  /** Programs that have the host's own daemons do the work. */
  private static final Set<String> CONTAINERS =
      Set.of("docker", "podman", "nerdctl", "systemd-nspawn", "systemd-run", "lxc-start", "incus");

  /** As a word: pg_ctlcluster has an option that is named for it. */
  private static final Pattern SYSTEMCTL = Pattern.compile("(?<![\\w-])systemctl(?![\\w-])");

  private static final Pattern SHOWN =
      Pattern.compile("\\{ path=(.*?) ; argv\\[\\]=(.*) ; ignore_errors=(?:yes|no) ;.*");

  private static final Pattern SPAN = Pattern.compile("([0-9.]+)(us|ms|s|min|h|d|w)");

  /** Longer than anybody waits. */
  private static final Duration UNLIMITED = Duration.ofHours(1);

  /** systemd's own default. */
  private static final Duration STOP_LIMIT = Duration.ofSeconds(90);

  /**
   * Reads it.
   *
   * @throws ServiceException when it cannot be started without systemd; the message says why
   */
  static StagedUnit of(UnitText text) throws ServiceException {
    if (!text.name().endsWith(".service")) {
      throw new ServiceException("it is no service of systemd");
    }
    UnitFiles files = UnitFiles.section("Service", text.files());
    Type type = type(text);
    for (String given : GIVEN) {
      if (files.isSet(given)) {
        throw new ServiceException("systemd gives it what %s= says".formatted(given));
      }
    }
    if (text.value("DynamicUser").equals("yes")) {
      throw new ServiceException("systemd makes a user for it (DynamicUser=yes)");
    }
    if (text.value("Delegate").equals("yes")) {
      throw new ServiceException("it has a control group of its own (Delegate=yes)");
    }
    List<String> input = files.values("StandardInput");
    if (!input.isEmpty() && !input.getLast().equals("null")) {
      throw new ServiceException("it reads from %s".formatted(input.getLast()));
    }
    List<String> leftOut = new ArrayList<>();
    List<Line> start = lines(text, files, "ExecStart", null);
    for (Line line : start) {
      String program = line.words().getFirst();
      if (CONTAINERS.contains(program.substring(program.lastIndexOf('/') + 1))) {
        throw new ServiceException("a daemon of the host runs it, by " + program);
      }
    }
    if (type != Type.ONESHOT && start.size() != 1) {
      throw new ServiceException("it has %d start commands".formatted(start.size()));
    }
    UnitWords words = new UnitWords(text.name());
    List<String> environment = new ArrayList<>();
    for (String assignments : files.values("Environment")) {
      environment.addAll(words.words(assignments));
    }
    String directory = text.value("WorkingDirectory");
    return new StagedUnit(
        text.name(),
        type,
        lines(text, files, "ExecStartPre", leftOut),
        start,
        lines(text, files, "ExecStartPost", leftOut),
        lines(text, files, "ExecStop", leftOut),
        lines(text, files, "ExecStopPost", leftOut),
        new Owner(text.value("User"), text.value("Group"), text.words("SupplementaryGroups")),
        text.words("AmbientCapabilities").stream()
            .map(each -> "+" + each.toLowerCase(Locale.ROOT).replaceFirst("^cap_", ""))
            .toList(),
        environment,
        environmentFiles(text),
        directory.replaceFirst("^[!-]", ""),
        directory.startsWith("!") || directory.startsWith("-"),
        folders(text),
        text.value("UMask").matches("[0-7]{1,5}") ? Integer.parseInt(text.value("UMask"), 8) : 022,
        StagedLimit.of(text),
        text.value("PIDFile"),
        !text.value("GuessMainPID").equals("no"),
        kill(text),
        List.copyOf(leftOut));
  }

  private static Type type(UnitText text) throws ServiceException {
    String type = text.value("Type");
    return switch (type) {
      case "simple", "exec", "idle" -> Type.SIMPLE;
      case "forking" -> Type.FORKING;
      case "oneshot" -> Type.ONESHOT;
      case "notify", "notify-reload" -> Type.NOTIFY;
      default -> throw new ServiceException("it is of Type=" + type);
    };
  }

  /**
   * The command lines of a setting.
   *
   * @param leftOut gets those that speak to systemd, which is not there; null where none may
   */
  private static List<Line> lines(
      UnitText text, UnitFiles files, String setting, @Nullable List<String> leftOut)
      throws ServiceException {
    UnitWords reader = new UnitWords(text.name());
    List<Line> lines = new ArrayList<>();
    for (String value : files.values(setting)) {
      List<String> words = new ArrayList<>();
      for (UnitWords.Word word : reader.split(value)) {
        if (word.isBare() && word.text().equals(";")) {
          lines.add(line(words));
          words = new ArrayList<>();
        } else {
          words.add(word.text());
        }
      }
      lines.add(line(words));
    }
    refuseOther(setting, lines, text.values(setting));
    boolean isUser = !text.value("User").isEmpty();
    List<Line> run = new ArrayList<>();
    for (Line line : lines) {
      boolean speaks = line.words().stream().anyMatch(word -> SYSTEMCTL.matcher(word).find());
      if (speaks) {
        if (leftOut == null) {
          throw new ServiceException("its %s speaks to systemd".formatted(setting));
        }
        leftOut.add("%s=%s".formatted(setting, String.join(" ", line.words())));
      } else {
        boolean asRoot =
            isUser
                && !setting.equals("ExecStart")
                && text.value("PermissionsStartOnly").equals("yes");
        run.add(
            new Line(
                line.words(), line.mayFail(), line.isPrivileged() || asRoot, line.hasVariables()));
      }
    }
    return run;
  }

  private static Line line(List<String> words) throws ServiceException {
    if (words.isEmpty()) {
      throw new ServiceException("it has an empty command line");
    }
    String first = words.getFirst();
    int at = 0;
    while (at < first.length() && "-@:+!|".indexOf(first.charAt(at)) >= 0) {
      at++;
    }
    String prefixes = first.substring(0, at);
    if (prefixes.contains("@") || prefixes.contains("|")) {
      throw new ServiceException("its command line begins with " + prefixes);
    }
    List<String> plain = new ArrayList<>(words);
    plain.set(0, first.substring(at));
    return new Line(
        List.copyOf(plain),
        prefixes.contains("-"),
        prefixes.contains("+") || prefixes.contains("!"),
        !prefixes.contains(":"));
  }

  /** What was read has to be what systemd has read, as far as that can be told. */
  private static void refuseOther(String setting, List<Line> lines, List<String> shown)
      throws ServiceException {
    List<String> theirs = new ArrayList<>();
    for (String each : shown) {
      Matcher matcher = SHOWN.matcher(each);
      theirs.add(matcher.matches() ? bare(matcher.group(2)) : "");
    }
    List<String> ours = lines.stream().map(line -> bare(String.join(" ", line.words()))).toList();
    if (!ours.equals(theirs)) {
      throw new ServiceException("its %s could not be read as systemd reads it".formatted(setting));
    }
  }

  /** Without quotes and blanks, which different versions show differently. */
  private static String bare(String words) {
    return words.replaceAll("[\\s\"'\\\\]", "");
  }

  private static List<String> environmentFiles(UnitText text) {
    return text.values("EnvironmentFiles").stream()
        .map(
            each ->
                (each.endsWith("(ignore_errors=yes)") ? "-" : "")
                    + each.replaceFirst(" \\(ignore_errors=(yes|no)\\)$", ""))
        .toList();
  }

  private static List<Folder> folders(UnitText text) {
    List<Folder> folders = new ArrayList<>();
    record Kind(String setting, String parent) {}
    for (Kind kind :
        List.of(
            new Kind("RuntimeDirectory", "/run"),
            new Kind("StateDirectory", "/var/lib"),
            new Kind("CacheDirectory", "/var/cache"),
            new Kind("LogsDirectory", "/var/log"))) {
      String mode = text.value(kind.setting() + "Mode");
      for (String name : text.words(kind.setting())) {
        folders.add(
            new Folder(
                kind.setting().replace("Directory", "_DIRECTORY").toUpperCase(Locale.ROOT),
                Path.of(kind.parent(), name.split(":", 2)[0]),
                mode.matches("[0-7]{3,5}") ? Integer.parseInt(mode, 8) : 0755));
      }
    }
    return folders;
  }

  private static Kill kill(UnitText text) {
    KillMode mode =
        switch (text.value("KillMode")) {
          case "mixed" -> KillMode.MIXED;
          case "process" -> KillMode.MAIN;
          case "none" -> KillMode.NONE;
          default -> KillMode.ALL;
        };
    String signal = text.value("KillSignal");
    return new Kill(
        mode,
        signal.matches("[1-9][0-9]?") ? Integer.parseInt(signal) : 15,
        stopLimit(text.value("TimeoutStopUSec")));
  }

  private static Duration stopLimit(String shown) {
    return shown.equals("infinity") ? UNLIMITED : span(shown).orElse(STOP_LIMIT);
  }

  /** A time span as systemd shows it: {@code 1min 30s} (systemd.time(7)). */
  static Optional<Duration> span(String shown) {
    Duration sum = Duration.ZERO;
    for (String each : shown.split(" ")) {
      Matcher matcher = SPAN.matcher(each);
      if (!matcher.matches()) {
        return Optional.empty(); // infinity, or years
      }
      double nanos =
          Double.parseDouble(matcher.group(1))
              * switch (matcher.group(2)) {
                case "us" -> 1e3;
                case "ms" -> 1e6;
                case "s" -> 1e9;
                case "min" -> 60e9;
                case "h" -> 3600e9;
                case "d" -> 86_400e9;
                default -> 604_800e9;
              };
      sum = sum.plus(Duration.ofNanos((long) nanos));
    }
    return Optional.of(sum);
  }
}
