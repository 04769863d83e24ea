package dev.godwit.demo;

import java.util.Set;
import java.util.TreeSet;

/** Every write that a server has acknowledged, by its own id. Several threads add. */
public final class Ledger {
  static final String MARKER_HEADER = "X-Demo-Marker";

  private final Set<String> notes = new TreeSet<>();
  private final Set<String> mails = new TreeSet<>();

  public synchronized void noteAcknowledged(String id) {
    notes.add(id);
  }

  public synchronized void mailAcknowledged(String marker) {
    mails.add(marker);
  }

  public synchronized Set<String> notes() {
    return new TreeSet<>(notes);
  }

  public synchronized Set<String> mails() {
    return new TreeSet<>(mails);
  }

  public synchronized int acknowledged() {
    return notes.size() + mails.size();
  }
}
