package dev.godwit.survey;

import dev.godwit.host.MountBelow;
import java.util.List;

/**
 * What lies at a path: its file system, and how much is below it.
 *
 * @param exists the path itself does, whatever it is
 * @param isDirectory itself, not what a symbolic link leads to
 * @param isOther it is there and is no directory
 * @param leadsTo where it is a symbolic link: to what; else empty
 * @param fileSystem the type as mount(8) names it, of what holds the path or would hold it
 * @param shared what kind of mount it is and of what, where other hosts can have it too; else empty
 * @param canWrite whether a file can be made there; true where that was not tried
 * @param refused what a shared mount was found not to keep, with the error where there was one
 * @param device the number of that file system: trees with the same one share its room
 * @param isReadOnly it is mounted read-only
 * @param freeBytes that an ordinary user may still take
 * @param inodes how many there can be; 0 where there is no such limit
 * @param userXattrs whether it can keep attributes of the user namespace
 * @param acls whether it can keep access control lists
 * @param owners whether it can keep owners
 * @param hardLinks whether a file can have several names
 * @param foldsCase whether names that differ by case are one
 * @param foldsForm whether names that differ by Unicode's form of composition are one
 * @param watch how the live mirror would learn of changes: {@code fanotify}, or why not
 * @param mountsBelow what is mounted below it and not left out
 * @param measured how much there is; all zero where there is no directory
 */
public record Tree(
    String path,
    boolean exists,
    boolean isDirectory,
    boolean isOther,
    String leadsTo,
    String fileSystem,
    String shared,
    boolean canWrite,
    List<String> refused,
    long device,
    boolean isReadOnly,
    long freeBytes,
    long inodes,
    long freeInodes,
    boolean userXattrs,
    boolean acls,
    boolean owners,
    boolean hardLinks,
    boolean foldsCase,
    boolean foldsForm,
    String watch,
    List<MountBelow> mountsBelow,
    Measured measured) {
  public Tree {
    refused = List.copyOf(refused);
    mountsBelow = List.copyOf(mountsBelow);
  }

  /**
   * How much lies below a directory, without what the plan leaves out and what is mounted there.
   *
   * @param isWhole false when the time was over before everything was seen: at least this much
   * @param millis how long it took
   * @param bytes on disk, a file with several names counted once
   * @param inodes likewise
   * @param sizes of all regular files together, by each of their names
   * @param lately what of these is new
   * @param largestBytes the size of the largest file
   * @param linked files with several names
   * @param users who own files there, by number
   * @param groups likewise
   * @param databases folders that are the data of a database server
   * @param certificates in files with the usual endings
   * @param special an example of a socket, fifo or device, empty without
   * @param xattr an example of a file with attributes of the user namespace
   * @param acl an example of a file with an access control list
   * @param sameCase two names of one folder that differ by case only
   * @param sameForm two names of one folder that differ by Unicode's form only
   */
  public record Measured(
      boolean isWhole,
      long millis,
      long files,
      long directories,
      long bytes,
      long inodes,
      long sizes,
      Lately lately,
      long largestBytes,
      Linked linked,
      List<Owner> users,
      List<Owner> groups,
      List<Database> databases,
      List<Settings.Certificate> certificates,
      String special,
      String xattr,
      String acl,
      String sameCase,
      String sameForm) {
    public Measured {
      users = List.copyOf(users);
      groups = List.copyOf(groups);
      databases = List.copyOf(databases);
      certificates = List.copyOf(certificates);
    }

    static final Measured NOTHING =
        new Measured(
            true,
            0,
            0,
            0,
            0,
            0,
            0,
            Lately.UNKNOWN,
            0,
            Linked.NONE,
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            "",
            "",
            "",
            "",
            "");
  }

  /** So far back is looked for what is new in a tree. */
  public static final int LATELY_DAYS = 30;

  /**
   * What of a tree was made in the last {@link #LATELY_DAYS} days.
   *
   * @param isKnown false of a tree that is itself younger, and where the file system does not say
   *     when a file was made
   */
  public record Lately(boolean isKnown, long bytes, long inodes) {
    public static final Lately UNKNOWN = new Lately(false, 0, 0);
  }

  /**
   * Files of a tree that have several names.
   *
   * @param outside how many of them have names that were not among those that were counted: outside
   *     of the tree, or excluded; 0 too when not everything was seen
   * @param example one of these, by its name in the tree; empty without
   */
  public record Linked(long files, long outside, String example) {
    public static final Linked NONE = new Linked(0, 0, "");
  }

  /**
   * A user or a group that owns files.
   *
   * @param name on this host; empty when it has none
   * @param example one of the files
   * @param group of a user: the number of its own group; -1 for a group and where it is not known
   * @param home of a user: its home directory; empty likewise
   * @param shell of a user; empty likewise
   */
  public record Owner(
      long number,
      String name,
      long files,
      String example,
      long group,
      String home,
      String shell) {}

  /**
   * A folder that a database server keeps its data in.
   *
   * @param engine {@code PostgreSQL}…
   * @param sign the name by which it was known
   */
  public record Database(String engine, String path, String sign) {}
}
