package dev.godwit.agent;

import dev.godwit.host.Ability;
import dev.godwit.host.AbilityServer;
import dev.godwit.host.AgentFile;
import dev.godwit.host.HostException;
import dev.godwit.linux.PipeInput;
import dev.godwit.linux.PipeOutput;
import dev.godwit.wire.Connection;
import dev.godwit.wire.ConnectionSettings;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * The far end's main: serves abilities over standard input and output until the connection ends.
 * All its threads are daemons, so an agent never outlives its ssh session. One that is kept ({@link
 * KeptAgent}) serves several connections of one session, one after the other.
 */
public final class Agent {
  static final Duration TAKE_DOWN_LIMIT = Duration.ofSeconds(20);

  private static final int STANDARD_INPUT = 0;
  private static final int STANDARD_OUTPUT = 1;

  private Agent() {}

  /**
   * Serves this process's standard input and output. Whatever prints to {@link System#out} from now
   * on goes to standard error, so that it cannot get between the frames.
   *
   * @param arguments what came after its name: for how many seconds it waits for another connection
   *     when one has ended; nothing: it ends with the first
   * @return the exit status
   */
  public static int main(List<String> arguments, List<Ability> abilities) {
    InputStream in = new PipeInput(STANDARD_INPUT);
    OutputStream out = new PipeOutput(STANDARD_OUTPUT);
    System.setOut(System.err);
    try {
      if (arguments.isEmpty()) {
        return serve(in, out, abilities);
      }
      Duration idle = Duration.ofSeconds(Long.parseLong(arguments.getFirst()));
      ConnectionSettings settings = ConnectionSettings.of(AgentFile.running().sha256());
      Runnable end = () -> Runtime.getRuntime().halt(0); // nothing is served then
      return new KeptAgent(in, out, abilities, settings, idle, end).serve();
    } catch (HostException e) {
      System.err.println("godwit agent: " + e.getMessage());
      return 1;
    }
  }

  /**
   * As the longer one, with the running jar as the build.
   *
   * @throws HostException when this process does not run from a jar
   */
  public static int serve(InputStream in, OutputStream out, List<Ability> abilities)
      throws HostException {
    return serve(in, out, abilities, ConnectionSettings.of(AgentFile.running().sha256()));
  }

  /**
   * Serves a pair of streams until the connection over them ends.
   *
   * @return 0: whichever way a connection ends, the agent's work is over then
   */
  public static int serve(
      InputStream in, OutputStream out, List<Ability> abilities, ConnectionSettings settings) {
    AbilityServer server = new AbilityServer(abilities);
    Connection connection = Connection.start(in, out, "the controller", server, settings);
    CountDownLatch lost = new CountDownLatch(1);
    connection.onLost(reason -> lost.countDown());
    try (connection) {
      lost.await();
      server.awaitTakenDown(TAKE_DOWN_LIMIT);
      return 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 1;
    }
  }
}
