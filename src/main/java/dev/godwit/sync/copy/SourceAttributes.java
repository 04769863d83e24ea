package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Handle;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.attributes.AttributeReader;
import dev.godwit.sync.attributes.Attributes;
import dev.godwit.sync.attributes.LargeValues;
import dev.godwit.sync.attributes.Rights;
import dev.godwit.sync.attributes.XattrFilter;
import dev.godwit.sync.rules.Rules;
import org.jspecify.annotations.Nullable;

/** Reads what is kept of the source's inodes beside their content. Any thread. */
final class SourceAttributes {
  private final AttributeReader reader;
  private final boolean hasLists;
  private final boolean hasXattrs;

  /**
   * @throws IllegalArgumentException when --chmod is malformed, with a message for the user
   */
  SourceAttributes(Rules rules, Rights rights, @Nullable XattrFilter filter, int mask) {
    reader = new AttributeReader(rules, rights, filter, mask);
    hasXattrs = rules.xattrs;
    hasLists = rules.acls || rules.xattrs;
  }

  /** What a name stands for: with --fake-super that can be something else than it is. */
  FileStatus meant(DirectoryHandle directory, byte[] name, FileStatus real) throws LinuxException {
    return reader.meant(directory, name, real);
  }

  /**
   * @param followed whether the name is a symbolic link and what it leads to is meant
   */
  Attributes read(DirectoryHandle directory, byte[] name, FileStatus status, boolean followed)
      throws LinuxException {
    if (!followed || !hasLists) {
      return reader.read(directory, name, status);
    }
    if (!status.isDirectory() && !status.isRegular()) {
      return Attributes.of(status);
    }
    try (FileHandle behind = directory.openPathThroughLink(name)) {
      return reader.read(behind, status);
    }
  }

  /** Those of an inode that is open: what grants rights belongs to the content that is read. */
  Attributes read(Handle inode, FileStatus status) throws LinuxException {
    return reader.read(inode, status);
  }

  /** Whether there is more than what the status says. */
  boolean hasLists() {
    return hasLists;
  }

  @Nullable LargeValues large(DirectoryHandle directory, byte[] name) {
    return hasXattrs ? attribute -> reader.value(directory, name, attribute) : null;
  }
}
