package dev.godwit.survey;

import dev.godwit.host.Host;
import dev.godwit.linux.PathText;
import dev.godwit.wire.Channel;
import dev.godwit.wire.WireException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * Asks a host about itself. One round trip each; nothing is changed there, but for {@link #create}
 * and the file of {@link #target}.
 *
 * <p>Threads: safe; each question has a channel of its own.
 */
public final class SurveyClient {
  /** No answer is longer; a host that sends more is not believed (H40). */
  private static final int ANSWER_BYTES_MAX = 64 * 1024 * 1024;

  private static final byte[] NOTHING = {};

  private final Host host;

  public SurveyClient(Host host) {
    this.host = host;
  }

  /** On the wire. */
  public record Ports(List<Integer> ports) {
    public Ports {
      ports = List.copyOf(ports);
    }
  }

  /** On the wire. */
  public record Names(List<String> names) {
    public Names {
      names = List.copyOf(names);
    }
  }

  /**
   * On the wire.
   *
   * @param path of a tree
   * @param below what of it is asked about, one char a byte (ISO 8859-1); empty for all
   */
  public record TreeQuestion(
      String path,
      String below,
      List<String> exclude,
      boolean isDeep,
      boolean isTarget,
      long limitMillis) {
    public TreeQuestion {
      exclude = List.copyOf(exclude);
    }

    /** The path that is asked about. */
    String whole() {
      return below.isEmpty() ? path : path + "/" + PathText.utf8(below);
    }
  }

  public Surroundings surroundings() throws IOException {
    return ask(SurveyAbility.Part.SURROUNDINGS, NOTHING, Surroundings.class);
  }

  public Running running() throws IOException {
    return ask(SurveyAbility.Part.RUNNING, NOTHING, Running.class);
  }

  public Settings settings() throws IOException {
    return ask(SurveyAbility.Part.SETTINGS, NOTHING, Settings.class);
  }

  public Launchers launchers() throws IOException {
    return ask(SurveyAbility.Part.LAUNCHERS, NOTHING, Launchers.class);
  }

  /** Where the mail transfer agents that run there have their queues. */
  public MailQueues mailQueues() throws IOException {
    return ask(SurveyAbility.Part.MAIL_QUEUES, NOTHING, MailQueues.class);
  }

  /** What its systemd has of these names, and what is tied to that. */
  public Units units(List<String> names) throws IOException {
    return ask(SurveyAbility.Part.UNITS, RecordCodec.encode(new Names(names)), Units.class);
  }

  /** What its next boot brings of these. */
  public Boot boot(Boot.Question question) throws IOException {
    return ask(SurveyAbility.Part.BOOT, RecordCodec.encode(question), Boot.class);
  }

  /** What its packet filter does with new TCP connections to these ports. */
  public Firewall firewall(List<Integer> ports) throws IOException {
    return ask(SurveyAbility.Part.FIREWALL, RecordCodec.encode(new Ports(ports)), Firewall.class);
  }

  /**
   * Measures a tree.
   *
   * @param exclude patterns of names that do not count
   * @param isDeep whether attributes and similar names are looked for as well, which takes longer
   * @param limit then it ends, and says that there is more
   */
  public Tree tree(String path, List<String> exclude, boolean isDeep, Duration limit)
      throws IOException {
    return tree(path, "", exclude, isDeep, limit);
  }

  /**
   * As {@link #tree(String, List, boolean, Duration)}, of what is in the tree at a path of its own.
   *
   * @param below one char a byte (ISO 8859-1)
   */
  public Tree tree(String path, String below, List<String> exclude, boolean isDeep, Duration limit)
      throws IOException {
    return tree(new TreeQuestion(path, below, exclude, isDeep, false, limit.toMillis()));
  }

  /**
   * Measures what is where a tree goes to. On a shared mount it is also tried what that keeps, with
   * a file that is made and removed.
   *
   * @param below as of {@link #tree(String, String, List, boolean, Duration)}
   * @param exclude patterns of names that stay as they are
   */
  public Tree target(String path, String below, List<String> exclude, Duration limit)
      throws IOException {
    return tree(new TreeQuestion(path, below, exclude, false, true, limit.toMillis()));
  }

  private Tree tree(TreeQuestion question) throws IOException {
    return ask(SurveyAbility.Part.TREE, RecordCodec.encode(question), Tree.class);
  }

  public Known known(Known.Question question) throws IOException {
    return ask(SurveyAbility.Part.KNOWN, RecordCodec.encode(question), Known.class);
  }

  /** Creates users and groups. */
  public AccountsAbility.Done create(AccountsAbility.Wanted wanted) throws IOException {
    return ask(
        AccountsAbility.NAME,
        NOTHING,
        RecordCodec.encode(wanted),
        AccountsAbility.Done.class,
        "cannot create accounts");
  }

  private <T extends Record> T ask(SurveyAbility.Part part, byte[] question, Class<T> type)
      throws IOException {
    byte[] number = {(byte) part.ordinal()};
    return ask(SurveyAbility.NAME, number, question, type, "cannot be asked about itself");
  }

  private <T extends Record> T ask(
      String ability, byte[] argument, byte[] question, Class<T> type, String trouble)
      throws IOException {
    try (Channel channel = host.open(ability, argument)) {
      for (int at = 0; at < question.length; at += Channel.MESSAGE_BYTES_MAX) {
        channel.send(question, at, Math.min(Channel.MESSAGE_BYTES_MAX, question.length - at));
      }
      channel.finish();
      return RecordCodec.decode(type, joined(channel));
    } catch (WireException e) {
      throw new IOException(host.name() + " " + trouble + ": " + e.getMessage(), e);
    }
  }

  static byte[] joined(Channel channel) throws WireException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] message = channel.receive(); message != null; message = channel.receive()) {
      if (all.size() + message.length > ANSWER_BYTES_MAX) {
        throw new WireException("more than " + ANSWER_BYTES_MAX + " bytes came");
      }
      all.writeBytes(message);
    }
    return all.toByteArray();
  }
}
