package dev.godwit.forward.server;

import dev.godwit.daemon.ControlSocket;
import dev.godwit.forward.loop.AnswerServer;
import dev.godwit.forward.loop.Asker;
import dev.godwit.forward.loop.EventLoop;
import dev.godwit.forward.loop.ListenSocket;
import dev.godwit.forward.rules.Listen;
import dev.godwit.linux.Sockets;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Keeps copies of a forwarder's listening sockets for its supervisor, so that they go on listening
 * when it dies: who comes then waits in the kernel's queue until the next one has taken them over.
 *
 * <p>On a unix socket that only this user can reach, a forwarder says {@code keep PATH} with its
 * control socket, whence the copies are taken, and {@code drop} before it stops to listen. A new
 * forwarder takes copies from here as from one that runs, and says {@code drop NAME} of each that
 * it has no use for; the others are kept until it says {@code keep}, for its start may fail.
 *
 * <p>Threads: any; the copies are the loop's.
 */
public final class SocketKeeper implements AutoCloseable {
  private static final ControlSocket SOCKETS = new ControlSocket("keeper", "supervisor");
  private static final String DROP_ONE = "drop ";
  private static final String NOTE = "note ";
  private static final String NOTED = "noted";

  private final EventLoop loop;
  private final Path path;
  private final AnswerServer server;

  /** Names and descriptors. */
  private List<HandOver.Copy> copies = List.of();

  private String note = "";

  private SocketKeeper(EventLoop loop, ListenSocket socket, Path path) {
    this.loop = loop;
    this.path = path;
    server = AnswerServer.start(loop, socket, new Commands());
  }

  /** Removes the sockets of keepers that were killed. */
  static void removeLeft() {
    SOCKETS.removeLeft();
  }

  /** One for the forwarders that this process starts. */
  public static SocketKeeper start() throws IOException {
    removeLeft();
    Path path = SOCKETS.pathOf(ProcessHandle.current().pid());
    ListenSocket socket = ListenSocket.open(new Listen.Unix(path, null, null, 0600)).getFirst();
    return new SocketKeeper(EventLoop.start("socket keeper"), socket, path);
  }

  /** Where forwarders find it. */
  public Path path() {
    return path;
  }

  /** The number of the process that keeps sockets there. */
  static long process(Path keeper) {
    String name = keeper.getFileName().toString();
    return Long.parseLong(name.substring(0, name.indexOf('.')));
  }

  /**
   * For a forwarder: from now on its listening sockets are kept, as they are now.
   *
   * @param keeper where its supervisor keeps them
   * @param control its own control socket, which answers while this waits
   */
  static void keep(Path keeper, Path control) throws IOException {
    String unused = SOCKETS.ask(keeper, "keep " + control);
  }

  /** For a forwarder that is about to stop to listen: nothing is kept any more. */
  static void drop(Path keeper) throws IOException {
    String unused = SOCKETS.ask(keeper, "drop");
  }

  /** For a forwarder that takes copies from here and has no use for these: nobody listens there. */
  static void drop(Path keeper, List<String> names) throws IOException {
    for (String name : names) {
      String unused = SOCKETS.ask(keeper, DROP_ONE + name);
    }
  }

  /**
   * For a forwarder: what the next one is to tell if this one dies.
   *
   * @param text one line
   */
  static void note(Path keeper, String text) throws IOException {
    String unused = SOCKETS.ask(keeper, NOTE + text);
  }

  /** What the forwarder before has noted last; empty for nothing. */
  static String noted(Path keeper) throws IOException {
    return SOCKETS.ask(keeper, NOTED);
  }

  private final class Commands implements Asker.Service {
    @Override
    public String mark() {
      return "\n";
    }

    @Override
    public Asker.Answer answer(String request, int fd) {
      String line = request.strip();
      try {
        if (line.startsWith("keep ")) {
          List<HandOver.Copy> now = HandOver.copies(Path.of(line.substring("keep ".length())));
          drop();
          copies = now;
        } else if (line.equals("drop")) {
          drop();
        } else if (line.startsWith(DROP_ONE)) {
          drop(line.substring(DROP_ONE.length()));
        } else if (line.equals(NOTED)) {
          return new Asker.Answer(ControlSocket.OK + note, true);
        } else if (line.startsWith(NOTE.strip())) {
          note = line.substring(NOTE.strip().length()).strip();
        } else if (line.equals("handover")) {
          HandOver.handOut(fd, copies);
          return new Asker.Answer("", false);
        } else if (!line.equals("taken")) {
          throw new IOException("there is no command " + line);
        }
        return new Asker.Answer(ControlSocket.OK, true);
      } catch (IOException e) {
        return new Asker.Answer(ControlSocket.NO + e.getMessage(), true);
      }
    }

    private void drop() {
      copies.forEach(c -> Sockets.close(c.fd()));
      copies = List.of();
    }

    private void drop(String name) {
      copies.stream().filter(c -> c.name().equals(name)).forEach(c -> Sockets.close(c.fd()));
      copies = copies.stream().filter(c -> !c.name().equals(name)).toList();
    }
  }

  @Override
  public void close() {
    server.close();
    loop.execute(
        () -> {
          copies.forEach(c -> Sockets.close(c.fd()));
          copies = List.of();
        });
    loop.close();
  }
}
