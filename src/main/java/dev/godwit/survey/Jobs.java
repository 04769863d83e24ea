package dev.godwit.survey;

import dev.godwit.survey.Settings.Job;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What cron tables (crontab(5)), timers (systemd.timer(5)) and at(1) start. Pure functions on text.
 */
final class Jobs {
  private static final int COMMAND_CHARS_MAX = 8000;
  private static final Pattern SETTING = Pattern.compile("^[A-Za-z_][A-Za-z0-9_]*\\s*=.*");
  private static final Pattern TIMES =
      Pattern.compile("^(@[a-z]+|\\S+\\s+\\S+\\s+\\S+\\s+\\S+\\s+\\S+)\\s+(.*)$");

  private static final Pattern AT_USER =
      Pattern.compile("(?m)^# atrun uid=([0-9]{1,10}) gid=[0-9]{1,10}$");
  private static final Pattern AT_DIRECTORY =
      Pattern.compile("(?m)^(cd .*) \\|\\| \\{\n(?:[ \\t].*\n)*}\n");
  private static final Pattern AT_SETTING =
      Pattern.compile("#.*|umask [0-7]+|[A-Za-z_][A-Za-z0-9_]*=.*; export [A-Za-z0-9_]+");

  private Jobs() {}

  /**
   * The jobs of a cron table.
   *
   * @param user whose table it is; empty for a table of the system, which names one on each line
   */
  static List<Job> table(String file, String text, String user) {
    List<Job> jobs = new ArrayList<>();
    String[] lines = text.split("\n", -1);
    for (int i = 0; i < lines.length; i++) {
      String line = lines[i].strip();
      Matcher matcher = TIMES.matcher(line);
      if (line.isEmpty()
          || line.startsWith("#")
          || SETTING.matcher(line).matches()
          || !matcher.matches()) {
        continue;
      }
      String rest = matcher.group(2).strip();
      String who = user;
      if (user.isEmpty()) {
        String[] both = rest.split("\\s+", 2);
        if (both.length < 2) {
          continue;
        }
        who = both[0];
        rest = both[1];
      }
      jobs.add(new Job(file + ":" + (i + 1), who, cut(rest)));
    }
    return jobs;
  }

  /**
   * What the timers among the units start; a timer without its service here starts one of a
   * package, which is told by its name.
   *
   * @param user whose units they are; empty for those of the system
   */
  static List<Job> timers(Map<String, String> units, String user) {
    List<Job> jobs = new ArrayList<>();
    units.forEach(
        (name, text) -> {
          if (name.endsWith(".timer")) {
            String service = value(text, "Unit", name.replaceAll("\\.timer$", ".service"));
            String unit = units.getOrDefault(service, "");
            String command = cut(value(unit, "ExecStart", service));
            jobs.add(
                user.isEmpty()
                    ? new Job(name, value(unit, "User", "root"), command)
                    : new Job(name + " of " + user, user, command));
          }
        });
    return jobs;
  }

  /** The number of the user whom a job of at(1) runs as; -1 when it is none. */
  static long atUser(String text) {
    Matcher matcher = AT_USER.matcher(text);
    return matcher.find() ? Long.parseLong(matcher.group(1)) : -1;
  }

  /**
   * A job of at(1): a script that sets up the surroundings, goes to a directory and has the
   * commands after that.
   */
  static Job at(String file, String text, String user) {
    String directory = "";
    String commands = text;
    Matcher matcher = AT_DIRECTORY.matcher(text);
    if (matcher.find()) {
      directory = "\n" + matcher.group(1);
      commands = text.substring(matcher.end());
    }
    List<String> lines =
        commands
            .lines()
            .filter(line -> !line.isBlank() && !AT_SETTING.matcher(line).matches())
            .toList();
    return new Job(file, user, cut(String.join("\n", lines) + directory));
  }

  private static String value(String unit, String key, String otherwise) {
    for (String line : unit.split("\n", -1)) {
      String[] both = line.strip().split("=", 2);
      if (both.length == 2 && both[0].strip().equals(key) && !both[1].isBlank()) {
        return both[1].strip();
      }
    }
    return otherwise;
  }

  static String cut(String command) {
    return command.length() > COMMAND_CHARS_MAX
        ? command.substring(0, COMMAND_CHARS_MAX) + "…"
        : command;
  }
}
