package dev.godwit.lsyncd;

import dev.godwit.host.NameEncoding;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaValue;

/** {@code settings{}}: what is said of the whole process. */
final class SettingsReader {
  private static final List<String> INOTIFY_MODES =
      List.of("CloseWrite", "CloseWrite or Modify", "Modify");

  /** Why log has no effect. */
  static final String SAID = "what a person should know is said";

  /** Why maxDelays has no effect. */
  static final String DELAYS = "nothing waits for a number of changes";

  private final LsyncdScript script;
  private final LsyncdProblems problems;

  /** How many commands run at a time, unless a sync says something else; 0: not said. */
  int processesMax;

  private int processesMaxLine;

  @Nullable Path logFile;
  @Nullable Path pidFile;
  @Nullable Path statusFile;
  Duration statusInterval = Duration.ofSeconds(10);
  boolean isDaemon = true;
  boolean insists;

  SettingsReader(LsyncdScript script, LsyncdProblems problems) {
    this.script = script;
    this.problems = problems;
  }

  void read(LsyncdScript.Call call) {
    KeyLines lines = script.linesOf(call);
    for (Map.Entry<String, LuaValue> entry : LuaTables.named(call.argument()).entrySet()) {
      setting(lines.of(entry.getKey()), entry.getKey(), entry.getValue());
    }
    if (!LuaTables.list(call.argument()).isEmpty()) {
      problems.problem(call.line(), "settings{}: a value without a name, expected NAME = VALUE");
    }
  }

  private void setting(int line, String key, LuaValue value) {
    switch (key) {
      case "logfile" -> logFile = path(line, key, value, logFile);
      case "pidfile" -> pidFile = path(line, key, value, pidFile);
      case "statusFile" -> statusFile = path(line, key, value, statusFile);
      case "statusInterval" -> {
        if (value.isnumber() && value.todouble() >= 0 && value.todouble() < 1e6) {
          statusInterval = Duration.ofMillis((long) (value.todouble() * 1000));
        } else {
          problems.problem(line, "statusInterval is a number of seconds");
        }
      }
      case "nodaemon" -> isDaemon = !value.toboolean();
      case "insist" -> insists = value.toboolean();
      case "inotifyMode" -> {
        if (!INOTIFY_MODES.contains(LuaTables.text(value))) {
          problems.problem(line, "inotifyMode is one of " + String.join(", ", INOTIFY_MODES));
        } else {
          remark(line, key, "every write is noticed, when it ends and while it goes on");
        }
      }
      case "maxProcesses" -> {
        if (value.isinttype() && value.toint() >= 1) {
          processesMax = value.toint();
          processesMaxLine = line;
        } else {
          problems.problem(line, "maxProcesses is a number from 1 on");
        }
      }
      case "maxDelays" -> remark(line, key, DELAYS);
      case "log" -> remark(line, key, SAID);
      case "logfacility", "logident" ->
          remark(line, key, "the log is the logfile, or what the service manager collects");
      default ->
          problems.problem(
              line,
              "there is no setting "
                  + key
                  + "; there are insist, inotifyMode, log, logfacility, logfile, logident,"
                  + " maxDelays, maxProcesses, nodaemon, pidfile, statusFile and statusInterval");
    }
  }

  private void remark(int line, String key, String why) {
    problems.remark(line, key + " has no effect: " + why);
  }

  /** What is to be said of settings once it is known that one is a mirror. */
  void hasMirror() {
    if (processesMax > 0) {
      problems.remark(
          processesMaxLine, "maxProcesses counts for commands: a mirror starts no processes");
    }
  }

  private @Nullable Path path(int line, String key, LuaValue value, @Nullable Path before) {
    if (!value.isstring() || LuaTables.text(value).isEmpty()) {
      problems.problem(line, key + " is the path of a file");
      return before;
    }
    try {
      return Path.of(LuaTables.text(value)).toAbsolutePath();
    } catch (InvalidPathException e) {
      problems.problem(line, key + ": " + NameEncoding.refusal(e));
      return before;
    }
  }
}
