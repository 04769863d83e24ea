package dev.godwit.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which cipher a relay's ssh has. One that runs does not tell, and would be slower if it had to
 * talk; so it is another one, with the same options and to the same host, that says it.
 */
final class SshCipher {
  private static final Pattern SAID = Pattern.compile("kex: client->server cipher: (\\S+)");

  private SshCipher() {}

  /** Of the first ssh among the processes; empty where there is none. */
  static String of(RunGroup group) throws IOException {
    for (String process : group.processes()) {
      List<String> line = commandLine(process);
      if (Path.of(line.getFirst()).endsWith("ssh")) {
        return said(Programs.tryRun(question(line)).text());
      }
    }
    return "";
  }

  /** Of one that has ended it is empty. */
  private static List<String> commandLine(String process) {
    try {
      return List.of(Programs.read(Path.of("/proc", process, "cmdline")).split("\0", -1));
    } catch (IOException e) {
      return List.of("");
    }
  }

  /** The same ssh with those of its options that say how a host is reached, and nothing to do. */
  static List<String> question(List<String> line) {
    List<String> question = new ArrayList<>(List.of(line.getFirst(), "-v"));
    for (int i = 1; i + 1 < line.size() && !line.get(i).equals("--"); i++) {
      if (line.get(i).equals("-F") || line.get(i).equals("-o")) {
        question.addAll(line.subList(i, i + 2));
        i++;
      }
    }
    question.addAll(List.of(PrivateSshd.HOST, "true"));
    return question;
  }

  /**
   * @param text of {@code ssh -v}
   */
  static String said(String text) {
    Matcher matcher = SAID.matcher(text);
    return matcher.find() ? matcher.group(1) : "unknown";
  }
}
