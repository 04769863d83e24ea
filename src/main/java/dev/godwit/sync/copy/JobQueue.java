package dev.godwit.sync.copy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the readers of the source are to do, in order; some of it only one of them may do. Adding
 * never waits: what is in it is bounded by what the target may ask for. Any thread.
 */
final class JobQueue {
  private final Deque<ContentReader.Job> jobs = new ArrayDeque<>();

  /** For one reader each. */
  private final List<Deque<ContentReader.Job>> own = new ArrayList<>();

  private boolean closed;
  private int idle;

  JobQueue(int readers) {
    for (int i = 0; i < readers; i++) {
      own.add(new ArrayDeque<>());
    }
  }

  synchronized void add(ContentReader.Job job) {
    jobs.add(job);
    notifyAll();
  }

  /** For this reader only. */
  synchronized void add(int reader, ContentReader.Job job) {
    own.get(reader).add(job);
    notifyAll();
  }

  /** The next one, if there is one. */
  synchronized ContentReader.@Nullable Job poll(int reader) {
    ContentReader.Job mine = own.get(reader).poll();
    return mine == null ? jobs.poll() : mine;
  }

  /** Waits for the next one; null when no more come. */
  synchronized ContentReader.@Nullable Job take(int reader) throws InterruptedException {
    idle++;
    try {
      while (jobs.isEmpty() && own.get(reader).isEmpty() && !closed) {
        wait();
      }
    } finally {
      idle--;
    }
    return poll(reader);
  }

  /** Whether a reader waits for something to do. */
  synchronized boolean hasIdleReader() {
    return idle > 0;
  }

  /** No more come. */
  synchronized void close() {
    closed = true;
    notifyAll();
  }

  /** What is in it is not done. */
  synchronized void clear() {
    jobs.clear();
    own.forEach(Deque::clear);
    close();
  }
}
