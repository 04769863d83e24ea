package dev.godwit.survey;

import dev.godwit.survey.MailQueues.MailQueue;
import dev.godwit.survey.Running.Proc;
import dev.godwit.survey.Settings.Kind;
import dev.godwit.survey.Settings.Mention;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the queues of this host's mail transfer agents. Their daemons work in their queue's
 * directory (master(8); the Exim specification, "spool_directory"; the Sendmail operations guide,
 * "QueueDirectory"), which is surer than a configuration: it says what the one that runs was told.
 * Then the configuration is asked, and at last the usual places are looked at.
 */
final class MailQueuesReader {
  /**
   * What is known of a kind.
   *
   * @param word of its configuration
   * @param usual where it is on most hosts
   * @param holds what lies in such a directory; empty when nothing is always there
   */
  private record Agent(String word, List<String> usual, Set<String> holds) {}

  /** Names of Sendmail's files in a queue: the operations guide, "Queue files". */
  private static final Pattern SENDMAIL_FILE = Pattern.compile("[A-Za-z]f[0-9A-Za-z]+");

  private static final Map<String, Agent> AGENTS =
      Map.of(
          "postfix",
          new Agent("queue_directory", List.of("/var/spool/postfix"), Set.of("active", "maildrop")),
          "exim",
          new Agent(
              "spool_directory", List.of("/var/spool/exim4", "/var/spool/exim"), Set.of("input")),
          "sendmail",
          new Agent("queuedirectory", List.of("/var/spool/mqueue"), Set.of()));

  private MailQueuesReader() {}

  static MailQueues read() throws IOException, InterruptedException {
    Running running = RunningReader.read();
    boolean any = running.processes().stream().anyMatch(MailQueuesReader::isDaemon);
    return any ? of(running, SettingsReader.read(), Path.of("/proc")) : new MailQueues(List.of());
  }

  /**
   * @param processes where the kernel shows them: proc(5)
   */
  static MailQueues of(Running running, Settings settings, Path processes) {
    Map<String, MailQueue> found = new LinkedHashMap<>();
    for (Proc process : running.processes()) {
      if (isDaemon(process)) {
        String server = ServerPrograms.server(process.program());
        MailQueue queue = queue(server, process.pid(), settings, processes);
        found.merge(server + " " + queue.path(), queue, MailQueuesReader::together);
      }
    }
    return new MailQueues(List.copyOf(found.values()));
  }

  private static MailQueue together(MailQueue one, MailQueue other) {
    List<Integer> pids = new ArrayList<>(one.pids());
    pids.addAll(other.pids());
    return new MailQueue(one.server(), one.path(), one.reason(), pids);
  }

  /**
   * Whether it takes mails in and keeps them, on this host itself. The same programs run for a
   * moment when another service sends a mail.
   */
  static boolean isDaemon(Proc process) {
    if (!process.container().isEmpty()) {
      return false;
    }
    List<String> arguments = process.arguments();
    return switch (ServerPrograms.server(process.program())) {
      case "postfix" -> process.program().matches(".*/master( \\(deleted\\))?");
      // The Exim specification, "The Exim command line": -bd, -bdf, or -q with a time.
      case "exim" ->
          arguments.stream().anyMatch(each -> each.startsWith("-bd"))
              || String.join(" ", arguments).matches(".* -q[^ ]* ?[0-9].*");
      // It writes what it does in the place of its first argument.
      case "sendmail" -> !arguments.isEmpty() && arguments.getFirst().startsWith("sendmail: ");
      default -> false;
    };
  }

  private static MailQueue queue(String server, int pid, Settings settings, Path processes) {
    Agent agent = AGENTS.get(server);
    if (agent == null) {
      throw new IllegalArgumentException("no mail transfer agent: " + server);
    }
    String place = workplace(processes.resolve(pid + "/cwd"), agent);
    if (place != null) {
      return new MailQueue(server, place, "process %d works there".formatted(pid), List.of(pid));
    }
    for (Mention mention : settings.mentions()) {
      if (mention.server().equals(server)
          && mention.is(Kind.DATA)
          && mention.word().equals(agent.word())) {
        String path = real(mention.value(), agent);
        if (path != null) {
          return new MailQueue(server, path, "%s says so".formatted(mention.place()), List.of(pid));
        }
      }
    }
    for (String usual : agent.usual()) {
      String path = real(usual, agent);
      if (path != null) {
        return new MailQueue(server, path, "it is there on most hosts", List.of(pid));
      }
    }
    return new MailQueue(server, "", "", List.of(pid));
  }

  /** Where a daemon works, when that is a queue; null when it is not. */
  private static @Nullable String workplace(Path link, Agent agent) {
    try {
      Path real = link.toRealPath();
      if (real.getNameCount() == 0) {
        return null; // where daemons work that have no place of their own
      }
      boolean isQueue =
          agent.holds().isEmpty() ? holdsOnlyQueues(real) : real(real.toString(), agent) != null;
      // Exim makes what is in it with the first mail.
      return isQueue || entries(real).isEmpty() ? real.toString() : null;
    } catch (IOException e) {
      return null; // gone with its process
    }
  }

  /** Whether nothing else lies there than Sendmail's files, or directories of queue groups. */
  private static boolean holdsOnlyQueues(Path directory) throws IOException {
    return entries(directory).stream()
        .allMatch(
            entry ->
                SENDMAIL_FILE.matcher(entry.getFileName().toString()).matches()
                    || Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS));
  }

  private static List<Path> entries(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** The path without links; null when it is no directory with what a queue holds. */
  private static @Nullable String real(String path, Agent agent) {
    try {
      Path real = Path.of(path).toRealPath();
      boolean isQueue =
          Files.isDirectory(real)
              && agent.holds().stream().allMatch(name -> Files.isDirectory(real.resolve(name)));
      return isQueue ? real.toString() : null;
    } catch (IOException | InvalidPathException e) {
      return null; // not there, or gone with its process
    }
  }
}
