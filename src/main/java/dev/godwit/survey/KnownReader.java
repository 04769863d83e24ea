package dev.godwit.survey;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.godwit.linux.Accounts;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.survey.Known.Account;
import dev.godwit.survey.Known.AddressLine;
import dev.godwit.survey.Known.NumberedName;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Answers what another host's things are on this one. */
final class KnownReader {
  private static final int LINES_MAX = 500;
  private static final int TEXT_MAX = 300;

  /** Files that say who is who in the network, not where a service listens. */
  private static final Set<String> NOT_SERVICES =
      Set.of(
          "/etc/hosts",
          "/etc/resolv.conf",
          "/etc/ssh/ssh_known_hosts",
          "/etc/ssl/certs",
          "/etc/alternatives",
          "/etc/ld.so.cache",
          "/etc/selinux",
          "/etc/apparmor.d",
          "/etc/.git");

  private KnownReader() {}

  static Known read(Known.Question question) throws LinuxException {
    List<Account> users = new ArrayList<>();
    for (NumberedName asked : question.users()) {
      Accounts.User byName = asked.name().isEmpty() ? null : Accounts.user(asked.name());
      Accounts.User byNumber = Accounts.user((int) asked.number());
      users.add(
          new Account(
              asked,
              byName == null ? -1 : Integer.toUnsignedLong(byName.uid()),
              byNumber == null ? "" : byNumber.name()));
    }
    List<Account> groups = new ArrayList<>();
    for (NumberedName asked : question.groups()) {
      Accounts.Group byName = asked.name().isEmpty() ? null : Accounts.group(asked.name());
      Accounts.Group byNumber = Accounts.group((int) asked.number());
      groups.add(
          new Account(
              asked,
              byName == null ? -1 : Integer.toUnsignedLong(byName.gid()),
              byNumber == null ? "" : byNumber.name()));
    }
    List<Settings.Certificate> certificates =
        question.certificates().stream().map(path -> Certificates.read(path, "")).toList();
    ConfigurationFiles files = new ConfigurationFiles();
    List<AddressLine> lines = new ArrayList<>();
    if (!question.addresses().isEmpty()) {
      Pattern pattern = pattern(question.addresses());
      for (String folder : question.folders()) {
        files.read(
            folder,
            (path, isDirectory) ->
                !NOT_SERVICES.contains(path) && !BootReader.NETWORK.contains(path),
            (path, text) -> find(pattern, path, text, lines));
      }
    }
    return new Known(
        users, groups, certificates, lines, files.isWhole() && lines.size() < LINES_MAX);
  }

  /** The addresses as whole words: 10.0.0.1 is not in 10.0.0.12, nor fd67::2 in fd67::23. */
  static Pattern pattern(List<String> addresses) {
    List<String> words =
        addresses.stream()
            .map(
                address ->
                    Pattern.quote(address)
                        + (address.contains(":")
                            ? "(?![0-9A-Fa-f]|:[0-9A-Fa-f])"
                            : "(?![0-9]|\\.[0-9])"))
            .toList();
    return Pattern.compile(
        "(?<![0-9A-Fa-f.:])(" + String.join("|", words) + ")", Pattern.CASE_INSENSITIVE);
  }

  static void find(Pattern pattern, String path, String text, List<AddressLine> found) {
    if (!pattern.matcher(text).find()) {
      return;
    }
    String[] lines = text.split("\n", -1);
    for (int i = 0; i < lines.length && found.size() < LINES_MAX; i++) {
      String line = lines[i].strip();
      Matcher matcher = pattern.matcher(line);
      if (!line.startsWith("#")
          && !line.startsWith(";")
          && !line.startsWith("//")
          && matcher.find()) {
        String shown = Names.display(line.getBytes(ISO_8859_1));
        found.add(
            new AddressLine(
                matcher.group(1),
                path,
                i + 1,
                shown.length() > TEXT_MAX ? shown.substring(0, TEXT_MAX) + "…" : shown));
      }
    }
  }
}
