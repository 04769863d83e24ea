package dev.godwit.survey;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.godwit.host.Systemctl;
import dev.godwit.linux.Accounts;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.survey.Settings.Certificate;
import dev.godwit.survey.Settings.Job;
import dev.godwit.survey.Settings.Kind;
import dev.godwit.survey.Settings.Mention;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads {@link Settings} out of the configuration files of this host. */
final class SettingsReader {
  private static final int MENTIONS_MAX = 20_000;
  private static final int JOBS_MAX = 5_000;

  private SettingsReader() {}

  static Settings read() throws InterruptedException {
    ConfigurationFiles files = new ConfigurationFiles();
    List<Mention> mentions = new ArrayList<>();
    ServerFiles servers = new ServerFiles();
    for (ConfigurationWords.Server server : ConfigurationWords.SERVERS) {
      servers.read(
          server,
          (path, text) -> {
            if (mentions.size() < MENTIONS_MAX) {
              mentions.addAll(ConfigurationWords.mentions(server, path, utf8(text)));
            }
          });
    }
    List<Job> jobs = new ArrayList<>();
    read(files, "/etc/crontab", jobs, (path, text) -> Jobs.table(path, text, ""));
    read(files, "/etc/cron.d", jobs, (path, text) -> Jobs.table(path, text, ""));
    for (String spool : List.of("/var/spool/cron/crontabs", "/var/spool/cron/tabs")) {
      read(files, spool, jobs, (path, text) -> Jobs.table(path, text, lastName(path)));
    }
    for (String period : List.of("hourly", "daily", "weekly", "monthly")) {
      read(
          files,
          "/etc/cron." + period,
          jobs,
          (path, text) ->
              lastName(path).startsWith(".")
                  ? List.of()
                  : List.of(new Job(path, "root", Jobs.cut(text))));
    }
    for (String spool : List.of("/var/spool/cron/atjobs", "/var/spool/at")) {
      read(files, spool, jobs, SettingsReader::atJob);
    }
    boolean timersWhole = timers(files, jobs);
    List<Certificate> certificates = new ArrayList<>();
    Map<String, String> named = new LinkedHashMap<>();
    for (Mention mention : mentions) {
      if (mention.is(Kind.CERTIFICATE)) {
        named.putIfAbsent(mention.value(), mention.place());
      }
    }
    named.forEach((path, place) -> certificates.add(Certificates.read(path, place)));
    return new Settings(
        mentions,
        certificates,
        jobs.size() > JOBS_MAX ? jobs.subList(0, JOBS_MAX) : jobs,
        files.isWhole()
            && timersWhole
            && servers.isWhole()
            && mentions.size() < MENTIONS_MAX
            && jobs.size() <= JOBS_MAX);
  }

  private static List<Job> atJob(String path, String text) {
    long number = Jobs.atUser(text);
    return number < 0 ? List.of() : List.of(Jobs.at(path, text, name(number)));
  }

  private static String name(long user) {
    try {
      Accounts.User known = Accounts.user((int) user);
      return known == null ? Long.toString(user) : known.name();
    } catch (LinuxException e) {
      return Long.toString(user); // whoever it is, the command counts
    }
  }

  /**
   * Those of systemd, and of users whose own one runs without a login (loginctl(1),
   * "enable-linger").
   *
   * @return whether all of them were seen
   */
  private static boolean timers(ConfigurationFiles files, List<Job> jobs)
      throws InterruptedException {
    boolean isWhole = true;
    if (Systemctl.isThere()) {
      try {
        jobs.addAll(TimersReader.read());
      } catch (IOException e) {
        isWhole = false;
      }
    } else {
      jobs.addAll(Jobs.timers(units(files, "/etc/systemd/system"), ""));
    }
    PasswordFile users = PasswordFile.read();
    files.read(
        "/var/lib/systemd/linger",
        (path, isDirectory) -> !isDirectory,
        (path, text) -> {
          String user = lastName(path);
          String home = users.home(user);
          if (!home.isEmpty()) {
            jobs.addAll(Jobs.timers(units(files, home + "/.config/systemd/user"), user));
          }
        });
    return isWhole;
  }

  /** The timers and services below a folder, by name. */
  private static Map<String, String> units(ConfigurationFiles files, String folder) {
    Map<String, String> units = new LinkedHashMap<>();
    files.read(
        folder,
        (path, isDirectory) ->
            !isDirectory && (path.endsWith(".timer") || path.endsWith(".service")),
        (path, text) -> units.put(lastName(path), utf8(text)));
    return units;
  }

  private interface Table {
    List<Job> jobs(String path, String text);
  }

  private static void read(ConfigurationFiles files, String place, List<Job> jobs, Table table) {
    files.read(
        place,
        (path, isDirectory) -> !isDirectory && !isUnused(path),
        (path, text) -> jobs.addAll(table.jobs(path, utf8(text))));
  }

  /** What package managers and editors leave, and what a server does not read. */
  private static boolean isUnused(String path) {
    String name = lastName(path);
    return name.endsWith("~")
        || name.endsWith(".bak")
        || name.endsWith(".orig")
        || name.endsWith(".swp")
        || name.contains(".dpkg-")
        || name.contains(".ucf-")
        || name.endsWith(".rpmsave")
        || name.endsWith(".rpmnew")
        || name.equals(".placeholder");
  }

  private static String lastName(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** The bytes as text for people: what is not UTF-8 is shown by its number. */
  private static String utf8(String bytes) {
    StringBuilder text = new StringBuilder();
    for (String line : bytes.split("\n", -1)) {
      if (!text.isEmpty()) {
        text.append('\n');
      }
      boolean isPlain = line.chars().allMatch(c -> c == '\t' || (c >= ' ' && c < 0x7f));
      text.append(isPlain ? line : Names.display(line.replace("\r", "").getBytes(ISO_8859_1)));
    }
    return text.toString();
  }
}
