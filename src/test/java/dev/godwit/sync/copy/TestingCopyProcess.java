package dev.godwit.sync.copy;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.godwit.TestingClassPath;
import dev.godwit.agent.Agent;
import dev.godwit.cli.sync.SyncCommand;
import dev.godwit.host.ConnectedHost;
import dev.godwit.host.Host;
import dev.godwit.host.LocalHost;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.sync.rules.UsageException;
import dev.godwit.wire.Connection;
import dev.godwit.wire.ConnectionSettings;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A process of its own that makes copies when it is told to, so that it can be traced, disturbed
 * and killed while it makes one. It stays for many, because a Java that has loaded its classes
 * makes no system calls on files but those of the copy.
 */
final class TestingCopyProcess implements AutoCloseable {
  /** Where the sides of a copy are. */
  enum Way {
    /** The command itself, on one host. */
    LOCAL,
    FAR_SOURCE,
    FAR_TARGET,
    BOTH_FAR,
    /** The source is served by an agent, which is a process too. */
    AGENT_SOURCE,
    /** Likewise the target. */
    AGENT_TARGET
  }

  /**
   * How a copy ended.
   *
   * @param exit as of the command
   * @param told what went wrong, in its words; empty for nothing
   */
  record Ending(int exit, String told) {}

  private static final String BUILD = "test";
  private static final String AGENT = "agent";

  /** In the place of arguments: a system call and what the kernel is to say to it from now on. */
  private static final String REFUSE = "refuse";

  private final Process process;
  private final DataOutputStream to;
  private final DataInputStream from;

  /** The process that serves the far side; 0 when there is none. */
  final long agentPid;

  private static final int MEGABYTES = 256;

  private TestingCopyProcess(Way way, int megabytes) throws IOException {
    process = start(way.name(), megabytes).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    to = new DataOutputStream(process.getOutputStream());
    from = new DataInputStream(process.getInputStream());
    agentPid = from.readLong();
  }

  /**
   * Starts one and lets it make a copy, so that what comes then is the copy alone.
   *
   * @param folder where it may make that first copy
   */
  static TestingCopyProcess start(Way way, Path folder, String... options) throws Exception {
    TestingCopyProcess started = new TestingCopyProcess(way, MEGABYTES);
    TestingFaultTree first = TestingFaultTree.make(folder);
    for (int i = 0; i < 3; i++) {
      first.reset();
      Ending ending = started.copy(first.arguments(options));
      if (ending.exit() != 0) {
        throw new IllegalStateException("the first copy: " + ending);
      }
    }
    return started;
  }

  /** Starts one that has so much room for objects, and has made no copy yet. */
  static TestingCopyProcess startWith(int megabytes, Way way) throws IOException {
    return new TestingCopyProcess(way, megabytes);
  }

  private static ProcessBuilder start(String argument, int megabytes) {
    List<String> argv = new ArrayList<>();
    argv.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    argv.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"));
    argv.add("-Xmx" + megabytes + "m");
    argv.add("--enable-native-access=ALL-UNNAMED");
    argv.addAll(List.of("-cp", TestingClassPath.absolute()));
    argv.addAll(List.of(TestingCopyProcess.class.getName(), argument));
    return new ProcessBuilder(argv);
  }

  long pid() {
    return process.pid();
  }

  /**
   * From now on the kernel refuses a system call to this process.
   *
   * @param call its number
   */
  void refuse(int call, int errno) throws IOException {
    Ending ending = copy(List.of(REFUSE, "" + call, "" + errno));
    if (ending.exit != 0) {
      throw new IOException(ending.told);
    }
  }

  /** Makes one copy and waits for its end. */
  Ending copy(List<String> arguments) throws IOException {
    begin(arguments);
    return end();
  }

  /** Lets a copy begin. */
  void begin(List<String> arguments) throws IOException {
    to.writeInt(arguments.size());
    for (String argument : arguments) {
      to.writeUTF(argument);
    }
    to.flush();
  }

  /** Waits until it has ended. */
  Ending end() throws IOException {
    try {
      int exit = from.readInt();
      return new Ending(exit, from.readUTF());
    } catch (EOFException e) {
      throw new IOException(
          "the process that makes copies has ended, see its words: " + process, e);
    }
  }

  /** kill -9 of the process that makes the copy. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  @Override
  public void close() throws Exception {
    to.close();
    process.destroyForcibly().waitFor();
    awaitAgent();
  }

  /** An agent ends with its connection. */
  void awaitAgent() throws Exception {
    ProcessHandle.of(agentPid).ifPresent(agent -> agent.onExit().join());
  }

  // In the other process:

  public static void main(String[] arguments) throws Exception {
    TestingClassPath.load("linux", "wire", "host", "agent", "sync", "cli/sync");
    if (arguments[0].equals(AGENT)) {
      System.exit(
          Agent.serve(
              new FileInputStream(FileDescriptor.in),
              new FileOutputStream(FileDescriptor.out),
              List.of(new CopySourceAbility(), new CopyTargetAbility()),
              ConnectionSettings.of(BUILD)));
    }
    Way way = Way.valueOf(arguments[0]);
    Patient streams = new Patient();
    try (AgentHost agent = way.name().startsWith("AGENT") ? AgentHost.start() : null) {
      DataInputStream in = new DataInputStream(streams.in());
      DataOutputStream out = new DataOutputStream(streams.out());
      out.writeLong(agent == null ? 0 : agent.process.pid());
      while (true) {
        int count = in.read();
        if (count < 0) {
          return; // the test is over
        }
        count = count << 24 | in.readUnsignedByte() << 16 | in.readUnsignedShort();
        List<byte[]> some = new ArrayList<>();
        for (int i = 0; i < count; i++) {
          some.add(Names.of(in.readUTF()));
        }
        Ending ending;
        if (Names.display(some.getFirst()).equals(REFUSE)) {
          ending = refused(Names.display(some.get(1)), Names.display(some.get(2)));
        } else {
          ending = way == Way.LOCAL ? local(some) : far(way, agent, some);
        }
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        DataOutputStream fields = new DataOutputStream(answer);
        fields.writeInt(ending.exit);
        fields.writeUTF(ending.told);
        out.write(answer.toByteArray());
        out.flush();
      }
    }
  }

  private static Ending refused(String call, String errno) {
    try {
      TestingCallFilter.refuse(Integer.parseInt(call), Integer.parseInt(errno));
      return new Ending(0, "");
    } catch (LinuxException e) {
      return new Ending(1, String.valueOf(e.getMessage()));
    }
  }

  private static Ending local(List<byte[]> arguments) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int exit =
        SyncCommand.run(
            arguments,
            name -> name.equals("LC_ALL") ? Names.of("C.UTF-8") : null,
            OutputStream.nullOutputStream(),
            err);
    return new Ending(exit, err.toString(UTF_8));
  }

  private static Ending far(Way way, @Nullable Host agent, List<byte[]> arguments)
      throws UsageException, InterruptedException {
    CopyRequest request = TestingRun.request(arguments);
    TestingRun run = new TestingRun();
    try (Host here = new LocalHost("here", List.of());
        Host one = new TestingFarHost("far");
        Host other = new TestingFarHost("far")) {
      Host source =
          switch (way) {
            case FAR_SOURCE, BOTH_FAR -> one;
            case AGENT_SOURCE -> java.util.Objects.requireNonNull(agent);
            default -> here;
          };
      Host target =
          switch (way) {
            case FAR_TARGET, BOTH_FAR -> other;
            case AGENT_TARGET -> java.util.Objects.requireNonNull(agent);
            default -> here;
          };
      CopyResult result = Copy.run(source, target, request, run);
      return new Ending(result.status().exitValue(), String.join("\n", run.failures));
    } catch (CopyException e) {
      return new Ending(
          e.status().exitValue(), String.join("\n", run.failures) + "\n" + e.getMessage());
    }
  }

  /** The streams to the test, on which an error that is injected is met by trying again. */
  private record Patient() {
    FileInputStream in() {
      return new FileInputStream(FileDescriptor.in);
    }

    OutputStream out() {
      OutputStream raw = new FileOutputStream(FileDescriptor.out);
      return new OutputStream() {
        @Override
        public void write(int b) throws IOException {
          write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
          IOException last = null;
          for (int i = 0; i < 100; i++) {
            try {
              raw.write(bytes, offset, length);
              return;
            } catch (IOException e) {
              last = e;
            }
          }
          throw last;
        }
      };
    }
  }

  /** An agent on this host, without ssh between. */
  private static final class AgentHost extends ConnectedHost {
    private final Process process;

    private AgentHost(Process process, Connection connection) {
      super("far (an agent)", connection);
      this.process = process;
    }

    static AgentHost start() throws IOException {
      Process process =
          TestingCopyProcess.start(AGENT, MEGABYTES)
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      return new AgentHost(
          process,
          Connection.start(
              process.getInputStream(),
              process.getOutputStream(),
              "far (an agent)",
              Connection::refuse,
              ConnectionSettings.of(BUILD)));
    }

    @Override
    public void close() {
      connection.close();
      process.destroyForcibly();
    }
  }
}
