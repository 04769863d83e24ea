package dev.godwit.cli;

import dev.godwit.cli.sync.SyncCommand;
import dev.godwit.forward.ForwardServer;
import dev.godwit.forward.rules.ForwardDefaults;
import dev.godwit.forward.rules.ForwardRules;
import dev.godwit.forward.rules.RuleBuilder;
import dev.godwit.linux.Names;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlanException;
import dev.godwit.plan.PlanTemplate;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What the ahead-of-time cache (JEP 514) is trained with: each kind of command once, so that the
 * classes which they load are in it. Run by the build, never by a user. A new command that should
 * start fast is added here.
 */
final class StartTraining {
  private StartTraining() {}

  public static void main(String[] args) throws IOException, PlanException {
    // Printed to memory: the build has no use for it.
    PrintStream sink = new PrintStream(new ByteArrayOutputStream(), true);
    Terminal terminal = new Terminal(sink, sink, true, true, Map.of());
    Godwit.run(terminal, "--help");
    Godwit.run(terminal, "--version");
    Godwit.run(terminal, "init", "-");
    Godwit.run(terminal, "no-such-command");
    trainSync(sink);
    Godwit.run(terminal, "forward", "--help");
    forwardOnce();
    Path file = Files.createTempFile("godwit-training", ".yaml");
    try {
      Files.writeString(file, PlanTemplate.text());
      Plan plan = Plan.read(file);
      sink.println(plan);
    } finally {
      Files.delete(file);
    }
    sink.println(Version.line());
  }

  /** A small copy within this host, twice: once to copy, once to find nothing to do. */
  private static void trainSync(PrintStream sink) throws IOException {
    Path folder = Files.createTempDirectory("godwit-training");
    try {
      Path source = Files.createDirectory(folder.resolve("source"));
      Files.writeString(source.resolve("file"), "content");
      for (String options : List.of("-aiv", "-aivH", "-a")) {
        SyncCommand.run(
            Stream.of(options, "--delete", source + "/", folder.resolve("target").toString())
                .map(Names::of)
                .toList(),
            name -> null,
            sink,
            sink);
      }
      // As Main starts it, but for its end; this one prints into the log of the training.
      var unused = SyncCommand.main(new String[] {"sync", "--version"});
    } finally {
      try (Stream<Path> all = Files.walk(folder)) {
        for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }

  /** One connection to nowhere: what listens, accepts and dials is loaded. */
  private static void forwardOnce() throws IOException {
    InetAddress loopback = InetAddress.getByName("127.0.0.1");
    try (ServerSocket service = new ServerSocket(0, 1, loopback)) {
      RuleBuilder rule = new RuleBuilder("training");
      rule.add("listen", "127.0.0.1:0");
      rule.add("to", "127.0.0.1:" + service.getLocalPort());
      ForwardRules rules =
          new ForwardRules(List.of(rule.build()), 0, ForwardDefaults.DRAIN_LIMIT, null, null);
      try (ForwardServer forward = ForwardServer.start(rules, line -> {});
          Socket client = new Socket(loopback, forward.addresses().getFirst().getPort());
          Socket accepted = service.accept()) {
        client.getOutputStream().write(1);
        accepted.getInputStream().read();
        forward.status().metrics();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
