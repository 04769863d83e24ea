package dev.godwit.cli;

import dev.godwit.daemon.LogLines;
import dev.godwit.daemon.RulesException;
import dev.godwit.daemon.Words;
import dev.godwit.forward.rules.ForwardDefaults;
import dev.godwit.forward.rules.ForwardFile;
import dev.godwit.forward.rules.ForwardRule;
import dev.godwit.forward.rules.ForwardRules;
import dev.godwit.forward.rules.Ranges;
import dev.godwit.forward.rules.RuleBuilder;
import dev.godwit.forward.server.ForwardControl;
import dev.godwit.forward.server.ForwardProcess;
import dev.godwit.forward.server.SocketKeeper;
import dev.godwit.host.AgentFile;
import dev.godwit.host.Host;
import dev.godwit.host.HostException;
import dev.godwit.host.SshDestination;
import dev.godwit.host.SshHost;
import dev.godwit.host.SshOptions;
import dev.godwit.host.Supervisor;
import dev.godwit.host.ThisProgram;
import dev.godwit.linux.Signals;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code godwit forward}: passes connections on, in the foreground, until it is told to end. */
@Command(
    name = "forward",
    header = "Pass connections on to another port, host or unix socket.",
    description = {
      "LISTEN is where connections are taken:",
      "  25                  port 25 of this host's loopback only (127.0.0.1, ::1)",
      "  :25                 port 25 of every address of this host, IPv4 and IPv6:",
      "                      whoever reaches the host reaches it",
      "  192.0.2.1:25, [2001:db8::1]:25   that address only",
      "  :110,143,993-995    several ports, each with any form of address",
      "  unix:/run/a.sock,mode=0660,owner=USER,group=GROUP   a unix socket; without",
      "                      these only this user may connect to it",
      "  udp::53             datagrams, with any form of address",
      "",
      "DEST is where they go: HOST:PORT, unix:/PATH, or HOST alone for the port that",
      "the client came to. A list of ports goes with a list of ports. With several",
      "DEST, the first that is up is used and the others stand by, unless --balance",
      "says otherwise.",
      "",
      "Runs in the foreground. SIGTERM stops listening, lets connections end for up",
      "to --drain, and resets the rest; SIGINT ends at once; SIGHUP reads the file of",
      "-c again, and keeps what it has when there is a mistake in it.",
      "",
      "`godwit forward status` shows what passes through; `hold` and `release` let",
      "new connections wait and go, `drain` and `close` refuse them."
    },
    footer = {
      "  godwit forward 8080 10.0.0.5:80",
      "  godwit forward :25,143,993 mail.example.org",
      "  godwit forward unix:/run/mysqld/mysqld.sock,mode=0666 db.example.org:3306",
      "  godwit forward --via root@old.example.org 8080 localhost:80",
      "  godwit forward --balance round-robin :80 10.0.0.5:80 10.0.0.6:80",
      "  godwit forward -c forwards.yaml"
    })
final class ForwardCommand implements Callable<Integer> {
  private static final String NAME = "forward";
  private static final String SUPERVISE = "--supervise";
  private static final String TAKE_OVER = "--take-over";
  private static final String KEEPER = "--keeper";

  private static final int SIGINT = 2;

  /** Enough for 50,000 connections; those by another host are kept in the heap, and need more. */
  private static final int HEAP_MEGABYTES = 256;

  private final Terminal terminal;

  @Parameters(index = "0", arity = "0..1", paramLabel = "LISTEN", description = "See above.")
  private @Nullable String listen;

  @Parameters(index = "1..*", arity = "0..*", paramLabel = "DEST", description = "See above.")
  private @Nullable List<String> destinations;

  @Option(
      names = {"-c", "--config"},
      paramLabel = "FILE",
      description = "Read many forwards from a YAML file; the options are keys there.")
  private @Nullable Path file;

  @Option(
      names = {"-t", "--test"},
      description = "Say what would be forwarded, or what is wrong, and end.")
  private boolean test;

  @Option(
      names = "--via",
      paramLabel = "HOST",
      description =
          "The host that connects to DEST, by ssh as `ssh HOST` does; it takes names and localhost"
              + " as its own. Bytes go there encrypted, all connections over one.")
  private @Nullable String via;

  @Option(
      names = "--balance",
      paramLabel = "HOW",
      description = "Of several DEST: first that is up (default), or round-robin.")
  private @Nullable String balance;

  @Option(
      names = "--check",
      paramLabel = "TIME",
      description = "Try each DEST this often; off: never. Default: 2s with several.")
  private @Nullable String check;

  @Option(
      names = "--client-address",
      paramLabel = "HOW",
      description =
          "What DEST learns of the client: transparent its address, as if it came itself; proxy-v1 or"
              + " proxy-v2 a PROXY header; plain nothing. Without it transparent where that works:"
              + " for root, and a DEST on the host that connects; else plain.")
  private @Nullable String clientAddress;

  @Option(
      names = "--client-user",
      paramLabel = "HOW",
      description =
          "From unix socket to unix socket: own (default), or keep: DEST sees the user who"
              + " connected (needs root).")
  private @Nullable String clientUser;

  @Option(
      names = "--accept-proxy",
      paramLabel = "NETWORK",
      split = ",",
      description =
          "Peers that must send a PROXY header, which is believed; from others it is refused.")
  private @Nullable List<String> acceptProxy;

  @Option(
      names = "--sni",
      paramLabel = "NAME=DEST",
      description = "Send TLS clients that ask for this name elsewhere; *.NAME too.")
  private @Nullable List<String> serverNames;

  @Option(names = "--max", paramLabel = "N", description = "Connections at once, at most.")
  private @Nullable String max;

  @Option(
      names = "--max-per-client",
      paramLabel = "N",
      description = "The same for each client address.")
  private @Nullable String maxPerClient;

  @Option(
      names = "--connect-limit",
      paramLabel = "TIME",
      description = "How long an attempt to reach DEST may take. Default: 5s.")
  private @Nullable String connectLimit;

  @Option(
      names = "--idle-limit",
      paramLabel = "TIME",
      description =
          "Reset connections that move nothing for so long. Default: never, but after an hour where"
              + " one end has finished, and after 15 minutes where a reader takes nothing of what is"
              + " here for it.")
  private @Nullable String idleLimit;

  @Option(
      names = "--fast-open",
      description =
          "Let a client's first bytes come with its first packet, where the host's setting allows"
              + " it (net.ipv4.tcp_fastopen). A network may bring them twice.")
  private boolean fastOpen;

  @Option(
      names = "--drain",
      paramLabel = "TIME",
      description = "How long connections may go on after SIGTERM. Default: 30s.")
  private @Nullable String drain;

  @Option(
      names = "--metrics",
      paramLabel = "LISTEN",
      description = "Serve metrics for Prometheus, such as 9100.")
  private @Nullable String metrics;

  @Option(
      names = "--control",
      paramLabel = "PATH",
      description = "The socket that `godwit forward status` asks.")
  private @Nullable Path control;

  @Option(
      names = TAKE_OVER,
      paramLabel = "PROCESS",
      description =
          "Take the listening sockets of a forwarder that runs, by its number or control socket;"
              + " it drains and ends.")
  private @Nullable String takeOver;

  @Option(
      names = SUPERVISE,
      description =
          "Stay beside the forwarder, and start it again when it dies or when it hangs and so ends"
              + " itself.")
  private boolean supervise;

  @Option(names = KEEPER, hidden = true)
  private @Nullable Path keeper;

  @Spec private @Nullable CommandSpec spec;

  ForwardCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws UserFailure, IOException, InterruptedException {
    try {
      if (test) {
        show(rules());
        return ExitCode.DONE.status();
      }
      if (supervise) {
        refuse(SUPERVISE, problemOfFile()); // before it is read, which empties a pipe
        rules(); // a mistake is told once, and by this process
        return supervise();
      }
      try (LogLines log = log()) {
        boolean isReadOnce = problemOfFile() != null;
        AtomicBoolean isRead = new AtomicBoolean();
        ForwardProcess process =
            new ForwardProcess(
                () -> isRead.getAndSet(true) ? again(isReadOnce) : rules(),
                ForwardCommand::connect,
                keeper,
                log);
        Signals.handleAnyway("HUP", number -> process.order(ForwardProcess.Order.RELOAD));
        Signals.handleAnyway("TERM", number -> process.order(ForwardProcess.Order.DRAIN));
        Signals.handleAnyway("INT", number -> process.order(ForwardProcess.Order.END));
        process.run(takeOver == null ? null : ForwardControl.SOCKETS.named(takeOver));
      }
      return ExitCode.DONE.status();
    } catch (RulesException e) {
      throw new UserFailure(ExitCode.USAGE, String.join("\n", e.problems()));
    }
  }

  /** What can be read once only was read at the start. */
  private ForwardRules again(boolean isReadOnce) throws RulesException {
    if (isReadOnce) {
      throw problem(
          "SIGHUP has them read again, and "
              + file
              + " can be read once only; write the rules to a file, and start with that");
    }
    return rules();
  }

  /** Each forwarder that the supervisor starts reads the rules for itself. */
  private @Nullable String problemOfFile() {
    return file == null
            || Files.isRegularFile(file)
            || Files.isDirectory(file)
            || Files.notExists(file)
        ? null
        : file + " can be read once, and is read again at each start; write the rules to a file";
  }

  /** The same command line without the option, in a process of its own. */
  private int supervise() throws IOException, InterruptedException {
    List<String> first = new ArrayList<>();
    List<String> again = new ArrayList<>();
    if (spec != null) {
      spec.commandLine().getParseResult().originalArgs().stream()
          .filter(word -> !word.equals(SUPERVISE))
          .forEach(first::add);
    }
    Iterator<String> words = first.iterator();
    while (words.hasNext()) {
      String word = words.next();
      if (word.equals(TAKE_OVER)) {
        words.next(); // who it was taken over from has ended by then
      } else if (!word.startsWith(TAKE_OVER + "=")) {
        again.add(word);
      }
    }
    try (LogLines log = log();
        SocketKeeper kept = SocketKeeper.start()) {
      Supervisor supervisor = new Supervisor(status -> status == ExitCode.BUG.status(), log);
      Signals.handleAnyway("HUP", number -> supervisor.signal(number, false));
      // To the forwarder the second one may be the first again, which has come to both.
      AtomicBoolean isTold = new AtomicBoolean();
      Signals.handleAnyway(
          "TERM", number -> supervisor.signal(isTold.getAndSet(true) ? SIGINT : number, true));
      Signals.handleAnyway("INT", number -> supervisor.signal(number, true));
      for (List<String> arguments : List.of(first, again)) {
        arguments.addAll(arguments.indexOf(NAME) + 1, List.of(KEEPER, kept.path().toString()));
      }
      return supervisor.run(command(first), command(again));
    }
  }

  private static List<String> command(List<String> arguments) {
    int own = (int) (Runtime.getRuntime().maxMemory() >> 20); // a share of what the host has
    return ThisProgram.command(Math.max(HEAP_MEGABYTES, own), arguments.toArray(String[]::new));
  }

  private static Host connect(String destination) throws HostException {
    return SshHost.connect(
        "the host of via",
        SshDestination.parse(destination),
        List.of(),
        AgentFile.running(),
        SshOptions.STANDARD.withRemarks(remark -> System.err.println(remark)));
  }

  /** Nobody who is connected waits for whoever reads it, or does not. */
  private LogLines log() {
    LogLines log = LogLines.start("godwit: ", terminal::note);
    log.takeErrors();
    return log;
  }

  private void show(ForwardRules rules) {
    for (ForwardRule rule : rules.rules()) {
      List<String> listens = rule.listens().stream().map(l -> l.display()).toList();
      List<String> targets = rule.targets().stream().map(t -> t.display()).toList();
      terminal.print(
          rule.name() + ": " + Ranges.display(listens) + " -> " + String.join(", ", targets));
    }
  }

  private ForwardRules rules() throws RulesException {
    Path from = file;
    if (from != null) {
      if (listen != null) {
        throw problem("-c FILE and LISTEN DEST exclude each other");
      }
      List<String> said = keys().keySet().stream().map(key -> "--" + key).toList();
      if (!said.isEmpty()) {
        throw problem(
            "FILE of -c says what is forwarded and how; what does not go beside it is to be written"
                + " there: "
                + String.join(" ", said));
      }
      return withOptions(ForwardFile.read(from));
    }
    if (listen == null || destinations == null) {
      throw problem(
          (listen == null ? "" : "found " + listen + " alone, ")
              + "expected LISTEN and DEST, or -c FILE\nTry `godwit forward --help`.");
    }
    RuleBuilder builder = new RuleBuilder(NAME);
    List<String> problems = new ArrayList<>();
    add(builder, problems, "listen", "LISTEN", List.of(listen));
    add(builder, problems, "to", "DEST", destinations);
    keys().forEach((key, values) -> add(builder, problems, key, "--" + key, values));
    if (problems.isEmpty()) {
      try {
        return withOptions(
            new ForwardRules(List.of(builder.build()), 0, ForwardDefaults.DRAIN_LIMIT, null, null));
      } catch (IllegalArgumentException e) {
        problems.add(String.valueOf(e.getMessage()));
      }
    }
    throw new RulesException(problems);
  }

  /** What is said of the whole process on the command line goes before what its file says. */
  private ForwardRules withOptions(ForwardRules rules) throws RulesException {
    Duration drainLimit = parsed("--drain", drain, Words::duration);
    InetSocketAddress page = parsed("--metrics", metrics, Words::address);
    Path socket = control == null ? rules.control() : control.toAbsolutePath();
    ForwardRules all =
        new ForwardRules(
            rules.rules(),
            rules.connectionsMax(),
            drainLimit == null ? rules.drainLimit() : drainLimit,
            socket,
            page == null ? rules.metrics() : page);
    refuse("--control", all.problemOfControl());
    refuse("--metrics", all.problemOfMetrics());
    return all;
  }

  private static void refuse(String option, @Nullable String problem) throws RulesException {
    if (problem != null) {
      throw problem(option + ": " + problem);
    }
  }

  private static <T> @Nullable T parsed(
      String option, @Nullable String value, Function<String, T> parser) throws RulesException {
    try {
      return value == null ? null : parser.apply(value);
    } catch (IllegalArgumentException e) {
      throw problem(option + ": " + e.getMessage());
    }
  }

  /** What was said of the one forward, by the keys of a file. */
  private Map<String, List<String>> keys() {
    Map<String, List<String>> keys = new LinkedHashMap<>();
    put(keys, "via", via);
    put(keys, "client-user", clientUser);
    put(keys, "balance", balance);
    put(keys, "check", check);
    put(keys, "client-address", clientAddress);
    put(keys, "accept-proxy", acceptProxy);
    put(keys, "sni", serverNames);
    put(keys, "max", max);
    put(keys, "max-per-client", maxPerClient);
    put(keys, "connect-limit", connectLimit);
    put(keys, "idle-limit", idleLimit);
    put(keys, "fast-open", fastOpen ? "on" : null);
    return keys;
  }

  private static void put(Map<String, List<String>> keys, String key, @Nullable String value) {
    put(keys, key, value == null ? null : List.of(value));
  }

  private static void put(
      Map<String, List<String>> keys, String key, @Nullable List<String> values) {
    if (values != null) {
      keys.put(key, values);
    }
  }

  private static void add(
      RuleBuilder builder, List<String> problems, String key, String said, List<String> values) {
    for (String value : values) {
      try {
        builder.add(key, value);
      } catch (IllegalArgumentException e) {
        problems.add(said + ": " + e.getMessage());
      }
    }
  }

  private static RulesException problem(String message) {
    return new RulesException(List.of(message));
  }
}
