package dev.godwit.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@code godwit demo}: makes two hosts, moves a web and mail service between them with the commands
 * a user would type, and counts what a client saw that kept asking.
 *
 * <p>The move is made by separate processes on host new; this one only watches. It takes part in
 * nothing that it measures.
 */
public final class Demo {
  private static final Duration BEFORE_MOVE = Duration.ofSeconds(3);
  private static final Duration ON_OLD_ADDRESS = Duration.ofSeconds(5);
  private static final Duration ON_NEW_ADDRESS = Duration.ofSeconds(4);
  private static final long SEED = 20_250_101;
  private static final int COLUMNS = 80;
  private static final int COMPLAINTS_MAX = 20;
  private static final int EXIT_GOOD = 0;
  private static final int EXIT_BAD = 1;
  private static final int EXIT_INTERRUPTED = 130; // 128 + SIGINT: Ctrl-C reached the command first

  private final DemoOptions options;
  private final PrintStream out;
  private final long start = System.nanoTime();
  private final List<String> failures = new ArrayList<>();

  private Demo(DemoOptions options, PrintStream out) {
    this.options = options;
    this.out = out;
  }

  /**
   * Runs the demo; what the move's commands write goes to {@code out} too.
   *
   * @return 0 if nothing failed and nothing was lost, duplicated or different, else 1
   * @throws LabException the demo cannot be run here; the message says what is missing
   */
  public static int run(DemoOptions options, PrintStream out) throws IOException {
    return new Demo(options, out).run();
  }

  private int run() throws IOException {
    if (!Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
      throw new LabException(
          "the demo makes namespaces and mounts: run it as root, for example sudo ./godwit demo");
    }
    Path program = Path.of(options.godwit().getFirst());
    if (!Files.isExecutable(program)) {
      throw new LabException("there is no start script " + program + " to move a service with");
    }
    DemoPackages.ensure(out);
    try (Lab lab = Lab.start(LabOptions.forFiles(options.files()))) {
      DemoResult result;
      try {
        result = move(lab);
      } catch (IOException e) {
        if (lab.isInterrupted()) {
          new CountDownLatch(1).await(); // the process is ending; nobody asked for a result
        }
        throw e;
      }
      show(result);
      if (options.keep()) {
        keep(lab);
      }
      return result.isGood() ? EXIT_GOOD : EXIT_BAD;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted", e);
    }
  }

  private DemoResult move(Lab lab) throws IOException {
    LabServices services = new LabServices(lab);
    services.install();
    say("two hosts: old " + Lab.OLD_ADDRESS + ", new " + Lab.NEW_ADDRESS);
    say("a client: " + Lab.CLIENT_ADDRESS + "; all three in namespaces of this machine");
    leftOut(services);
    List<Page> pages = new Fill(lab.old(), SEED).write(options.files(), services.hasMail());
    say(String.format(Locale.ROOT, "old has %,d files", options.files()));
    services.start(lab.old());
    say("old serves: " + String.join(", ", services.names()));
    lab.neu().writeFile(DemoPlan.PATH, DemoPlan.text(services));

    WatchingClient client = new WatchingClient(lab.client(), services, pages, Lab.OLD_ADDRESS);
    try (client) {
      say(
          "the client asks: GET, POST"
              + (services.hasMail() ? ", IMAP" : "")
              + ", about 80 requests a second");
      pause(BEFORE_MOVE);
      typed(lab, "cat", "move.yaml");
      boolean going =
          godwit(lab, "check", "move.yaml")
              && godwit(lab, "start", "move.yaml")
              && godwit(lab, "status", "move.yaml")
              && godwit(lab, "cutover", "--yes", "move.yaml");
      if (going) {
        say("the client still asks at old's address");
        pause(ON_OLD_ADDRESS);
      }
      if (going && options.rollback()) {
        say(
            "%d writes were acknowledged so far; now back to old"
                .formatted(client.ledger().acknowledged()));
        going = godwit(lab, "rollback", "--yes", "move.yaml");
        pause(ON_OLD_ADDRESS);
        going = going && godwit(lab, "cutover", "--yes", "move.yaml");
        pause(ON_OLD_ADDRESS);
      }
      if (going) {
        client.repoint(Lab.NEW_ADDRESS);
        say("the client's name server now says " + Lab.NEW_ADDRESS);
        pause(ON_NEW_ADDRESS);
        godwit(lab, "finish", "--quiet", "2", "move.yaml");
        pause(Duration.ofSeconds(1));
      }
    }
    say("the client has stopped: " + client.requests() + " requests");
    long hold = reportedHold(lab.neu());
    LedgerCheck ledger = LedgerCheck.of(client.ledger(), lab.neu());
    say("every acknowledged write was looked for on new");
    TreeComparison trees =
        TreeComparison.of(lab.old(), lab.neu(), existing(lab.neu(), DemoPlan.folders(services)));
    say("every file of old was compared with new's");
    return new DemoResult(
        client.results(), hold, ledger, trees, clientSeen(lab.neu(), services), failures);
  }

  private void leftOut(LabServices services) {
    if (!services.hasMail()) {
      say("left out: mail, because dovecot is not installed and cannot be");
    }
    if (!services.hasWeb()) {
      say("left out: nginx, which cannot be installed; a small web service stands in");
    }
  }

  /** A folder that new does not have is a failure, not a reason to stop before the table. */
  private List<String> existing(LabHost neu, List<String> folders) {
    List<String> existing = new ArrayList<>();
    for (String folder : folders) {
      if (Files.isDirectory(neu.path(folder))) {
        existing.add(folder);
      } else {
        failures.add("new has no " + folder);
      }
    }
    return existing;
  }

  private boolean godwit(Lab lab, String... arguments) throws IOException {
    List<String> argv = new ArrayList<>(options.godwit());
    argv.addAll(List.of(arguments));
    return run(lab, "godwit " + String.join(" ", arguments), argv);
  }

  private void typed(Lab lab, String... argv) throws IOException {
    run(lab, String.join(" ", argv), List.of(argv));
  }

  /** Runs a command in /root of host new; what it writes goes where ours does. */
  private boolean run(Lab lab, String shown, List<String> argv) throws IOException {
    LabHost host = lab.neu();
    out.println();
    out.println(host.name() + "# " + shown);
    out.flush();
    List<String> inRoot = new ArrayList<>(List.of("env", "-C", "/root"));
    inRoot.addAll(argv);
    ProcessBuilder command = host.command(inRoot).redirectErrorStream(out != System.out);
    if (out == System.out) {
      // Not through a pipe: on a terminal the command shows its progress.
      command.redirectOutput(ProcessBuilder.Redirect.INHERIT);
      command.redirectError(ProcessBuilder.Redirect.INHERIT);
    }
    Process process = command.start();
    process.getOutputStream().close();
    process.getInputStream().transferTo(out);
    int exit;
    try {
      exit = process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted during " + shown, e);
    }
    out.println();
    if (exit == EXIT_INTERRUPTED || lab.isInterrupted()) {
      throw new LabException("interrupted during " + shown);
    }
    if (exit != 0) {
      failures.add(shown + " ended with " + exit);
    }
    return exit == 0;
  }

  /** The hold as the move's own report has it. */
  private long reportedHold(LabHost host) throws IOException {
    List<String> argv = new ArrayList<>(List.of("env", "-C", "/root"));
    argv.addAll(options.godwit());
    argv.addAll(List.of("report", "move.yaml", "--json"));
    LabHost.Outcome outcome = host.run(argv, Duration.ofSeconds(30));
    if (outcome.succeeded()) {
      try {
        JsonNode hold = JsonMapper.shared().readTree(outcome.out()).findValue("hold_ms");
        if (hold != null && hold.isNumber()) {
          return hold.asLong();
        }
      } catch (JacksonException e) {
        failures.add("godwit report --json did not write JSON");
        return -1;
      }
    }
    failures.add("godwit report says no length of the hold");
    return -1;
  }

  /** Whether the service on new knows who asks it, and not only who relays. */
  private static boolean clientSeen(LabHost host, LabServices services) throws IOException {
    String log = services.hasWeb() ? "/var/log/nginx/access.log" : "/var/log/lab-app.log";
    return Files.exists(host.path(log))
        && new String(host.readFile(log), StandardCharsets.ISO_8859_1)
            .lines()
            .anyMatch(line -> line.startsWith(Lab.CLIENT_ADDRESS + " "));
  }

  private void show(DemoResult result) throws IOException {
    out.println();
    out.print(result.table());
    result.complaints().stream().limit(COMPLAINTS_MAX).forEach(this::complain);
    out.println();
    out.println(
        result.isGood()
            ? "moved: no request failed, no write was lost, no file is different"
            : "NOT good: see above");
    Path json = options.json();
    if (json != null) {
      Files.writeString(json, result.json());
    }
  }

  private void complain(String line) {
    String mark = "! ";
    for (int i = 0; i < line.length(); i += COLUMNS - 2) {
      out.println(mark + line.substring(i, Math.min(line.length(), i + COLUMNS - 2)));
      mark = "  ";
    }
  }

  private void keep(Lab lab) throws IOException {
    List<Long> holders = lab.keep();
    out.println();
    out.println("The hosts stay up. To enter them:");
    for (LabHost host : List.of(lab.old(), lab.neu(), lab.client())) {
      out.printf("  %-6s nsenter -t %d -m -n -p -u -- bash%n", host.name(), host.pid());
    }
    out.println("To end them and remove all they have:");
    out.println("  kill -9 " + String.join(" ", holders.stream().map(String::valueOf).toList()));
  }

  private void say(String text) {
    double seconds = (System.nanoTime() - start) / 1e9;
    out.println(String.format(Locale.ROOT, "[%5.1f s] %s", seconds, text));
    out.flush();
  }

  private static void pause(Duration duration) throws LabException {
    try {
      Thread.sleep(duration);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted", e);
    }
  }
}
