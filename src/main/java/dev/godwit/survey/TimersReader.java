package dev.godwit.survey;

import dev.godwit.host.Systemctl;
import dev.godwit.survey.Settings.Job;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What this host's systemd starts at times (systemd.timer(5)), wherever the units come from: those
 * that wait now, and those that a boot would set up.
 */
final class TimersReader {
  /** As {@code show} writes ExecStart: {@code { path=/x ; argv[]=/x y ; ignore_errors=no ; … }}. */
  private static final Pattern ARGUMENTS = Pattern.compile("argv\\[\\]=(.*?) ; ignore_errors=");

  private TimersReader() {}

  static List<Job> read() throws IOException, InterruptedException {
    Set<String> names = new LinkedHashSet<>();
    names.addAll(Systemctl.list("list-units", "--type=timer", "--state=active"));
    names.addAll(
        Systemctl.list("list-unit-files", "--type=timer", "--state=enabled,enabled-runtime"));
    names.removeIf(name -> !name.endsWith(".timer") || name.endsWith("@.timer"));
    Map<String, String> timers = new LinkedHashMap<>();
    for (Map<String, String> timer : Systemctl.show(names, "Id,Unit")) {
      timers.put(timer.getOrDefault("Id", ""), timer.getOrDefault("Unit", ""));
    }
    Set<String> started = new LinkedHashSet<>(timers.values());
    started.remove("");
    return jobs(timers, Systemctl.show(started, "Id,Names,User,ExecStart"));
  }

  /**
   * @param timers the unit that each starts
   * @param started properties of these units
   */
  static List<Job> jobs(Map<String, String> timers, List<Map<String, String>> started) {
    Map<String, Map<String, String>> units = new HashMap<>();
    for (Map<String, String> unit : started) {
      for (String name : unit.getOrDefault("Names", unit.getOrDefault("Id", "")).split(" ")) {
        units.put(name, unit);
      }
    }
    List<Job> jobs = new ArrayList<>();
    timers.forEach(
        (timer, name) -> {
          Map<String, String> unit = units.getOrDefault(name, Map.of());
          String user = unit.getOrDefault("User", "");
          String command = command(unit.getOrDefault("ExecStart", ""));
          jobs.add(
              new Job(
                  timer,
                  user.isEmpty() ? "root" : user,
                  Jobs.cut(command.isEmpty() ? name : command)));
        });
    return jobs;
  }

  private static String command(String execStart) {
    List<String> commands = new ArrayList<>();
    Matcher matcher = ARGUMENTS.matcher(execStart);
    while (matcher.find()) {
      commands.add(matcher.group(1));
    }
    return String.join("\n", commands);
  }
}
