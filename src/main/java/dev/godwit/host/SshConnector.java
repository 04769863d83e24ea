package dev.godwit.host;

import dev.godwit.wire.Connection;
import dev.godwit.wire.ConnectionSettings;
import dev.godwit.wire.Printable;
import dev.godwit.wire.WireException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** The way from a started ssh to a connection: reads the bootstrap's answer, uploads the agent. */
final class SshConnector {
  /** What may come before the bootstrap's answer: the words of a shell's start files. */
  private static final int NOISE_BYTES_MAX = 64 * 1024;

  /** Enough for ssh's own complaint; the agent's log before it is left out. */
  private static final int LOSS_WORDS_CHARS_MAX = 500;

  private static final int MIB = 1 << 20;

  private static final Duration WORDS_WAIT = Duration.ofMillis(300);

  private final String name;
  private final String call;
  private final AgentFile agent;
  private final @Nullable RuntimeImage runtime;
  private final SshOptions options;
  private final SshSession session;
  private final SilenceGuard guard;
  private final ByteArrayOutputStream noise = new ByteArrayOutputStream();

  /**
   * @param call as in {@link SshTrouble#advice}
   * @param runtime what the bootstrap was told of, and may ask for
   */
  SshConnector(
      String name,
      String call,
      AgentFile agent,
      @Nullable RuntimeImage runtime,
      SshOptions options,
      SshSession session) {
    this.name = name;
    this.call = call;
    this.agent = agent;
    this.runtime = runtime;
    this.options = options;
    this.session = session;
    this.guard = new SilenceGuard(options.connectLimit(), session::close, name);
  }

  /**
   * @throws HostException when the host cannot be reached or used, or the caller is interrupted;
   *     the session is his to close
   */
  Connection connect() throws HostException {
    return guarded(
        () -> {
          String status = readStatus();
          if (status.equals("needjava") && runtime != null) {
            upload("a Java", runtime.archive());
            status = readStatus();
          }
          if (status.equals("need")) {
            upload("the agent", agent);
            status = readStatus();
          }
          if (!status.equals("have")) {
            throw refused(status);
          }
          return speak();
        });
  }

  /**
   * The same over a line to an agent that waits.
   *
   * @throws HostException when it does not answer
   */
  Connection resume() throws HostException {
    return guarded(this::speak);
  }

  private Connection guarded(Callable<Connection> way) throws HostException {
    try {
      return guard.during(way);
    } catch (HostException e) {
      throw e;
    } catch (InterruptedIOException e) {
      throw new HostException("Interrupted before " + name + " was reached", e);
    } catch (IOException e) {
      throw unreachable(e);
    }
  }

  private Connection speak() throws HostException {
    ConnectionSettings settings =
        ConnectionSettings.of(agent.sha256())
            .withPings(options.pingEvery(), options.silenceMax())
            .withLossDetail(this::lossDetail);
    Connection connection =
        Connection.start(session.fromHost(), session.toHost(), name, Connection::refuse, settings);
    try {
      connection.awaitHello();
    } catch (WireException e) {
      throw new HostException(
          "Cannot use " + name + ": its agent did not start: " + e.getMessage(), e);
    }
    return connection;
  }

  private String lossDetail() {
    String words = session.lastWords(WORDS_WAIT, LOSS_WORDS_CHARS_MAX);
    return words.isEmpty() ? "" : "ssh says: " + words;
  }

  /** The next line of the bootstrap, without its mark; everything else is noise. */
  private String readStatus() throws IOException {
    InputStream in = session.fromHost();
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (noise.size() + line.size() < NOISE_BYTES_MAX) {
      int c = in.read();
      if (c < 0) {
        line.writeTo(noise);
        throw new IOException("ssh ended");
      }
      if (c != '\n') {
        line.write(c);
        continue;
      }
      guard.heard();
      String text = line.toString(StandardCharsets.UTF_8);
      if (text.startsWith(Bootstrap.STATUS)) {
        return text.substring(Bootstrap.STATUS.length()).strip();
      }
      line.write(c);
      line.writeTo(noise);
      line.reset();
    }
    line.writeTo(noise);
    throw new IOException("it says other things than Godwit's answer");
  }

  private void upload(String what, AgentFile file) throws IOException {
    options
        .remarks()
        .accept(
            "sending %s to %s, %d MiB…".formatted(what, name, -Math.floorDiv(-file.bytes(), MIB)));
    long sent = 0;
    OutputStream out = session.toHost();
    byte[] buffer = new byte[64 * 1024];
    try (InputStream in = Files.newInputStream(file.path())) {
      while (sent < file.bytes()) {
        int count = in.read(buffer, 0, (int) Math.min(buffer.length, file.bytes() - sent));
        if (count < 0) {
          throw new HostException(file.path() + " became shorter while it was sent to " + name);
        }
        try {
          out.write(buffer, 0, count);
          out.flush();
        } catch (IOException e) {
          return; // the host gave up on it; its answer says why
        }
        sent += count;
        guard.heard();
      }
    }
  }

  private HostException refused(String status) {
    String reason = Printable.line(status.replaceFirst("^\\S+\\s*", ""), 1000);
    return switch (status.split(" ", 2)[0]) {
      case "nojava" ->
          new HostException(
              HostException.Trouble.NO_JAVA,
              String.format(
                  Locale.ROOT,
                  "Java %d or newer is needed on %s, and %s. %s. What helps there:"
                      + " `apt-get install openjdk-%d-jre-headless`, or a JDK unpacked below"
                      + " /usr/lib/jvm.",
                  options.javaMin(),
                  name,
                  reason.isEmpty() ? "none was found" : "these were found: " + reason,
                  runtime == null
                      ? "This host has no JDK with jlink to make one for it"
                      : "The one that could be brought is for a Linux with glibc on "
                          + runtime.processor(),
                  options.javaMin()),
              null);
      case "noagent" ->
          new HostException(
              HostException.Trouble.NO_AGENT,
              "Godwit's agent does not run on " + name + ": " + reason + ".",
              null);
      case "refuse" -> new HostException("Cannot start the agent on " + name + ": " + reason);
      default ->
          new HostException(
              "Cannot start the agent on " + name + ": it answers " + Printable.line(status, 200));
    };
  }

  private HostException unreachable(IOException cause) {
    String words = session.lastWords(WORDS_WAIT, Integer.MAX_VALUE);
    if (!options.runBy().isEmpty() && !guard.isOver() && SshTrouble.isNotAllowed(words)) {
      return new HostException(
          HostException.Trouble.NO_AGENT,
          "%s does not let this user start Godwit's agent on %s (it would start `sh`); it says: %s."
              .formatted(String.join(" ", options.runBy()), name, words.replaceFirst("\\.$", "")),
          cause);
    }
    StringBuilder message = new StringBuilder("Cannot reach ").append(name).append(": ");
    if (guard.isOver()) {
      message.append("no answer within ").append(options.connectLimit().toSeconds()).append(" s");
    } else if (words.isEmpty()) {
      message.append(cause.getMessage());
    }
    if (!words.isEmpty()) {
      message.append(guard.isOver() ? "; " : "").append("ssh says: ").append(words);
    }
    String said = Printable.line(noise.toString(StandardCharsets.UTF_8), 400);
    if (!said.isEmpty()) {
      message.append("; the host says: ").append(said);
    }
    if (message.charAt(message.length() - 1) != '.') {
      message.append('.');
    }
    return new HostException(
        guard.isOver() ? HostException.Trouble.NO_ANSWER : HostException.Trouble.OTHER,
        message.append(' ').append(SshTrouble.advice(words, call, options.isAttended())).toString(),
        cause);
  }
}
