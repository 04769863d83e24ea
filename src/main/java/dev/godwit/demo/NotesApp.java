package dev.godwit.demo;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The small application of the lab: appends each POST to a file and answers when the line is on the
 * disk, so that an answer is a promise which can be checked later.
 *
 * <p>{@code POST /notes} with a body {@code ID TEXT} is answered 201 and the id; {@code GET
 * /health} 200; other GETs serve the site's files, for machines without a web server. One request a
 * connection. SIGTERM closes the listener and finishes what was accepted.
 *
 * <p>It uses nothing but java.base and no class of another room: it has to start fast, because a
 * move waits for it.
 */
public final class NotesApp {
  private static final int BODY_BYTES_MAX = 64 * 1024;
  private static final int LINE_BYTES_MAX = 8 * 1024;
  private static final int CLIENT_SILENCE_MS_MAX = 10_000;
  private static final int BACKLOG = 1024;

  private final ServerSocket listener;
  private final FileChannel notes;
  private final Path site;
  private final AtomicInteger accepted = new AtomicInteger();
  private final ExecutorService workers =
      Executors.newCachedThreadPool(
          work -> {
            Thread thread = new Thread(work, "notes-request");
            thread.setDaemon(true);
            return thread;
          });

  private NotesApp(int port, Path file, Path site) throws IOException {
    this.site = site;
    notes =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    listener = new ServerSocket();
    listener.setReuseAddress(true);
    listener.bind(new InetSocketAddress(port), BACKLOG);
  }

  /**
   * @param args port, file of the notes, folder of the site
   */
  public static void main(String[] args) {
    if (args.length != 3) {
      System.err.println("usage: NotesApp PORT NOTES-FILE SITE-FOLDER");
      System.exit(2);
    }
    try {
      NotesApp app = new NotesApp(Integer.parseInt(args[0]), Path.of(args[1]), Path.of(args[2]));
      Thread acceptor = new Thread(app::accept, "notes-accept");
      Runtime.getRuntime()
          .addShutdownHook(new Thread(() -> app.finish(acceptor), "notes-shutdown"));
      acceptor.start();
    } catch (IOException e) {
      System.err.println("the notes application cannot start: " + e);
      System.exit(1);
    }
  }

  private void accept() {
    while (true) {
      Socket client;
      try {
        client = listener.accept();
      } catch (IOException e) {
        return; // closed by finish()
      }
      accepted.incrementAndGet();
      workers.execute(() -> serve(client));
    }
  }

  /** No new connections; those accepted are answered before the process ends. */
  private void finish(Thread acceptor) {
    try {
      listener.close();
      acceptor.join();
      synchronized (accepted) {
        long deadline = System.nanoTime() + CLIENT_SILENCE_MS_MAX * 1_000_000L;
        while (accepted.get() > 0 && System.nanoTime() < deadline) {
          accepted.wait(100);
        }
      }
      notes.force(true);
    } catch (IOException | InterruptedException e) {
      System.err.println("the notes application ended badly: " + e);
    }
  }

  private void serve(Socket client) {
    try (client) {
      client.setSoTimeout(CLIENT_SILENCE_MS_MAX);
      InputStream in = new BufferedInputStream(client.getInputStream());
      String request = line(in);
      int length = 0;
      for (String header = line(in); !header.isEmpty(); header = line(in)) {
        if (header.regionMatches(true, 0, "content-length:", 0, 15)) {
          length = Integer.parseInt(header.substring(15).trim());
        }
      }
      if (length < 0 || length > BODY_BYTES_MAX) {
        answer(client, "413 Content Too Large", new byte[0]);
        return;
      }
      byte[] body = in.readNBytes(length);
      String[] words = request.split(" ");
      String method = words[0];
      String path = words.length > 1 ? words[1] : "";
      if (method.equals("POST") && path.equals("/notes") && body.length == length) {
        note(client, body);
      } else if (method.equals("GET") && path.equals("/health")) {
        answer(client, "200 OK", "ok\n".getBytes(StandardCharsets.US_ASCII));
      } else if (method.equals("GET")) {
        page(client, path);
      } else {
        answer(client, "400 Bad Request", new byte[0]);
      }
      System.out.println(client.getInetAddress().getHostAddress() + " " + request);
    } catch (IOException | NumberFormatException e) {
      System.err.println("a request ended: " + e);
    } finally {
      synchronized (accepted) {
        accepted.decrementAndGet();
        accepted.notifyAll();
      }
    }
  }

  private void note(Socket client, byte[] body) throws IOException {
    String text = new String(body, StandardCharsets.UTF_8).strip();
    String id = text.split(" ", 2)[0];
    if (!id.matches("[A-Za-z0-9-]{1,64}") || text.indexOf('\n') >= 0) {
      answer(client, "400 Bad Request", new byte[0]);
      return;
    }
    ByteBuffer line = ByteBuffer.wrap((text + "\n").getBytes(StandardCharsets.UTF_8));
    synchronized (notes) {
      while (line.hasRemaining()) {
        notes.write(line);
      }
    }
    notes.force(false); // before the answer: this is the promise
    answer(client, "201 Created", (id + "\n").getBytes(StandardCharsets.US_ASCII));
  }

  private void page(Socket client, String path) throws IOException {
    Path file = site.resolve(path.substring(1)).normalize();
    if (path.endsWith("/")) {
      file = file.resolve("index.html");
    }
    if (!file.startsWith(site)) {
      answer(client, "404 Not Found", new byte[0]);
      return;
    }
    try {
      answer(client, "200 OK", Files.readAllBytes(file));
    } catch (NoSuchFileException e) {
      answer(client, "404 Not Found", new byte[0]);
    }
  }

  private static void answer(Socket client, String status, byte[] body) throws IOException {
    String head =
        "HTTP/1.1 "
            + status
            + "\r\nContent-Length: "
            + body.length
            + "\r\nConnection: close\r\n\r\n";
    byte[] start = head.getBytes(StandardCharsets.US_ASCII);
    byte[] all = new byte[start.length + body.length];
    System.arraycopy(start, 0, all, 0, start.length);
    System.arraycopy(body, 0, all, start.length, body.length);
    OutputStream out = client.getOutputStream();
    out.write(all);
    out.flush();
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder text = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0 || text.length() >= LINE_BYTES_MAX) {
        throw new IOException("the request is cut short or too long");
      }
      text.append((char) c);
    }
    int end = text.length();
    return end > 0 && text.charAt(end - 1) == '\r' ? text.substring(0, end - 1) : text.toString();
  }
}
