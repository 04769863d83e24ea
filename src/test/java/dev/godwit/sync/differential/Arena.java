package dev.godwit.sync.differential;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Where cases are run: a file system in memory that only the calling thread and what it starts can
 * see, so that it is gone with the thread, two threads use the same paths, and a working directory
 * and a umask belong to one case. Needs root.
 */
final class Arena {
  private static final String MOUNT = "/mnt";
  private static final String ROOT = MOUNT + "/t";

  /** For what programs print; no part of what is compared. */
  static final String SCRATCH = MOUNT + "/scratch";

  private static final AtomicInteger COUNT = new AtomicInteger();

  private Arena() {}

  /** What runs in an arena. */
  interface Body {
    void run(Arena arena) throws InterruptedException;
  }

  /** What one program did with a case. */
  record Run(Program.Outcome outcome, Snapshot before, Snapshot after) {}

  /** Starts a thread with an arena of its own. */
  static Thread start(Body body, List<Throwable> failures) {
    Runnable all =
        () -> {
          try {
            Posix.leaveFileSystemView();
            Posix.mountMemory(MOUNT);
            Posix.makeDirectory(SCRATCH);
            body.run(new Arena());
          } catch (Throwable failure) {
            synchronized (failures) {
              failures.add(failure);
            }
          }
        };
    return Thread.ofPlatform().name("arena-" + COUNT.incrementAndGet()).start(all);
  }

  /** Makes the case's tree, runs the program, looks at the tree, removes it. */
  Run run(Case what, Program program) throws InterruptedException {
    Posix.setUmask(022);
    Posix.makeDirectory(ROOT);
    try {
      Posix.setMode(ROOT, 0777);
      TreeWriter.write(ROOT, what.tree());
      Snapshot before = Snapshot.of(ROOT);
      // They are copied, too, when whole paths are (-R).
      Posix.setTimes(ROOT, Node.ANY_TIME, Node.ANY_TIME);
      Posix.setTimes(MOUNT, Node.ANY_TIME, Node.ANY_TIME);
      Posix.setWorkingDirectory(ROOT);
      Program.Outcome outcome =
          program.run(
              new Program.Invocation(
                  what.arguments(ROOT),
                  ROOT,
                  Map.of(
                      "PATH", "/usr/sbin:/usr/bin:/sbin:/bin",
                      "HOME", "/nonexistent",
                      "TZ", "UTC",
                      "LC_ALL", what.locale()),
                  what.umask(),
                  what.user()));
      Posix.setUmask(022);
      return new Run(outcome, before, Snapshot.of(ROOT));
    } finally {
      Posix.setWorkingDirectory("/");
      clear(what);
    }
  }

  /** How both do, compared. */
  List<Difference> compare(Case what, Program reference, Program candidate)
      throws InterruptedException {
    return Comparison.of(what, run(what, reference), run(what, candidate));
  }

  private static void clear(Case what) {
    List<String> mounts = new ArrayList<>();
    what.tree()
        .nodes()
        .forEach(
            (path, node) -> {
              if (node.mounted && Posix.exists(ROOT + "/" + path)) {
                mounts.add(ROOT + "/" + path);
              }
            });
    mounts.reversed().forEach(Posix::unmount);
    remove(ROOT);
  }

  private static void remove(String directory) {
    for (String name : Posix.names(directory)) {
      String path = directory + "/" + name;
      if (Posix.status(path).type() == Posix.S_IFDIR) {
        remove(path);
      } else {
        Posix.remove(path, false);
      }
    }
    Posix.remove(directory, true);
  }
}
