package dev.godwit.sync.attributes;

import dev.godwit.linux.LinuxException;
import dev.godwit.sync.rules.Rules;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Who owns on the target what somebody owns at the source (rsync(1), --numeric-ids, --usermap): by
 * name where both hosts know it, otherwise by number; 0 is always 0 unless it is mapped.
 *
 * <p>H11: a name that --usermap or --groupmap asks for and that the target does not know ends the
 * copy before it begins; an account that cannot be looked up now (a directory server that does not
 * answer) is an error for the file. No name and no number ever becomes 0 because something failed.
 *
 * <p>Safe for threads.
 */
public final class Owners implements Acl.Ids {
  private final Side users;
  private final Side groups;

  private Owners(Side users, Side groups) {
    this.users = users;
    this.groups = groups;
  }

  /**
   * For both trees on this host: names are the same on both sides.
   *
   * @throws IllegalArgumentException when a map is malformed, with a message for the user
   * @throws OwnerException when a map gives files to an account that this host does not know
   */
  public static Owners local(Rules rules) throws OwnerException {
    return new Owners(
        Side.of("--usermap", rules.userMap, AccountBook.USERS, rules.numericIds, true),
        Side.of("--groupmap", rules.groupMap, AccountBook.GROUPS, rules.numericIds, true));
  }

  /**
   * For a tree that comes from another host, which tells its names ({@link #learnUser}).
   *
   * @throws IllegalArgumentException as {@link #local}
   * @throws OwnerException as {@link #local}
   */
  public static Owners remote(Rules rules) throws OwnerException {
    return of(rules, AccountBook.USERS, AccountBook.GROUPS);
  }

  static Owners of(Rules rules, AccountBook users, AccountBook groups) throws OwnerException {
    return new Owners(
        Side.of("--usermap", rules.userMap, users, rules.numericIds, false),
        Side.of("--groupmap", rules.groupMap, groups, rules.numericIds, false));
  }

  /**
   * Whether a map asks for names of the source's, which --numeric-ids would match with nothing.
   *
   * @throws IllegalArgumentException as {@link #local}
   */
  public static boolean areNamesMapped(Rules rules) {
    return OwnerMap.parse("--usermap", rules.userMap).hasNames()
        || OwnerMap.parse("--groupmap", rules.groupMap).hasNames();
  }

  /**
   * What is wrong with the maps, for people; not that an account cannot be looked up now.
   *
   * @param isTargetHere whether this host is the one that has to know whom they give files to
   */
  public static Optional<String> problem(Rules rules, boolean isTargetHere) {
    try {
      if (isTargetHere) {
        var unused = remote(rules);
      } else {
        var unused = areNamesMapped(rules);
      }
      return Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    } catch (OwnerException e) {
      return e.getCause() == null ? Optional.of(String.valueOf(e.getMessage())) : Optional.empty();
    }
  }

  /** The source says that one of its users has this name. The first name counts. */
  public void learnUser(int uid, String name) {
    users.learn(uid, name);
  }

  /** The source says that one of its groups has this name. The first name counts. */
  public void learnGroup(int gid, String name) {
    groups.learn(gid, name);
  }

  @Override
  public int user(int uid) throws OwnerException {
    return users.map(uid);
  }

  @Override
  public int group(int gid) throws OwnerException {
    return groups.map(gid);
  }

  /** Users or groups. */
  private static final class Side {
    private final OwnerMap map;
    private final AccountBook book;
    private final boolean byName;
    private final boolean isLocal;

    /** Nothing ever changes. */
    private final boolean isIdentity;

    private final Map<Integer, String> names = new ConcurrentHashMap<>();
    private final Map<String, Integer> targets = new ConcurrentHashMap<>();
    private final IdTable mapped = new IdTable();

    private Side(OwnerMap map, AccountBook book, boolean byName, boolean isLocal) {
      this.map = map;
      this.book = book;
      this.byName = byName;
      this.isLocal = isLocal;
      this.isIdentity = map.isEmpty() && (isLocal || !byName);
    }

    static Side of(
        String option, @Nullable String text, AccountBook book, boolean numeric, boolean isLocal)
        throws OwnerException {
      Side side = new Side(OwnerMap.parse(option, text), book, !numeric, isLocal);
      for (String target : side.map.targets()) {
        side.targets.put(target, side.target(target));
      }
      return side;
    }

    /** The number of what stands behind a colon. */
    private int target(String text) throws OwnerException {
      if (OwnerMap.isNumber(text)) {
        int number = Integer.parseUnsignedInt(text);
        if (number == AccountBook.UNKNOWN) {
          throw new OwnerException(map.option() + ": " + text + " is no id that a file can have");
        }
        return number;
      }
      try {
        int number = book.number(text);
        if (number == AccountBook.UNKNOWN) {
          throw new OwnerException(
              map.option() + " (--chown): nobody is called \"" + text + "\" on the target's host");
        }
        return number;
      } catch (LinuxException e) {
        throw new OwnerException(
            map.option() + ": \"" + text + "\" could not be looked up: " + e.getMessage(), e);
      }
    }

    void learn(int id, String name) {
      names.putIfAbsent(id, name);
    }

    int map(int id) throws OwnerException {
      if (id == AccountBook.UNKNOWN) {
        throw new OwnerException("4294967295 is no id that a file can have");
      }
      if (isIdentity) {
        return id;
      }
      int known = mapped.get(id, AccountBook.UNKNOWN);
      if (known != AccountBook.UNKNOWN) {
        return known;
      }
      int target = find(id);
      mapped.put(id, target);
      return target;
    }

    private int find(int id) throws OwnerException {
      try {
        String name = byName ? nameOf(id) : "";
        String target = map.target(id, name);
        if (target != null) {
          return Objects.requireNonNull(targets.get(target), target);
        }
        if (id == 0 || isLocal || name.isEmpty()) {
          return id;
        }
        int number = book.number(name);
        return number == AccountBook.UNKNOWN ? id : number;
      } catch (LinuxException e) {
        throw new OwnerException(
            "the owner "
                + Integer.toUnsignedString(id)
                + " could not be looked up: "
                + e.getMessage(),
            e);
      }
    }

    /** Its name at the source; 0 has the name that it has here, whatever the source says. */
    private String nameOf(int id) throws LinuxException {
      String name = isLocal || id == 0 ? book.name(id) : names.get(id);
      return name == null ? "" : name;
    }
  }
}
