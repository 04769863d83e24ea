package dev.godwit.service;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a mail transfer agent has accepted and not yet delivered: a directory that moves with the
 * service, as a tree of its own.
 *
 * @param path the same on both hosts
 * @param drain how long the switch waits for what is being delivered just then; what is left after
 *     that is carried
 */
public record Queue(Kind kind, String path, Duration drain) {
  /** A mail that is being delivered to a store on the same host takes some tens of milliseconds. */
  public static final Duration DEFAULT_DRAIN = Duration.ofSeconds(1);

  /** Whose queue it is. */
  @SuppressWarnings("ImmutableEnumChecker") // of List.of
  public enum Kind {
    /** postconf(5), "queue_directory"; qmgr(8) names the directories. */
    POSTFIX(
        "/var/spool/postfix",
        List.of(
            "incoming",
            "active",
            "deferred",
            "hold",
            "maildrop",
            "bounce",
            "defer",
            "trace",
            "corrupt",
            "saved",
            "flush"),
        List.of(),
        List.of("incoming", "active", "deferred", "hold", "maildrop"),
        List.of("incoming", "active", "maildrop")),
    /**
     * The Exim specification, "Format of spool files": one file -H for each message. Beside {@code
     * input} each named queue (the ACL modifier "queue") has a directory of its own.
     */
    EXIM(
        "/var/spool/exim4",
        List.of(),
        List.of("log", "exim-process.info", "exim_daemon_notify", "gnutls-params-2048", "scan"),
        List.of(""),
        List.of()),
    /** The Sendmail operations guide, "Queue files": one file qf for each message. */
    SENDMAIL("/var/spool/mqueue", List.of(), List.of(), List.of(""), List.of());

    private final String usual;
    private final List<String> moved;
    private final List<String> left;
    private final List<String> messages;
    private final List<String> inDelivery;

    Kind(
        String usual,
        List<String> moved,
        List<String> left,
        List<String> messages,
        List<String> inDelivery) {
      this.usual = usual;
      this.moved = moved;
      this.left = left;
      this.messages = messages;
      this.inDelivery = inDelivery;
    }

    /** As the plan has it: {@code postfix}. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** The one with this word, if there is one. */
    public static Optional<Kind> of(String word) {
      return Arrays.stream(values()).filter(kind -> kind.word().equals(word)).findFirst();
    }

    /** Where it is on most hosts. */
    public String usualPath() {
      return usual;
    }

    /** Whether what has this name directly below the queue's directory moves with it. */
    boolean isMoved(String name) {
      return (moved.isEmpty() || moved.contains(name)) && !left.contains(name);
    }

    /** The directories whose files, or some of them, are messages. */
    List<String> messages() {
      return messages;
    }

    /**
     * The directories of messages that are being accepted or delivered now; empty when that is told
     * by who has their files open.
     */
    List<String> inDelivery() {
      return inDelivery;
    }

    /** Whether a file of those directories stands for one message. */
    boolean isMessage(String name) {
      return switch (this) {
        case POSTFIX -> true;
        case EXIM -> name.endsWith("-H");
        case SENDMAIL -> name.matches("[qQh]f.*");
      };
    }

    /**
     * The message that is being accepted or delivered while a process has a file of this name open
     * for writing: its text (-D, df), which Exim keeps open for its lock while it delivers too, or
     * what Sendmail keeps of its recipients (qf).
     *
     * @return empty for a file that says nothing of that
     */
    Optional<String> messageOfOpen(String name) {
      return switch (this) {
        case POSTFIX -> Optional.empty();
        case EXIM ->
            name.endsWith("-D")
                ? Optional.of(name.substring(0, name.length() - 2))
                : Optional.empty();
        case SENDMAIL ->
            name.matches("[dq]f.+") ? Optional.of(name.substring(2)) : Optional.empty();
      };
    }
  }

  /**
   * The filter rules that leave out what is below the directory and no part of the queue: sockets,
   * locks, the files of a changed root.
   */
  public List<String> excludes() {
    List<String> rules = new ArrayList<>();
    kind.left.forEach(name -> rules.add("- /" + name));
    if (!kind.moved.isEmpty()) {
      kind.moved.forEach(name -> rules.add("+ /" + name));
      rules.add("- /*");
    }
    return rules;
  }
}
