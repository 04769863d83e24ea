package dev.godwit.host;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How a connection by ssh is made and watched.
 *
 * @param connectLimit how long the host may be silent at each stage until it answers
 * @param pingEvery as in {@link dev.godwit.wire.ConnectionSettings}
 * @param silenceMax as in {@link dev.godwit.wire.ConnectionSettings}
 * @param javaMin the oldest Java that the agent runs on
 * @param remarks told, in words for people, what lets a connection take some seconds: an agent or a
 *     Java that is sent there, or made; by whatever thread connects
 * @param isAttended whether somebody is at the terminal whom ssh may ask for a password or about an
 *     unknown host; ssh then shares Godwit's terminal, and a Ctrl-C there ends both
 * @param keep how long the ssh and the agent stay for the next connection when this one is closed;
 *     null: not at all; 0: one that was kept is used, and then ended
 * @param staysAtHome whether relative paths begin where the login begins, as rsync's do; otherwise
 *     the agent, and whatever it starts, has '/' for its directory and keeps no mount busy
 * @param runBy a program of the host with arguments, by which all is run there, such as {@code
 *     sudo}; plain words, as a login shell gets them; empty: none
 */
public record SshOptions(
    Duration connectLimit,
    Duration pingEvery,
    Duration silenceMax,
    int javaMin,
    Consumer<String> remarks,
    boolean isAttended,
    @Nullable Duration keep,
    boolean staysAtHome,
    List<String> runBy) {
  private static final Pattern PLAIN =
      Pattern.compile("[A-Za-z0-9_./@+:,%-][A-Za-z0-9_./@+:,%=-]*");

  /** 30 s to connect, a ping every 2 s, lost after 10 s. */
  public static final SshOptions STANDARD =
      new SshOptions(
          Duration.ofSeconds(30),
          Duration.ofSeconds(2),
          Duration.ofSeconds(10),
          25,
          remark -> {},
          false,
          null,
          false,
          List.of());

  public SshOptions withRemarks(Consumer<String> told) {
    return new SshOptions(
        connectLimit, pingEvery, silenceMax, javaMin, told, isAttended, keep, staysAtHome, runBy);
  }

  public SshOptions withConnectLimit(Duration limit) {
    return new SshOptions(
        limit, pingEvery, silenceMax, javaMin, remarks, isAttended, keep, staysAtHome, runBy);
  }

  /** For a copy: its paths are those of the one who logs in. */
  public SshOptions stayingAtHome() {
    return new SshOptions(
        connectLimit, pingEvery, silenceMax, javaMin, remarks, isAttended, keep, true, runBy);
  }

  /** With somebody at the terminal. */
  public SshOptions attended() {
    return new SshOptions(
        connectLimit, pingEvery, silenceMax, javaMin, remarks, true, keep, staysAtHome, runBy);
  }

  /**
   * With another time that the host may be silent once it has answered.
   *
   * @param limit at least 5 s: its own pings come every 2 s, whatever is set here
   */
  public SshOptions withSilenceLimit(Duration limit) {
    return withPings(pingEvery, limit);
  }

  /**
   * With an ssh and an agent that stay for the next connection.
   *
   * @param idle how long; 0: none stays, but one that was kept is used
   */
  public SshOptions withKeep(@Nullable Duration idle) {
    return new SshOptions(
        connectLimit,
        pingEvery,
        silenceMax,
        javaMin,
        remarks,
        isAttended,
        idle,
        staysAtHome,
        runBy);
  }

  /**
   * With a program by which all is run on the host.
   *
   * @throws IllegalArgumentException when a shell could take a word for something else (H76)
   */
  public SshOptions withRunBy(List<String> words) {
    for (String word : words) {
      if (!isPlain(word)) {
        throw new IllegalArgumentException("no plain word: " + word);
      }
    }
    return new SshOptions(
        connectLimit,
        pingEvery,
        silenceMax,
        javaMin,
        remarks,
        isAttended,
        keep,
        staysAtHome,
        List.copyOf(words));
  }

  /** Whether every shell leaves a word as it is. */
  public static boolean isPlain(String word) {
    return PLAIN.matcher(word).matches();
  }

  SshOptions withPings(Duration every, Duration silence) {
    return new SshOptions(
        connectLimit, every, silence, javaMin, remarks, isAttended, keep, staysAtHome, runBy);
  }

  SshOptions withJavaMin(int version) {
    return new SshOptions(
        connectLimit,
        pingEvery,
        silenceMax,
        version,
        remarks,
        isAttended,
        keep,
        staysAtHome,
        runBy);
  }
}
