package dev.godwit.survey;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.godwit.linux.Accounts;
import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.linux.PathText;
import dev.godwit.linux.TextFile;
import dev.godwit.survey.SurveyClient.TreeQuestion;
import dev.godwit.sync.Excludes;
import dev.godwit.sync.filter.FilterException;
import dev.godwit.sync.filter.FilterScope;
import dev.godwit.sync.filter.Filters;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.text.Normalizer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Measures one tree: every name is looked at once, files are not opened except the few that are
 * certificates by their ending. Ends when its time is over and says so.
 */
final class TreeMeasure {
  private static final int DATABASES_MAX = 50;
  private static final int CERTIFICATES_MAX = 200;
  private static final int LINKED_KEPT_MAX = 1_000_000;
  private static final int PATHS_KEPT_MAX = 1_000;

  private final DirectoryHandle root;
  private final String shown;
  private final FileStatus top;
  private final boolean isDeep;
  private final long started = System.nanoTime();
  private final long end;
  private final Map<Integer, Count> users = new HashMap<>();
  private final Map<Integer, Count> groups = new HashMap<>();

  /** Of files with several names, which were not all seen yet, by their inodes. */
  private final Map<Long, Unseen> unseen = new HashMap<>();

  private final List<Tree.Database> databases = new ArrayList<>();
  private final List<Settings.Certificate> certificates = new ArrayList<>();

  /** What was made since, in nanoseconds since 1970, is new. */
  private final long latelyNanos;

  private boolean isWhole = true;
  private long files;
  private long directories;
  private long bytes;
  private long inodes;
  private long sizes;
  private long newBytes;
  private long newInodes;
  private long largest;
  private long linked;
  private String special = "";
  private String xattr = "";
  private String acl = "";
  private String sameCase = "";
  private String sameForm = "";

  private static final class Count {
    long files;
    final String example;

    Count(String example) {
      this.example = example;
    }
  }

  /**
   * @param left how many were not seen
   * @param path of the first one; empty when there are too many
   */
  private record Unseen(int left, String path) {
    Unseen less() {
      return new Unseen(left - 1, path);
    }
  }

  private record Place(String path, FilterScope filters) {}

  private TreeMeasure(
      DirectoryHandle root, String shown, boolean isDeep, Duration limit, Instant since)
      throws LinuxException {
    this.root = root;
    this.shown = shown;
    this.top = root.status();
    this.isDeep = isDeep;
    this.end = started + limit.toNanos();
    this.latelyNanos = since.getEpochSecond() * 1_000_000_000 + since.getNano();
  }

  /**
   * @param root what the question is about
   */
  static Tree.Measured of(DirectoryHandle root, TreeQuestion question, Duration limit)
      throws IOException {
    Instant since = Instant.now().minus(Duration.ofDays(Tree.LATELY_DAYS));
    return of(root, question, limit, since);
  }

  /**
   * The same.
   *
   * @param since when what is new has been made
   */
  static Tree.Measured of(
      DirectoryHandle root, TreeQuestion question, Duration limit, Instant since)
      throws IOException {
    FilterScope filters;
    try {
      filters =
          Filters.of(Excludes.patterns(question.exclude()), false)
              .source(Names.of(question.path()));
    } catch (FilterException e) {
      throw new WireException(String.valueOf(e.getMessage()), e);
    }
    if (!question.below().isEmpty()) {
      for (String name : question.below().split("/")) {
        filters = filters.enterByName(PathText.bytes(name));
      }
    }
    TreeMeasure measure = new TreeMeasure(root, question.whole(), question.isDeep(), limit, since);
    measure.walk(filters);
    return measure.measured();
  }

  private void walk(FilterScope filters) throws LinuxException {
    Deque<Place> places = new ArrayDeque<>();
    count("", root.status());
    directories++;
    places.push(new Place("", filters));
    while (!places.isEmpty()) {
      if (System.nanoTime() > end) {
        isWhole = false;
        return;
      }
      Place place = places.pop();
      try (DirectoryHandle folder = root.beneath(place.path().getBytes(ISO_8859_1))) {
        folder(folder, place, places);
      } catch (LinuxException e) {
        // Gone, or another thing by now: the mirror will see it as it is then.
        isWhole &= e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR;
      }
    }
  }

  private void folder(DirectoryHandle folder, Place place, Deque<Place> places)
      throws LinuxException {
    Set<String> signs = new HashSet<>();
    Map<String, String> folded = new HashMap<>();
    Map<String, String> composed = new HashMap<>();
    for (List<DirectoryEntry> some = folder.nextEntries();
        some != null && System.nanoTime() <= end;
        some = folder.nextEntries()) {
      for (DirectoryEntry entry : some) {
        FileStatus status = folder.status(entry.name());
        if (status == null
            || !status.isOnMountOf(top)
            || place.filters().excludes(entry.name(), status.isDirectory())) {
          continue;
        }
        String name = new String(entry.name(), ISO_8859_1);
        String path = place.path().isEmpty() ? name : place.path() + "/" + name;
        if (DatabaseSigns.isPart(entry.name())) {
          signs.add(name);
        }
        if (isDeep) {
          attributes(folder, entry.name(), path, status);
          same(path, entry.name(), folded, composed);
        }
        if (status.isDirectory()) {
          directories++;
          count(path, status);
          places.push(new Place(path, place.filters().enterByName(entry.name())));
        } else {
          file(folder, entry.name(), path, status);
        }
      }
    }
    if (!signs.isEmpty() && databases.size() < DATABASES_MAX) {
      Tree.Database database = DatabaseSigns.of(display(place.path()), signs);
      if (database != null) {
        databases.add(database);
      }
    }
  }

  private void file(DirectoryHandle folder, byte[] name, String path, FileStatus status)
      throws LinuxException {
    files++;
    sizes += status.isRegular() ? status.size() : 0;
    if (status.links() > 1) {
      Unseen known = unseen.get(status.inode());
      if (known != null) {
        if (known.left() == 1) {
          unseen.remove(status.inode());
        } else {
          unseen.put(status.inode(), known.less());
        }
        return;
      }
      if (unseen.size() < LINKED_KEPT_MAX) {
        String kept = unseen.size() < PATHS_KEPT_MAX ? path : "";
        unseen.put(status.inode(), new Unseen(status.links() - 1, kept));
      }
      linked++;
    }
    count(path, status);
    if (status.isRegular()) {
      largest = Math.max(largest, status.size());
      if (certificates.size() < CERTIFICATES_MAX && isCertificate(path)) {
        String text = TextFile.read(folder, name, Certificates.FILE_BYTES_MAX);
        if (text != null && Certificates.isIn(text)) {
          certificates.add(Certificates.of(display(path), "", text));
        }
      }
    } else if (special.isEmpty() && !status.isSymbolicLink()) {
      special = display(path);
    }
  }

  private static boolean isCertificate(String path) {
    return path.endsWith(".pem") || path.endsWith(".crt") || path.endsWith(".cer");
  }

  private void count(String path, FileStatus status) {
    inodes++;
    bytes += status.blocks() * 512;
    if (status.birthNanos() >= latelyNanos) {
      newBytes += status.blocks() * 512;
      newInodes++;
    }
    users.computeIfAbsent(status.uid(), uid -> new Count(display(path))).files++;
    groups.computeIfAbsent(status.gid(), gid -> new Count(display(path))).files++;
  }

  private void attributes(DirectoryHandle folder, byte[] name, String path, FileStatus status)
      throws LinuxException {
    if (status.isSymbolicLink() || (!xattr.isEmpty() && !acl.isEmpty())) {
      return;
    }
    for (byte[] attribute : folder.xattrs(name)) {
      String key = new String(attribute, ISO_8859_1);
      if (key.startsWith("user.") && xattr.isEmpty()) {
        xattr = display(path);
      } else if (key.startsWith("system.posix_acl_") && acl.isEmpty()) {
        acl = display(path);
      }
    }
  }

  private void same(
      String path, byte[] name, Map<String, String> folded, Map<String, String> composed) {
    String text = Names.display(name);
    if (sameCase.isEmpty()) {
      String key = Normalizer.normalize(text, Normalizer.Form.NFC);
      String other =
          folded.putIfAbsent(key.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT), text);
      if (other != null && !Normalizer.normalize(other, Normalizer.Form.NFC).equals(key)) {
        sameCase = display(path) + " and " + other;
      }
    }
    if (sameForm.isEmpty()) {
      String other = composed.putIfAbsent(Normalizer.normalize(text, Normalizer.Form.NFC), text);
      if (other != null && !other.equals(text)) {
        sameForm = display(path) + " and another name that looks the same";
      }
    }
  }

  private String display(String path) {
    return path.isEmpty() ? shown : shown + "/" + Names.display(path.getBytes(ISO_8859_1));
  }

  private Tree.Measured measured() throws LinuxException {
    List<Tree.Owner> userList = new ArrayList<>();
    PasswordFile passwords = PasswordFile.read();
    for (Map.Entry<Integer, Count> each : users.entrySet()) {
      Accounts.User user = Accounts.user(each.getKey());
      PasswordFile.Line line =
          passwords.of(user == null ? "" : user.name(), Integer.toUnsignedLong(each.getKey()));
      userList.add(owner(each, user == null ? "" : user.name(), line));
    }
    List<Tree.Owner> groupList = new ArrayList<>();
    for (Map.Entry<Integer, Count> each : groups.entrySet()) {
      Accounts.Group group = Accounts.group(each.getKey());
      groupList.add(owner(each, group == null ? "" : group.name(), PasswordFile.Line.NONE));
    }
    userList.sort(Comparator.comparingLong(Tree.Owner::number));
    groupList.sort(Comparator.comparingLong(Tree.Owner::number));
    return new Tree.Measured(
        isWhole,
        (System.nanoTime() - started) / 1_000_000,
        files,
        directories,
        bytes,
        inodes,
        sizes,
        top.birthNanos() > 0 && top.birthNanos() < latelyNanos
            ? new Tree.Lately(true, newBytes, newInodes)
            : Tree.Lately.UNKNOWN,
        largest,
        linked(),
        userList,
        groupList,
        databases,
        certificates,
        special,
        xattr,
        acl,
        sameCase,
        sameForm);
  }

  private Tree.Linked linked() {
    if (!isWhole) {
      return new Tree.Linked(linked, 0, "");
    }
    String example =
        unseen.values().stream()
            .map(Unseen::path)
            .filter(path -> !path.isEmpty())
            .findFirst()
            .map(this::display)
            .orElse("");
    return new Tree.Linked(linked, unseen.size(), example);
  }

  private static Tree.Owner owner(
      Map.Entry<Integer, Count> each, String name, PasswordFile.Line line) {
    Count count = each.getValue();
    return new Tree.Owner(
        Integer.toUnsignedLong(each.getKey()),
        name,
        count.files,
        count.example,
        line.group(),
        line.home(),
        line.shell());
  }
}
