package dev.godwit.demo;

import java.util.ArrayList;
import java.util.List;

/** The mail users of the lab. */
final class MailUsers {
  /** Asked by the move's own health checks; mailbox made at first login. */
  static final String PROBE = "probe";

  /**
   * Written to by the watching client, one a thread, so that threads do not wait for each other.
   */
  static final List<String> WATCHED = List.of("watch-a", "watch-b", "watch-long");

  /** Full mailboxes that nobody logs in to. */
  static final List<String> FILLED =
      List.of("anna", "bert", "cleo", "dora", "emil", "frida", "georg", "hanna", "ida", "jens");

  static final List<String> ALL;

  static {
    List<String> all = new ArrayList<>(FILLED);
    all.addAll(WATCHED);
    all.add(PROBE);
    ALL = List.copyOf(all);
  }

  private MailUsers() {}
}
