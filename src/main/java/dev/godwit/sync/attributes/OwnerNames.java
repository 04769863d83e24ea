package dev.godwit.sync.attributes;

import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The names of the source's users and groups, for a target on another host: each message with
 * entries begins with the names of those that own something in it, so that a message needs no other
 * one. 0 has none. Safe for threads.
 */
public final class OwnerNames {
  /** How many users, and how many groups, one message may name. */
  private static final int COUNT_MAX = 8192;

  /** LOGIN_NAME_MAX; a longer one counts as none. */
  private static final int NAME_BYTES_MAX = 256;

  private final AccountBook users;
  private final AccountBook groups;
  private final Map<Integer, String> userNames = new ConcurrentHashMap<>();
  private final Map<Integer, String> groupNames = new ConcurrentHashMap<>();

  public OwnerNames() {
    this(AccountBook.USERS, AccountBook.GROUPS);
  }

  OwnerNames(AccountBook users, AccountBook groups) {
    this.users = users;
    this.groups = groups;
  }

  /** Who owns something in one message. One thread. */
  public static final class Collected {
    private final SortedSet<Integer> users = new TreeSet<>();
    private final SortedSet<Integer> groups = new TreeSet<>();
    private int lastUser;
    private int lastGroup;

    public void add(Attributes attributes) {
      addUser(attributes.uid());
      addGroup(attributes.gid());
      attributes.forEachAclId(
          (isUser, id) -> {
            if (isUser) {
              addUser(id);
            } else {
              addGroup(id);
            }
          });
    }

    private void addUser(int uid) {
      if (uid != lastUser && uid != 0) {
        users.add(uid);
        lastUser = uid;
      }
    }

    private void addGroup(int gid) {
      if (gid != lastGroup && gid != 0) {
        groups.add(gid);
        lastGroup = gid;
      }
    }
  }

  /**
   * Writes the names of those who have one.
   *
   * @throws LinuxException when an account cannot be looked up now: without its name its files
   *     might be given to somebody else (H11); E2BIG for more owners than a message takes
   */
  public void write(MessageWriter message, Collected collected) throws LinuxException {
    write(message, collected.users, userNames, users);
    write(message, collected.groups, groupNames, groups);
  }

  private static void write(
      MessageWriter message, SortedSet<Integer> ids, Map<Integer, String> names, AccountBook book)
      throws LinuxException {
    if (ids.size() > COUNT_MAX) {
      throw new LinuxException("getpwuid_r", ids.size() + " owners", Errno.E2BIG);
    }
    message.u32(ids.size());
    for (int id : ids) {
      String name = names.get(id);
      if (name == null) {
        name = name(book, id);
        names.put(id, name);
      }
      message.u32(id).text(name);
    }
  }

  private static String name(AccountBook book, int id) throws LinuxException {
    String name = book.name(id);
    return name == null || Names.of(name).length > NAME_BYTES_MAX ? "" : name;
  }

  /** Tells the target's owners what another host has written. */
  public static void read(MessageReader message, Owners owners) throws WireException {
    int users = message.count(COUNT_MAX);
    for (int i = 0; i < users; i++) {
      int id = message.u32();
      String name = message.text(NAME_BYTES_MAX);
      if (!name.isEmpty()) {
        owners.learnUser(id, name);
      }
    }
    int groups = message.count(COUNT_MAX);
    for (int i = 0; i < groups; i++) {
      int id = message.u32();
      String name = message.text(NAME_BYTES_MAX);
      if (!name.isEmpty()) {
        owners.learnGroup(id, name);
      }
    }
  }
}
