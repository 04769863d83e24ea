package dev.godwit.forward;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.Writer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A small service in a process of its own, which stops and starts on command. Answers one line with
 * {@code NAME LINE CLIENT-ADDRESS CLIENT-PORT} and closes; counts lines that came twice.
 */
public final class TestingServer implements AutoCloseable {
  private static volatile boolean frozen;

  private final Process process;
  private final Writer commands;
  private final BufferedReader answers;

  private TestingServer(Process process) {
    this.process = process;
    commands = process.outputWriter(StandardCharsets.US_ASCII);
    answers = process.inputReader(StandardCharsets.US_ASCII);
  }

  public static TestingServer start(
      TestingNamespace namespace, String name, String address, int port) throws IOException {
    List<String> command =
        new ArrayList<>(
            namespace.inside(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                TestingServer.class.getName(),
                name,
                address,
                Integer.toString(port)));
    TestingServer server =
        new TestingServer(
            new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
    server.listen();
    return server;
  }

  public synchronized void listen() throws IOException {
    ask("start");
  }

  /** Closes the listening socket; what was accepted is still answered. */
  public synchronized void stop() throws IOException {
    ask("stop");
  }

  /** Stops to accept; what comes stands in the kernel's queue. */
  public synchronized void freeze(boolean yes) throws IOException {
    ask(yes ? "freeze" : "thaw");
  }

  /** Lines that came more than once. */
  public synchronized int doubled() throws IOException {
    return Integer.parseInt(ask("doubled"));
  }

  public synchronized int served() throws IOException {
    return Integer.parseInt(ask("served"));
  }

  private String ask(String command) throws IOException {
    commands.write(command + "\n");
    commands.flush();
    String answer = answers.readLine();
    if (answer == null || answer.startsWith("error")) {
      throw new IOException("the server said " + answer + " to " + command);
    }
    return answer;
  }

  @Override
  public void close() throws Exception {
    process.destroyForcibly();
    process.waitFor(5, TimeUnit.SECONDS);
  }

  public static void main(String[] arguments) throws IOException {
    String name = arguments[0];
    InetSocketAddress address =
        new InetSocketAddress(InetAddress.getByName(arguments[1]), Integer.parseInt(arguments[2]));
    Set<String> seen = ConcurrentHashMap.newKeySet();
    AtomicInteger doubled = new AtomicInteger();
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    PrintStream out = System.out;
    ServerSocket listener = new ServerSocket();
    Thread acceptor = Thread.ofPlatform().start(() -> {});
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      try {
        switch (line) {
          case "start" -> {
            ServerSocket accepting = new ServerSocket();
            accepting.setReuseAddress(true);
            accepting.bind(address, 128);
            listener = accepting;
            acceptor =
                Thread.ofPlatform().daemon().start(() -> serve(accepting, name, seen, doubled));
            out.println("ok");
          }
          case "stop" -> {
            listener.close();
            acceptor.join(); // the kernel's socket lives until its accept has returned
            out.println("ok");
          }
          case "freeze" -> {
            frozen = true;
            // The accept that is under way takes one more.
            new Socket(InetAddress.getByName("127.0.0.1"), address.getPort()).close();
            out.println("ok");
          }
          case "thaw" -> {
            frozen = false;
            out.println("ok");
          }
          case "doubled" -> out.println(doubled.get());
          case "served" -> out.println(seen.size());
          default -> out.println("error: " + line);
        }
      } catch (IOException | InterruptedException e) {
        out.println("error: " + e.getMessage());
      }
      out.flush();
    }
  }

  private static void serve(
      ServerSocket listener, String name, Set<String> seen, AtomicInteger doubled) {
    while (true) {
      try {
        Socket client = listener.accept();
        while (frozen && !listener.isClosed()) {
          Thread.sleep(1);
        }
        Thread.ofVirtual().start(() -> answer(client, name, seen, doubled));
      } catch (IOException | InterruptedException e) {
        return;
      }
    }
  }

  private static void answer(Socket client, String name, Set<String> seen, AtomicInteger doubled) {
    try (client) {
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII));
      String line = in.readLine();
      if (line == null) {
        return;
      }
      if (!seen.add(line)) {
        doubled.incrementAndGet();
      }
      String answer =
          name
              + " "
              + line
              + " "
              + client.getInetAddress().getHostAddress()
              + " "
              + client.getPort()
              + "\n";
      client.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      return;
    }
  }
}
