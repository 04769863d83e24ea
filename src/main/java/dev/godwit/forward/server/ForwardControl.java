package dev.godwit.forward.server;

import dev.godwit.daemon.ControlSocket;
import dev.godwit.daemon.RequestException;
import dev.godwit.daemon.Words;
import dev.godwit.forward.loop.AnswerServer;
import dev.godwit.forward.loop.Asker;
import dev.godwit.forward.loop.EventLoop;
import dev.godwit.forward.loop.LineCommands;
import dev.godwit.forward.loop.ListenSocket;
import dev.godwit.forward.rules.Endpoints;
import dev.godwit.forward.rules.ForwardRules;
import dev.godwit.forward.rules.Listen;
import dev.godwit.forward.rules.RuleBuilder;
import dev.godwit.forward.rules.Target;
import dev.godwit.linux.LinuxException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * What can be asked of a forwarder while it runs, on a unix socket that only its user can reach:
 * lines of words, each answered as {@link ControlSocket} has it.
 */
public final class ForwardControl implements AutoCloseable {
  private final EventLoop loop;
  private final AnswerServer server;
  private final Path path;
  private final @Nullable AnswerServer page;

  private ForwardControl(
      EventLoop loop, AnswerServer server, Path path, @Nullable AnswerServer page) {
    this.loop = loop;
    this.server = server;
    this.path = path;
    this.page = page;
  }

  /** The control sockets of this user's forwarders. */
  public static final ControlSocket SOCKETS = new ControlSocket("forward", "forwarder");

  /**
   * @param page the listening socket of the metrics, this object's from now on; null for none
   * @param told of a command that has changed a group, and that another process has taken the
   *     listening sockets over
   */
  static ForwardControl start(
      ForwardServer forward,
      Path path,
      @Nullable ListenSocket page,
      Consumer<ForwardProcess.Order> told)
      throws IOException {
    ListenSocket socket;
    try {
      socket = ListenSocket.open(new Listen.Unix(path, null, null, 0600)).getFirst();
    } catch (IOException e) {
      if (page != null) {
        page.close();
      }
      throw e;
    }
    EventLoop loop = EventLoop.start("forward control");
    AnswerServer pages =
        page == null ? null : AnswerServer.start(loop, page, new MetricsPage(forward));
    LineCommands commands = new LineCommands(new Commands(forward, pages, told));
    return new ForwardControl(loop, AnswerServer.start(loop, socket, commands), path, pages);
  }

  Path path() {
    return path;
  }

  @Override
  public void close() {
    server.close();
    if (page != null) {
      page.close();
    }
    loop.close();
  }

  /** The commands. */
  private record Commands(
      ForwardServer forward, @Nullable AnswerServer pages, Consumer<ForwardProcess.Order> told)
      implements LineCommands.Commands {
    private static final String RELEASE = "release";

    @Override
    public boolean mayTakeLong(String word) {
      return word.equals(RELEASE); // to a name
    }

    @Override
    public Asker.Answer obey(String[] words, int fd) throws IOException, InterruptedException {
      switch (words[0]) {
        case "status" -> {
          return LineCommands.said(JsonMapper.shared().writeValueAsString(forward.status().json()));
        }
        case "hold" -> {
          need(words, 3);
          forward.hold(words[1], Words.duration(words[2]));
          told.accept(ForwardProcess.Order.ASKED);
        }
        case "drain" -> {
          need(words, 2);
          forward.drain(words[1], words.length < 3 ? null : Words.duration(words[2]));
          told.accept(ForwardProcess.Order.ASKED);
        }
        case "close" -> {
          need(words, 2);
          forward.close(words[1]);
          told.accept(ForwardProcess.Order.ASKED);
        }
        case RELEASE -> {
          need(words, 2);
          Release release = Release.of(words);
          forward.release(words[1], release.to(), release.perSecond(), release.kernel());
          told.accept(ForwardProcess.Order.ASKED);
        }
        case "handover" -> {
          List<HandOver.Copy> copies = new ArrayList<>();
          for (ListenSocket socket : forward.listenSockets()) {
            copies.add(new HandOver.Copy(socket.listen().display(), socket.fd()));
          }
          ListenSocket page = pages == null ? null : pages.socket();
          if (page != null) {
            copies.add(new HandOver.Copy(HandOver.PAGE + page.listen().display(), page.fd()));
          }
          HandOver.handOut(fd, copies);
          return new Asker.Answer("", false);
        }
        case "taken" -> {
          forward.handOver();
          if (pages != null) {
            pages.close(); // whoever asks for figures wants those of who serves
          }
          told.accept(ForwardProcess.Order.HANDED_OVER);
        }
        default -> throw LineCommands.unknown(words[0]);
      }
      return LineCommands.DONE;
    }

    private static void need(String[] words, int count) throws RequestException {
      if (words.length < count) {
        throw new RequestException("the command " + words[0] + " needs more words");
      }
    }
  }

  /** What the words of a release say: a key and its value in each, behind the group. */
  private record Release(@Nullable Target to, int perSecond, boolean kernel) {
    private static Release of(String[] words) {
      int perSecond = 0;
      boolean kernel = false;
      for (int i = 2; i < words.length; i++) {
        int equals = words[i].indexOf('=') + 1;
        String value = words[i].substring(equals);
        switch (words[i].substring(0, equals)) {
          case "rate=" -> perSecond = RuleBuilder.count(value);
          case "by=" -> {
            if (!value.equals("kernel")) {
              throw new IllegalArgumentException("by: found " + value + ", expected kernel");
            }
            kernel = true;
          }
          case "to=" -> { // to the line's end: a path may have blanks
            List<String> rest = new ArrayList<>(List.of(words).subList(i, words.length));
            rest.set(0, value);
            return new Release(Endpoints.target(String.join(" ", rest)), perSecond, kernel);
          }
          default ->
              throw new IllegalArgumentException(
                  "found " + words[i] + ", expected rate=N, by=kernel or to=DEST");
        }
      }
      return new Release(null, perSecond, kernel);
    }
  }

  /** {@code GET} or {@code HEAD}, of {@code /metrics} or {@code /}. */
  private record MetricsPage(ForwardServer forward) implements Asker.Service {
    private static final String EMPTY = "Content-Length: 0\r\nConnection: close\r\n\r\n";

    @Override
    public String mark() {
      return "\r\n\r\n";
    }

    @Override
    public Asker.Answer answer(String request, int fd) {
      String[] words = request.lines().findFirst().orElse("").split(" ");
      boolean head = words[0].equals("HEAD");
      if (!head && !words[0].equals("GET")) {
        return status("405 Method Not Allowed\r\nAllow: GET, HEAD\r\n" + EMPTY);
      }
      if (words.length < 2 || !words[1].matches("/(metrics)?(\\?.*)?")) {
        return status("404 Not Found\r\n" + EMPTY);
      }
      try {
        String text = forward.status().metrics();
        int length = text.getBytes(StandardCharsets.UTF_8).length;
        return status(
            "200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
                + "Connection: close\r\nContent-Length: "
                + length
                + "\r\n\r\n"
                + (head ? "" : text));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return status("503 Service Unavailable\r\n" + EMPTY);
      }
    }

    private static Asker.Answer status(String rest) {
      return new Asker.Answer("HTTP/1.1 " + rest, true);
    }
  }

  /**
   * Copies of the listening sockets of a forwarder that runs, those of them that are wanted. It
   * goes on as before until it is told that they are taken.
   *
   * @param metrics where they are to be served; null for nowhere
   */
  static HandOver takeOver(Path socket, List<Listen> wanted, @Nullable InetSocketAddress metrics)
      throws IOException {
    Map<String, Listen> byName = new HashMap<>();
    wanted.forEach(l -> byName.put(l.display(), l));
    if (metrics != null) {
      Listen page = ForwardRules.page(metrics);
      byName.put(HandOver.PAGE + page.display(), page);
    }
    return HandOver.begin(socket, byName);
  }

  /** For {@link Duration} on the line. */
  public static String word(Duration limit) {
    return limit.toMillis() + "ms";
  }

  /** For callers that only know the kind of failure. */
  static IOException failure(LinuxException cause, Path socket) {
    return new IOException("unable to take over from " + socket + ": " + cause.reason(), cause);
  }
}
