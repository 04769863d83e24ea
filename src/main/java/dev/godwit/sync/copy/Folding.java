package dev.godwit.sync.copy;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.FileSystemFeatures;
import dev.godwit.linux.FileSystemStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.NameFolding;
import java.nio.ByteBuffer;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Names that the target's file system takes for one, {@code A} and {@code a} or two forms of one
 * letter: one file's content would go over the other's, and a later removal of the one would take
 * both. None of them is written; they are told (H12).
 *
 * <p>Which names those are the file system is asked, in a directory made for it: tables differ.
 *
 * <p>Any thread.
 */
final class Folding {
  private static final String ONE_NAME =
      "not copied: the target's file system takes it for the same name as %s. Rename one of them at"
          + " the source, or exclude it";

  private final TreeUpdate update;
  private final Report report;

  private enum Kind {
    /** No directory takes two names for one. */
    NONE,
    /** Each directory says it of itself. */
    BY_DIRECTORY,
    /** All do. */
    ALL
  }

  /** What is known of file systems, by device; also between the copies of a series. */
  static final class FileSystems {
    private final Map<Long, Kind> kinds = new ConcurrentHashMap<>();
  }

  private final FileSystems own = new FileSystems();

  Folding(TreeUpdate update) {
    this.update = update;
    this.report = update.report;
  }

  private Map<Long, Kind> known() {
    Custody custody = update.custody;
    return (custody == null ? own : custody.fileSystems()).kinds;
  }

  /** Whether a directory of the target may take two names for one; also while nobody knows. */
  boolean mayFold(DirectoryHandle handle) throws LinuxException {
    return mayFold(handle, handle.status().device());
  }

  private boolean mayFold(DirectoryHandle handle, long device) throws LinuxException {
    Kind kind = known().get(device);
    if (kind == null && FileSystemStatus.of(handle).foldsByDirectory()) {
      kind = Kind.BY_DIRECTORY;
      known().put(device, kind);
    }
    return kind == Kind.BY_DIRECTORY ? FileSystemFeatures.foldsCase(handle) : kind != Kind.NONE;
  }

  /**
   * The same; while nobody knows, the names that are in it are tried, and nothing is made for that.
   *
   * @param handle not listed yet
   */
  boolean mayFoldBySight(DirectoryHandle handle, long device) throws LinuxException {
    boolean may = mayFold(handle, device);
    if (!may || known().containsKey(device)) {
      return may;
    }
    Boolean folds = NameFolding.takesEitherCase(handle);
    if (folds != null) {
      known().put(device, folds ? Kind.ALL : Kind.NONE);
    }
    return folds == null || folds;
  }

  private boolean mayFold(TargetDirectory directory, long device) throws LinuxException {
    DirectoryHandle handle = directory.opened();
    if (!mayFoldBySight(handle, device)) {
      return false;
    }
    if (known().containsKey(device) || update.rules.dryRun || !handle.entries().isEmpty()) {
      return true;
    }
    boolean folds = NameFolding.takesEitherCase(handle, update.temporaries.next());
    known().put(device, folds ? Kind.ALL : Kind.NONE);
    return folds;
  }

  /**
   * The names of a listing that can be written, in their order. Those that cannot are told.
   *
   * @param directory open, if it stands or was made; what was to be removed first is gone from it
   */
  List<SourceEntry> allowed(TargetDirectory directory, Listing listing) {
    List<SourceEntry> all = listing.entries();
    FileStatus status = directory.before;
    if (all.isEmpty()
        || status == null
        || directory.state == TargetDirectory.State.ABSENT
        || directory.onlyName != null) {
      return all;
    }
    try {
      return mayFold(directory, status.device()) ? new InOne(directory, all).allowed() : all;
    } catch (LinuxException e) {
      report.failure(
          CopyStatus.PARTIAL,
          directory.path,
          "whether names that differ by case are one here cannot be found out: " + e.reason());
      return all;
    }
  }

  /** One directory of such a file system. */
  private final class InOne {
    private final TargetDirectory directory;
    private final DirectoryHandle handle;
    private final List<SourceEntry> all;

    /** Why names are not written, by the name: an entry may be another object each time. */
    private final Map<ByteBuffer, String> refused = new HashMap<>();

    InOne(TargetDirectory directory, List<SourceEntry> all) {
      this.directory = directory;
      this.handle = directory.opened();
      this.all = all;
    }

    List<SourceEntry> allowed() throws LinuxException {
      Map<String, List<SourceEntry>> alike = new TreeMap<>();
      for (SourceEntry entry : all) {
        if (!entry.removed()) {
          alike.computeIfAbsent(key(entry.name()), key -> new ArrayList<>()).add(entry);
        }
      }
      for (List<SourceEntry> some : alike.values()) {
        if (some.size() > 1 && areOne(some)) {
          for (int i = 0; i < some.size(); i++) {
            refuse(some.get(i), some.get(i == 0 ? 1 : 0).name());
          }
        }
      }
      if (!directory.isNew) {
        refuseOtherSpellings();
      }
      if (refused.isEmpty()) {
        return all;
      }
      List<SourceEntry> left = new ArrayList<>();
      for (SourceEntry entry : all) {
        String why = refused.get(ByteBuffer.wrap(entry.name()));
        if (why == null) {
          left.add(entry);
        } else {
          report.failure(CopyStatus.PARTIAL, Paths.join(directory.path, entry.name()), why);
          update.tally.seen(entry); // it takes part, though nothing can be done about it
          update.source().passes(entry);
          update.outcomes.linkFailed(entry);
        }
      }
      return left;
    }

    /** Whether a name stands here under another spelling. */
    private void refuseOtherSpellings() throws LinuxException {
      Map<ByteBuffer, DirectoryEntry> here = new HashMap<>();
      for (DirectoryEntry entry : handle.entries()) {
        here.put(ByteBuffer.wrap(entry.name()), entry);
      }
      Set<ByteBuffer> going = new HashSet<>();
      for (SourceEntry entry : all) {
        if (entry.removed()) {
          going.add(ByteBuffer.wrap(entry.name()));
        }
      }
      for (SourceEntry entry : all) {
        if (entry.removed() || refused.containsKey(ByteBuffer.wrap(entry.name()))) {
          continue;
        }
        boolean isSpelledSo = here.containsKey(ByteBuffer.wrap(entry.name()));
        FileStatus standing = isSpelledSo ? null : handle.status(entry.name());
        if (standing == null) {
          continue;
        }
        byte @Nullable [] other = spelling(here.values(), entry.name(), standing);
        if (other == null || !going.contains(ByteBuffer.wrap(other))) {
          refuse(entry, other);
        }
      }
    }

    /** How a name is spelled that stands here; null when that cannot be told. */
    private byte @Nullable [] spelling(
        Iterable<DirectoryEntry> here, byte[] name, FileStatus standing) throws LinuxException {
      String key = key(name);
      for (DirectoryEntry entry : here) {
        if (key(entry.name()).equals(key)) {
          return entry.name();
        }
      }
      for (DirectoryEntry entry : here) {
        FileStatus status = handle.status(entry.name());
        if (status != null && status.isSameInode(standing)) {
          return entry.name();
        }
      }
      return null;
    }

    private void refuse(SourceEntry entry, byte @Nullable [] other) {
      String shown = other == null ? "another one that stands here" : Report.shown(other);
      refused.put(ByteBuffer.wrap(entry.name()), ONE_NAME.formatted(shown));
    }

    /** Asks the file system; in a dry run they are taken for one. */
    private boolean areOne(List<SourceEntry> some) throws LinuxException {
      if (update.rules.dryRun) {
        return true;
      }
      byte[] temporary = update.temporaries.next();
      handle.makeDirectory(temporary, 0700);
      List<byte[]> made = new ArrayList<>();
      try (DirectoryHandle in = handle.beneath(temporary)) {
        try {
          for (SourceEntry entry : some) {
            try (FileHandle file = in.createFile(entry.name(), 0600)) {
              made.add(entry.name());
            }
          }
          return false;
        } catch (LinuxException e) {
          if (e.errno() == Errno.EEXIST) {
            return true;
          }
          throw e;
        } finally {
          for (byte[] name : made) {
            in.remove(name);
          }
        }
      } finally {
        handle.removeDirectory(temporary);
      }
    }
  }

  /** The same for all names that any file system could take for one, and for some others. */
  private static String key(byte[] name) {
    String text = Normalizer.normalize(new String(name, UTF_8), Normalizer.Form.NFKD);
    return text.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT);
  }
}
