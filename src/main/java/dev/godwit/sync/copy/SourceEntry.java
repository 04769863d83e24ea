package dev.godwit.sync.copy;

import dev.godwit.linux.FileStatus;
import dev.godwit.sync.attributes.Attributes;
import dev.godwit.sync.attributes.LargeValues;
import org.jspecify.annotations.Nullable;

/**
 * One name of the source that takes part in the copy, as the source saw it.
 *
 * @param status of the inode, behind a symbolic link that is followed
 * @param attributes what is kept of it
 * @param large gives values of extended attributes that were too large for a listing; null when
 *     none were
 * @param linkText of a symbolic link, as the source has it; otherwise empty
 * @param followed whether the name is a symbolic link that is followed
 * @param below of a directory: what is in it; null when it is not entered
 * @param removed that there is no such name at the source and the target shall not have it either
 * @param implied that it is only there because it leads to something (-R)
 * @param absolute that its path is shown with a '/' before it (-R)
 * @param place which of the listing's directories it is in
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record SourceEntry(
    byte[] name,
    Item.Kind kind,
    FileStatus status,
    Attributes attributes,
    @Nullable LargeValues large,
    byte[] linkText,
    boolean followed,
    @Nullable SourceDirectory below,
    boolean removed,
    boolean implied,
    boolean absolute,
    int place) {

  /** A file, with nothing besides. */
  static SourceEntry file(byte[] name, FileStatus status, Attributes attributes, int place) {
    return new SourceEntry(
        name,
        Item.Kind.FILE,
        status,
        attributes,
        null,
        Paths.NONE,
        false,
        null,
        false,
        false,
        false,
        place);
  }

  /** A name that is missing at the source and shall go from the target. */
  static SourceEntry removed(byte[] name, int place) {
    return new SourceEntry(
        name,
        Item.Kind.FILE,
        FileStatus.NONE,
        Attributes.of(FileStatus.NONE),
        null,
        Paths.NONE,
        false,
        null,
        true,
        false,
        false,
        place);
  }

  /**
   * A directory of the target that stays as it is.
   *
   * @param any of whatever directory
   */
  static SourceEntry standing(byte[] name, FileStatus any, int place) {
    return new SourceEntry(
        name,
        Item.Kind.DIRECTORY,
        any,
        Attributes.of(any),
        null,
        Paths.NONE,
        false,
        null,
        false,
        true,
        false,
        place);
  }

  /** The directory whose content goes into the target itself. */
  static SourceEntry self(FileStatus status, Attributes attributes) {
    return new SourceEntry(
        Paths.NONE,
        Item.Kind.DIRECTORY,
        status,
        attributes,
        null,
        Paths.NONE,
        false,
        null,
        false,
        false,
        false,
        0);
  }

  boolean isDirectory() {
    return kind == Item.Kind.DIRECTORY;
  }

  boolean isFile() {
    return kind == Item.Kind.FILE;
  }

  SourceEntry with(FileStatus newer, Attributes newerAttributes) {
    return new SourceEntry(
        name,
        kind,
        newer,
        newerAttributes,
        large,
        linkText,
        followed,
        below,
        removed,
        implied,
        absolute,
        place);
  }

  SourceEntry with(@Nullable SourceDirectory newBelow) {
    return new SourceEntry(
        name,
        kind,
        status,
        attributes,
        large,
        linkText,
        followed,
        newBelow,
        removed,
        implied,
        absolute,
        place);
  }

  static Item.Kind kindOf(FileStatus status) {
    if (status.isRegular()) {
      return Item.Kind.FILE;
    }
    if (status.isDirectory()) {
      return Item.Kind.DIRECTORY;
    }
    if (status.isSymbolicLink()) {
      return Item.Kind.SYMLINK;
    }
    return status.isDevice() ? Item.Kind.DEVICE : Item.Kind.SPECIAL;
  }
}
