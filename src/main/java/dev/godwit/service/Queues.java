package dev.godwit.service;

import dev.godwit.host.Processes;
import dev.godwit.linux.Accounts;
import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The queues of this host: counted, and made fit for this host after they have been copied to it.
 */
final class Queues {
  private static final Duration REPAIR_LIMIT = Duration.ofSeconds(60);
  private static final Duration LOOK = Duration.ofMillis(10);

  /** Below a hashed directory there are two more, as Postfix comes; more would be no queue. */
  private static final int DEPTH_MAX = 8;

  private static final byte[] ITSELF = {'.'};

  /**
   * What lies in a queue.
   *
   * @param messages all
   * @param inDelivery those that are being accepted or delivered now
   */
  record Count(int messages, int inDelivery) {}

  /**
   * The accounts that own files of a queue, by their numbers on the host that was asked.
   *
   * @param users number to name
   * @param groups number to name
   */
  record Owners(Map<Integer, String> users, Map<Integer, String> groups) {}

  private Queues() {}

  static Count count(Queue queue) throws IOException {
    if (!queue.kind().inDelivery().isEmpty()) {
      return inFolders(queue);
    }
    // First: what is delivered after that is not told to be there when nobody delivers any more.
    int inDelivery = open(queue);
    return new Count(inFolders(queue).messages(), inDelivery);
  }

  /** What is being accepted or delivered, by who has its files open: some 20 to 250 ms. */
  private static int open(Queue queue) throws IOException {
    return (int)
        Writers.open(List.of(path(queue, ""))).stream()
            .flatMap(open -> queue.kind().messageOfOpen(open.name()).stream())
            .distinct()
            .count();
  }

  private static Count inFolders(Queue queue) throws IOException {
    int[] messages = new int[1];
    int[] inDelivery = new int[1];
    for (String folder : queue.kind().messages()) {
      boolean isDelivered = queue.kind().inDelivery().contains(folder);
      walk(
          path(queue, folder),
          (directory, name, status) -> {
            if (status.isRegular()
                && queue.kind().isMessage(new String(name, StandardCharsets.ISO_8859_1))) {
              messages[0]++;
              inDelivery[0] += isDelivered ? 1 : 0;
            }
          });
    }
    return new Count(messages[0], inDelivery[0]);
  }

  /** Waits until nothing is being accepted or delivered, or the time is over. */
  static Count awaitQuiet(Queue queue, Duration limit) throws IOException, InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    Count count = count(queue);
    while (count.inDelivery() > 0 && System.nanoTime() - end < 0) {
      Thread.sleep(LOOK);
      count = count(queue);
    }
    return count;
  }

  /** Whose files lie in the queue; numbers without a name are left out. */
  static Owners owners(Queue queue) throws IOException {
    Map<Integer, String> users = new HashMap<>();
    Map<Integer, String> groups = new HashMap<>();
    walkMoved(
        queue,
        (directory, name, status) -> {
          if (!users.containsKey(status.uid())) {
            Accounts.User user = Accounts.user(status.uid());
            users.put(status.uid(), user == null ? "" : user.name());
          }
          if (!groups.containsKey(status.gid())) {
            Accounts.Group group = Accounts.group(status.gid());
            groups.put(status.gid(), group == null ? "" : group.name());
          }
        });
    users.values().removeIf(String::isEmpty);
    groups.values().removeIf(String::isEmpty);
    return new Owners(users, groups);
  }

  /**
   * Makes a queue that was copied from another host, number by number, fit for this one: files get
   * the numbers that their owners have here, and what the names of files depend on is put right.
   * The service must not run. May be repeated.
   *
   * @param there the owners as the other host knows them
   * @return one line for people
   */
  static String settle(Queue queue, Owners there) throws IOException, InterruptedException {
    Map<Integer, Integer> users = new HashMap<>();
    for (Map.Entry<Integer, String> owner : there.users().entrySet()) {
      Accounts.User user = Accounts.user(owner.getValue());
      if (user == null) {
        throw new ServiceException(
            "files of %s belong to the user %s, whom this host does not know: install the mail transfer agent here, or make the user"
                .formatted(queue.path(), owner.getValue()));
      }
      users.put(owner.getKey(), user.uid());
    }
    Map<Integer, Integer> groups = new HashMap<>();
    for (Map.Entry<Integer, String> owner : there.groups().entrySet()) {
      Accounts.Group group = Accounts.group(owner.getValue());
      if (group == null) {
        throw new ServiceException(
            "files of %s belong to the group %s, which this host does not know: install the mail transfer agent here, or make the group"
                .formatted(queue.path(), owner.getValue()));
      }
      groups.put(owner.getKey(), group.gid());
    }
    int[] changed = new int[1];
    boolean areSame = isIdentity(users) && isIdentity(groups);
    if (!areSame) {
      walkMoved(
          queue,
          (directory, name, status) -> {
            int uid = users.getOrDefault(status.uid(), status.uid());
            int gid = groups.getOrDefault(status.gid(), status.gid());
            if (uid != status.uid() || gid != status.gid()) {
              directory.setOwner(name, uid, gid);
              changed[0]++;
            }
          });
    }
    String repaired = queue.kind() == Queue.Kind.POSTFIX ? repairPostfix() : "";
    return "%d messages in %s%s%s"
        .formatted(
            inFolders(queue).messages(),
            queue.path(),
            changed[0] == 0 ? "" : ", %d owners put right".formatted(changed[0]),
            repaired);
  }

  /**
   * A queue file is named after the number of its inode, which is another one here. Postfix itself
   * puts that right when it is started (postsuper(1): "-s"), but beside what it does then.
   *
   * @return what it could not do, for people
   */
  private static String repairPostfix() throws IOException, InterruptedException {
    List<String> repair = List.of("postsuper", "-s");
    Processes.Outcome outcome = Processes.run(repair, REPAIR_LIMIT);
    if (outcome.isSuccess()) {
      return "";
    }
    // Such as a log file that may be written only while Postfix runs.
    return ", left to the start of postfix: "
        + ServiceException.of("names of queue files", repair, outcome, REPAIR_LIMIT).getMessage();
  }

  private static boolean isIdentity(Map<Integer, Integer> numbers) {
    return numbers.entrySet().stream().allMatch(e -> e.getKey().equals(e.getValue()));
  }

  private static byte[] path(Queue queue, String folder) {
    return (folder.isEmpty() ? queue.path() : queue.path() + "/" + folder)
        .getBytes(StandardCharsets.UTF_8);
  }

  @FunctionalInterface
  private interface Visitor {
    void see(DirectoryHandle directory, byte[] name, FileStatus status) throws IOException;
  }

  /** All that moves with the queue, its directories too, and the one that it is itself. */
  private static void walkMoved(Queue queue, Visitor visitor) throws IOException {
    try (DirectoryHandle root = DirectoryHandle.open(path(queue, ""))) {
      visitor.see(root, ITSELF, root.status());
      walk(root, visitor, queue.kind()::isMoved, 0);
    }
  }

  /** Everything below a directory that is not gone when it is looked at; links are not followed. */
  private static void walk(byte[] path, Visitor visitor) throws IOException {
    try (DirectoryHandle root = DirectoryHandle.open(path)) {
      walk(root, visitor, name -> true, 0);
    } catch (LinuxException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
  }

  /**
   * @param isLookedAt by its name in this directory; below it everything is
   */
  private static void walk(
      DirectoryHandle directory, Visitor visitor, Predicate<String> isLookedAt, int depth)
      throws IOException {
    for (DirectoryEntry entry : directory.entries()) {
      if (!isLookedAt.test(new String(entry.name(), StandardCharsets.UTF_8))) {
        continue;
      }
      FileStatus status = directory.status(entry.name());
      if (status == null) {
        continue; // it was delivered meanwhile
      }
      visitor.see(directory, entry.name(), status);
      if (status.isDirectory() && depth < DEPTH_MAX) {
        try (DirectoryHandle below = directory.beneath(entry.name())) {
          walk(below, visitor, name -> true, depth + 1);
        } catch (LinuxException e) {
          if (e.errno() != Errno.ENOENT) {
            throw e;
          }
        }
      }
    }
  }
}
