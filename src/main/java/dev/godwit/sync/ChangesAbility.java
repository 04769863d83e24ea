package dev.godwit.sync;

import dev.godwit.host.Ability;
import dev.godwit.linux.CoarseClock;
import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Tells what of a tree has changed since a time of this host: {@code sync.changes}. */
public final class ChangesAbility implements Ability {
  static final String NAME = "sync.changes";
  static final int CLOCK = 1;
  static final int LOOK = 2;

  /** How many are named; all are counted. */
  private static final int EXCLUDES_MAX = 10_000;

  private static final int EXCLUDE_BYTES_MAX = 4096;
  private static final int MOUNTS_MAX = 10_000;

  static final int NAMED_MAX = 20;

  /** As much can come from reading two clocks one after the other; nobody sets one by so little. */
  private static final long READ_NANOS = 100_000_000;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException {
    MessageReader reader = new MessageReader(argument);
    int question = reader.u8();
    switch (question) {
      case CLOCK -> {
        reader.end();
        new MessageWriter().u64(nextTick()).u64(CoarseClock.bootedNanos()).sendTo(channel);
      }
      case LOOK -> {
        byte[] path = reader.bytes(TreePath.BYTES_MAX);
        List<String> excludes = reader.texts(EXCLUDES_MAX, EXCLUDE_BYTES_MAX);
        List<byte[]> mounts = reader.list(MOUNTS_MAX, r -> r.bytes(TreePath.BYTES_MAX));
        long asked = reader.u64();
        long setBack = setBack(reader.u64());
        long since = asked - setBack;
        reader.end();
        try (TreeRoot root = TreeRoot.open(path)) {
          Look look = new Look(root, Excludes.of(Excludes.patterns(excludes), path), mounts, since);
          look.run();
          new MessageWriter().u64(look.count).texts(look.named).u64(setBack).sendTo(channel);
        } catch (LinuxException e) {
          throw new WireException("unable to read " + Names.display(path) + ": " + e.reason(), e);
        }
      }
      default -> throw new WireException("malformed message: unknown question " + question);
    }
  }

  /**
   * A time of the coarse clock that is later than now: no stamp of what was done before is as late,
   * and none of what is done after is earlier. The next tick alone would not do. Stamps may be
   * finer than the clock (inode(7), from kernel 6.13 on), and the clock is up to a tick behind.
   */
  private static long nextTick() throws IOException {
    Instant asked = Instant.now();
    long askedNanos = asked.getEpochSecond() * 1_000_000_000 + asked.getNano();
    long now = CoarseClock.nanos();
    while (now <= askedNanos) {
      try {
        Thread.sleep(1);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted while the clock was read");
      }
      now = CoarseClock.nanos();
    }
    return now;
  }

  /**
   * By how much the clock was set back since, at most: what was done after that has stamps as much
   * earlier.
   *
   * @param booted when the host was booted by the clock of then; after another boot, it is later
   */
  private static long setBack(long booted) {
    long setBack = booted - CoarseClock.bootedNanos();
    return setBack < READ_NANOS ? 0 : setBack + READ_NANOS;
  }

  private static final class Look {
    private final TreeRoot root;
    private final Excludes excludes;
    private final Set<TreePath> mounts = new LinkedHashSet<>();
    private final long since;
    private final Deque<TreePath> todo = new ArrayDeque<>();
    private final List<String> named = new ArrayList<>();
    private long count;

    /**
     * @param mounts each is looked through by a run of its own
     */
    Look(TreeRoot root, Excludes excludes, List<byte[]> mounts, long since) throws WireException {
      this.root = root;
      this.excludes = excludes;
      this.since = since;
      for (byte[] mount : mounts) {
        this.mounts.add(TreePath.received(mount));
      }
    }

    void run() {
      run(TreePath.ROOT);
      mounts.forEach(this::run);
    }

    /**
     * Looks through one file system.
     *
     * @param from the root, or where it is mounted
     */
    private void run(TreePath from) {
      try (DirectoryHandle top = root.directory(from)) {
        note(from, top.status());
        todo.push(from);
        while (!todo.isEmpty()) {
          below(from, top, todo.pop());
        }
      } catch (LinuxException e) {
        note(from, e);
      }
    }

    private void below(TreePath from, DirectoryHandle top, TreePath path) {
      try (DirectoryHandle directory = top.beneathOnSameMount(path.below(from))) {
        for (DirectoryEntry entry : directory.entries()) {
          byte[] name = entry.name();
          FileStatus status = directory.status(name);
          if (status == null || excludes.hides(path, name, status.isDirectory())) {
            continue; // that it has gone since is a change of the directory
          }
          TreePath here = path.child(name);
          if (mounts.contains(here)) {
            continue;
          }
          note(here, status);
          if (status.isDirectory()) {
            todo.push(here);
          }
        }
      } catch (LinuxException e) {
        note(path, e);
      }
    }

    private void note(TreePath path, LinuxException e) {
      note(path.isRoot() ? "." : path + ": " + e.reason());
    }

    /**
     * By the time that nobody can set: of content, names in a directory, owner, mode, links. Where
     * inodes keep whole seconds, what happens within the second that was asked for is not told
     * apart from what had happened before.
     */
    private void note(TreePath path, FileStatus status) {
      if (status.ctimeTotalNanos() >= since) {
        note(path.toString());
      }
    }

    private void note(String what) {
      count++;
      if (named.size() < NAMED_MAX) {
        named.add(what);
      }
    }
  }
}
