package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Handle;
import dev.godwit.linux.Identity;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.attributes.AttributeKeeper;
import dev.godwit.sync.attributes.AttributeReader;
import dev.godwit.sync.attributes.Attributes;
import dev.godwit.sync.attributes.LargeValues;
import dev.godwit.sync.attributes.NotKept;
import dev.godwit.sync.attributes.OwnerException;
import dev.godwit.sync.attributes.Owners;
import dev.godwit.sync.attributes.Rights;
import dev.godwit.sync.rules.Rules;
import java.util.List;

/**
 * Backups that are copies, because the original lies on another file system or is written to in
 * place. What a backup made by rename(2) would have, such a one has too: owner, lists and
 * attributes, holes. It gets its name when all of it is known to be written; until then the
 * original stays.
 */
final class BackupCopies {
  private final TreeUpdate update;
  private final Rules asked;
  private final AttributeReader reader;
  private final AttributeKeeper keeper;

  BackupCopies(TreeUpdate update) throws LinuxException {
    this.update = update;
    this.asked = update.rules;
    Rules all = all(asked);
    Rights rights = Rights.of(all);
    int mask = Identity.mask();
    reader = new AttributeReader(all, rights, null, mask);
    try {
      keeper = new AttributeKeeper(all, rights, Owners.local(all), null, mask);
    } catch (OwnerException e) {
      throw new IllegalStateException(e); // nobody is mapped
    }
  }

  /**
   * Nothing is mapped or left out, and nothing stands for something else: with --fake-super, that
   * is in attributes which are copied as they are.
   */
  private static Rules all(Rules asked) {
    Rules.Builder all = new Rules.Builder().archive();
    all.acls = true; // without its list, the mode may give its group more than it had
    all.xattrs = true;
    all.systemXattrs = true;
    all.superUser = asked.superUser;
    all.numericIds = true;
    return all.build();
  }

  /**
   * Copies what stands at a name to a name where nothing stands.
   *
   * @param path of the original, to be shown
   * @throws LinuxException also ESTALE when it changed meanwhile; there is no backup then
   */
  void copy(byte[] path, DirectoryHandle in, byte[] name, DirectoryHandle to, byte[] as)
      throws LinuxException {
    byte[] temporary = update.temporaries.next();
    LargeValues large = attribute -> reader.value(in, name, attribute);
    try (FileHandle original = in.openPath(name)) {
      FileStatus status = original.status();
      if (status.isRegular()) {
        copyFile(path, original, status, to, temporary, large);
      } else {
        if (status.isSymbolicLink()) {
          to.makeSymbolicLink(temporary, in.readLink(name));
        } else {
          to.makeNode(temporary, status.mode() & FileStatus.TYPE | 0600, status.specialDevice());
        }
        try (FileHandle made = to.openPath(temporary)) {
          dress(path, made, reader.read(original, status), to, large);
        }
      }
      to.rename(temporary, as);
    } catch (LinuxException e) {
      Placement.discard(to, temporary);
      throw e;
    }
  }

  private void copyFile(
      byte[] path,
      FileHandle original,
      FileStatus status,
      DirectoryHandle to,
      byte[] temporary,
      LargeValues large)
      throws LinuxException {
    try (FileHandle from = original.reopenForReading();
        FileHandle file = to.createFile(temporary, 0600)) {
      long size = status.size();
      long copied = size;
      if (!from.cloneTo(file)) {
        copied =
            status.isSparse()
                ? Holes.copy(from, file, 0, size, false, false, Holes.Progress.NONE)
                : from.copyTo(file, 0, size, size);
      }
      Freshness.requireRead(from, status, copied);
      dress(path, file, reader.read(from, status), to, large);
      if (asked.fsync) {
        file.sync();
      }
      file.closeChecked();
    }
  }

  private void dress(
      byte[] path, Handle made, Attributes attributes, DirectoryHandle in, LargeValues large)
      throws LinuxException {
    List<NotKept> notKept =
        keeper.dress(made, attributes, made.status(), null, keeper.inherited(in), large);
    for (NotKept one : notKept) {
      if (one.bit() == Change.ACL) {
        // The mode that goes with the list would give more than the list.
        made.setPermissions(attributes.withoutAcls().permissions());
      }
      if (isAsked(one.bit())) {
        update.report.failure(CopyStatus.PARTIAL, path, "its backup: " + one, one.cause().errno());
      }
    }
  }

  private boolean isAsked(int bit) {
    return switch (bit) {
      case Change.ACL -> asked.acls;
      case Change.XATTR -> asked.xattrs;
      default -> true;
    };
  }
}
