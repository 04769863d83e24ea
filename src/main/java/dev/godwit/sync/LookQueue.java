package dev.godwit.sync;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the source shall look at, and what of it is done.
 *
 * <p>Two looks at one directory never overlap: otherwise an old content that was read for the first
 * could arrive after the new content that was read for the second. Each look belongs to a ticket; a
 * barrier closes the ticket and waits until its looks, and those that they led to, are done.
 */
final class LookQueue {
  /** Looks that callers may have waiting; those that looks lead to do not count. */
  private static final int ASKED_MAX = 16 * 1024;

  static final long ALL_SUSPECT = Long.MIN_VALUE;
  static final long NONE_SUSPECT = Long.MAX_VALUE;

  /** The looks between two barriers. */
  static final class Ticket {
    private long open;
  }

  /**
   * One look at a directory.
   *
   * @param names null for the whole directory and all below it
   * @param suspectSince files that changed at this time or later may have another content although
   *     size and time are equal (H19), in nanoseconds since 1970; {@link #ALL_SUSPECT}, {@link
   *     #NONE_SUSPECT}
   * @param depth how many looks led to this one because something moved meanwhile
   * @param ofLinks that the content of another name of the same file led to it: it leads to none of
   *     these itself, or two names that cannot be written would ask for each other for ever
   */
  record Look(
      TreePath directory,
      @Nullable List<byte[]> names,
      long suspectSince,
      Ticket ticket,
      int depth,
      boolean ofLinks,
      boolean asked) {
    boolean isTree() {
      return names == null;
    }
  }

  private final Deque<Look> names = new ArrayDeque<>();

  /** A stack: deep first, so that it holds the siblings of one path only. */
  private final Deque<Look> trees = new ArrayDeque<>();

  private final Map<TreePath, List<Look>> active = new HashMap<>();
  private final Deque<Ticket> tickets = new ArrayDeque<>();
  private Ticket current = new Ticket();
  private int asked;
  private boolean treeIsNext;
  private boolean closed;

  LookQueue() {
    tickets.add(current);
  }

  /** Waits while too many are waiting already. */
  synchronized void ask(TreePath directory, @Nullable List<byte[]> someNames, long suspectSince)
      throws InterruptedException {
    while (asked >= ASKED_MAX && !closed) {
      wait();
    }
    asked++;
    current.open++;
    Look look = new Look(directory, someNames, suspectSince, current, 0, false, true);
    if (look.isTree()) {
      trees.addLast(look); // behind what is under way
    } else {
      names.addLast(look);
    }
    notifyAll();
  }

  /** A look that another one led to. Never waits. */
  synchronized void follow(
      Look cause, TreePath directory, @Nullable List<byte[]> someNames, boolean again) {
    int depth = again ? cause.depth + 1 : cause.depth;
    add(
        new Look(
            directory, someNames, cause.suspectSince, cause.ticket, depth, cause.ofLinks, false));
  }

  /** A look at another name of a file whose content a look has led to. Never waits. */
  synchronized void followLink(Look cause, TreePath directory, byte[] name) {
    if (!cause.ofLinks) {
      add(
          new Look(
              directory,
              List.of(name),
              cause.suspectSince,
              cause.ticket,
              cause.depth,
              true,
              false));
    }
  }

  /** Callers hold the lock. */
  private void add(Look look) {
    look.ticket.open++;
    if (look.isTree()) {
      trees.addFirst(look);
    } else {
      names.addLast(look);
    }
    notifyAll();
  }

  /** The next look whose directory is free; null when the queue is closed. */
  synchronized @Nullable Look take() throws InterruptedException {
    while (!closed) {
      Look look = next();
      if (look == null) {
        wait();
        continue;
      }
      if (look.asked) {
        asked--;
        notifyAll();
      }
      List<Look> parked = active.get(look.directory);
      if (parked == null) {
        active.put(look.directory, new ArrayList<>(0));
        return look;
      }
      if (look.isTree() && parked.stream().anyMatch(p -> seesAllOf(p, look))) {
        close(look); // the parked one sees what this one would
      } else {
        parked.add(
            new Look(
                look.directory,
                look.names,
                look.suspectSince,
                look.ticket,
                look.depth,
                look.ofLinks,
                false));
      }
    }
    return null;
  }

  private static boolean seesAllOf(Look parked, Look look) {
    return parked.isTree()
        && parked.ticket == look.ticket
        && parked.suspectSince <= look.suspectSince;
  }

  /** Names and trees in turn: changes do not wait for a long first copy, nor hold it up. */
  private @Nullable Look next() {
    treeIsNext = !treeIsNext;
    Look first = treeIsNext ? trees.pollFirst() : names.pollFirst();
    return first != null ? first : treeIsNext ? names.pollFirst() : trees.pollFirst();
  }

  /** Everything of the look is applied or has failed, and what it led to was told by follow. */
  synchronized void done(Look look) {
    List<Look> parked = active.remove(look.directory);
    if (parked != null && !parked.isEmpty()) {
      for (int i = parked.size() - 1; i >= 0; i--) {
        Look next = parked.get(i);
        (next.isTree() ? trees : names).addFirst(next);
      }
    }
    close(look);
    notifyAll();
  }

  private void close(Look look) {
    look.ticket.open--;
    if (look.ticket.open == 0) {
      notifyAll();
    }
  }

  /** What is asked from now on belongs to the next ticket. */
  synchronized Ticket closeTicket() {
    Ticket closing = current;
    current = new Ticket();
    tickets.add(current);
    return closing;
  }

  /**
   * Waits until the looks of this ticket and of all earlier ones are done.
   *
   * @return false when the queue was closed first
   */
  synchronized boolean await(Ticket ticket) throws InterruptedException {
    while (!closed) {
      if (isDone(ticket)) {
        while (tickets.getFirst() != current && tickets.getFirst().open == 0) {
          tickets.removeFirst();
        }
        return true;
      }
      wait();
    }
    return false;
  }

  private boolean isDone(Ticket ticket) {
    if (!tickets.contains(ticket)) {
      return true; // another barrier saw it done
    }
    for (Ticket next : tickets) {
      if (next.open > 0) {
        return false;
      }
      if (next == ticket) {
        break;
      }
    }
    return true;
  }

  /** How many looks are waiting or under way. */
  synchronized long size() {
    long open = 0;
    for (Ticket ticket : tickets) {
      open += ticket.open;
    }
    return open;
  }

  /** Ends all waiting. */
  synchronized void close() {
    closed = true;
    notifyAll();
  }
}
