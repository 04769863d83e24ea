package dev.godwit.cli;

import dev.godwit.agent.Abilities;
import dev.godwit.agent.Agent;
import dev.godwit.cli.mirror.MirrorCommand;
import dev.godwit.cli.sync.SyncCommand;
import dev.godwit.forward.rules.ForwardDefaults;
import dev.godwit.forward.rules.ForwardRules;
import dev.godwit.forward.rules.RuleBuilder;
import dev.godwit.forward.server.ForwardServer;
import dev.godwit.host.RuntimeDirectory;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Names;
import dev.godwit.mirror.RootStore;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlanException;
import dev.godwit.plan.PlanTemplate;
import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
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
  private static final int REMOVALS_MAX = 10;

  /** Of which a delta is made, on either side of what changes in it. */
  private static final int LARGE_BYTES = 64 * 1024;

  private StartTraining() {}

  /**
   * @param args none for all commands; {@code sync} or {@code forward} for that one alone; {@code
   *     agent} for what copies and mirrors need on a host where Godwit is the agent of others
   */
  public static void main(String[] args) throws IOException, PlanException {
    // Printed to memory: the build has no use for it.
    PrintStream sink = new PrintStream(new ByteArrayOutputStream(), true);
    load("dev.godwit.Main");
    Path folder = Files.createTempDirectory("godwit-training");
    // A far host is trained as well: what a mirror claims would stay in its runtime folder.
    System.setProperty(RuntimeDirectory.PROPERTY, folder.resolve("run").toString());
    try {
      switch (args.length == 0 ? "" : args[0]) {
        case "sync" -> trainSync(folder, sink);
        case "forward" -> trainForward(sink);
        case "agent" -> {
          trainSync(folder, sink);
          trainMirror(folder, sink);
        }
        case "" -> {
          trainSync(folder, sink);
          trainMirror(folder, sink);
          trainForward(sink);
          trainCommands(folder, sink);
        }
        default -> throw new IllegalArgumentException(args[0]);
      }
    } finally {
      remove(folder);
    }
  }

  /** A claim goes a moment after its mirror has ended, maybe while this looks at it. */
  private static void remove(Path folder) throws IOException {
    for (int left = REMOVALS_MAX; ; left--) {
      try (Stream<Path> all = Files.walk(folder)) {
        for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(path);
        }
        return;
      } catch (IOException | UncheckedIOException e) {
        if (left == 0) {
          throw e;
        }
      }
    }
  }

  private static void trainCommands(Path folder, PrintStream sink)
      throws IOException, PlanException {
    Terminal terminal = new Terminal(sink, sink, true, true, Map.of());
    Godwit.run(terminal, "--help");
    Godwit.run(terminal, "--version");
    Godwit.run(terminal, "init", "-");
    Godwit.run(terminal, "no-such-command");
    Plan plan = Plan.read(Files.writeString(folder.resolve("plan.yaml"), PlanTemplate.text()));
    sink.println(plan);
    sink.println(Version.line());
  }

  /** The class that is started instead of this one. */
  private static void load(String name) {
    try {
      Class.forName(name);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void trainForward(PrintStream sink) throws IOException {
    Godwit.run(new Terminal(sink, sink, true, true, Map.of()), "forward", "--help");
    forwardOnce();
  }

  /**
   * A small copy, twice each way: once to copy, once to find nothing to do but for a file of which
   * the target has an older content.
   */
  private static void trainSync(Path folder, PrintStream sink) throws IOException {
    // As Main starts it, but for its end; this one prints into the log of the training.
    var unused = SyncCommand.main(new String[] {"sync", "--version"});
    Path source = Files.createDirectory(folder.resolve("source"));
    Files.writeString(source.resolve("file"), "content");
    Files.writeString(Files.createDirectory(source.resolve("below")).resolve("file"), "more");
    for (String options : List.of("-aiv", "-aivH", "-a")) {
      sync(sink, options, "--delete", source + "/", folder.resolve("target").toString());
    }
    String there = "far:" + folder + "/there";
    for (String option : List.of("-iv", "-q", "--inplace")) {
      String around = "x".repeat(LARGE_BYTES);
      Files.writeString(source.resolve("large"), around + option + around);
      String shell = far(folder, option);
      sync(sink, "-a", option, "--delete", "-e", shell, source + "/", there);
    }
    String shell = far(folder, "back");
    sync(sink, "-a", "--delete", "-e", shell, there + "/", folder + "/back");
  }

  /**
   * Trees that are made equal, and are equal then; a far source or target does the same as here.
   */
  private static void trainMirror(Path folder, PrintStream sink) {
    Terminal terminal = new Terminal(sink, sink, true, true, Map.of());
    RootStore store = new RootStore(folder.resolve("state"));
    for (int i = 0; i < 2; i++) {
      List<byte[]> words =
          Stream.of("--once", folder.resolve("source") + "/", folder.resolve("mirror").toString())
              .map(Names::of)
              .toList();
      var unused = MirrorCommand.run(terminal, words, store);
    }
  }

  /** Each connection has fifos of its own: what is left of one would take the bytes of the next. */
  private static String far(Path folder, String name) throws IOException {
    FarEnd far = FarEnd.in(Files.createDirectory(folder.resolve("far" + name)));
    far.serve();
    return far.shell();
  }

  private static void sync(PrintStream sink, String... arguments) {
    var unused =
        SyncCommand.run(Stream.of(arguments).map(Names::of).toList(), name -> null, sink, sink);
  }

  /**
   * A far host that is this process: in the place of ssh, a script passes on what an agent here
   * says and is told. So both ends are trained by one run.
   *
   * @param shell for -e
   */
  private record FarEnd(String shell, Path in, Path out) {
    static FarEnd in(Path folder) throws IOException {
      Path in = folder.resolve("to-agent");
      Path out = folder.resolve("from-agent");
      try (DirectoryHandle handle = DirectoryHandle.open(Names.of(folder.toString()))) {
        handle.makeFifo(Names.of("to-agent"), 0600);
        handle.makeFifo(Names.of("from-agent"), 0600);
      }
      Path script =
          Files.writeString(
              folder.resolve("shell"),
              "echo godwit-bootstrap 1 have\ncat " + out + " &\nexec cat >" + in + "\n");
      return new FarEnd("sh " + script, in, out);
    }

    /** Serves one connection. */
    void serve() {
      Thread.ofPlatform()
          .daemon()
          .start(
              () -> {
                try (InputStream from = new FileInputStream(in.toFile());
                    OutputStream to = new FileOutputStream(out.toFile())) {
                  var unused = Agent.serve(from, to, Abilities.all());
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
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
