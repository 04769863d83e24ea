package dev.godwit.forward.loop;

import dev.godwit.forward.Limits;
import dev.godwit.forward.SharedChange;
import dev.godwit.linux.Sysctl;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The host's limit on the queues of listening sockets: at least {@link ServiceListener#BACKLOG} for
 * as long as somebody needs it. The queue of a socket that listens already does not change with it.
 */
public final class ListenLimit implements SharedChange.Change {
  private static final String NAME = "net/core/somaxconn";
  private static final Path FILE = Path.of("/proc/sys", NAME);

  private ListenLimit() {}

  /**
   * Raises it, and never lowers it.
   *
   * @param state of a gate, in whose folder all users on the host meet
   * @param name of this user, unique among those that live
   */
  public static SharedChange raise(Path state, String name) throws IOException {
    return SharedChange.acquire(directory(state), name, new ListenLimit());
  }

  /** Puts back what users that were killed have left. Does nothing while one lives. */
  public static void cleanUp(Path state) throws IOException {
    SharedChange.cleanUp(directory(state), new ListenLimit());
  }

  private static Path directory(Path state) throws IOException {
    return Limits.hostDirectory(state, ".backlog");
  }

  @Override
  public List<String> before() throws IOException {
    return List.of(NAME + "=" + Sysctl.read(FILE));
  }

  @Override
  public void make() throws IOException {
    if (now() < ServiceListener.BACKLOG) {
      Files.writeString(FILE, ServiceListener.BACKLOG + "\n");
    }
  }

  /** A value that somebody else has set meanwhile stays. */
  @Override
  public void undo(List<String> before) throws IOException {
    if (now() == ServiceListener.BACKLOG && !before.isEmpty()) {
      Files.writeString(FILE, before.getFirst().substring(NAME.length() + 1) + "\n");
    }
  }

  private static int now() throws IOException {
    return Integer.parseInt(Sysctl.read(FILE));
  }
}
