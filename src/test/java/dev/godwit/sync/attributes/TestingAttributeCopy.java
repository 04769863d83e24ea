package dev.godwit.sync.attributes;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Identity;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.sync.copy.Change;
import dev.godwit.sync.copy.Item;
import dev.godwit.sync.rules.Rules;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * As much of a copy as it takes to see attributes kept: the names of one directory, each either
 * replaced or adjusted, on this host. Prints what it did as {@code rsync -i} does.
 */
final class TestingAttributeCopy {
  private static final byte[] TEMPORARY = Names.of(".temporary");

  private final Rules rules;
  private final AttributeReader reader;
  private final AttributeKeeper keeper;
  private final Rights rights;
  final List<String> items = new ArrayList<>();
  final List<NotKept> notKept = new ArrayList<>();

  TestingAttributeCopy(Rules source, Rules target) throws LinuxException, OwnerException {
    int mask = Identity.mask();
    rules = target;
    reader = new AttributeReader(source, Rights.of(source), null, mask);
    rights = Rights.of(target);
    keeper = new AttributeKeeper(target, rights, Owners.local(target), null, mask);
  }

  /** In a process of its own, for another user: rules as options, then source and target. */
  public static void main(String[] args) throws Exception {
    List<String> options = Arrays.asList(args).subList(0, args.length - 2);
    TestingAttributeCopy copy = new TestingAttributeCopy(rules(options), rules(options));
    copy.copy(args[args.length - 2], args[args.length - 1]);
    copy.items.forEach(System.out::println);
    copy.notKept.forEach(System.out::println);
  }

  /** The options that this test uses, as rsync reads them. */
  static Rules rules(List<String> options) {
    Rules.Builder rules = new Rules.Builder();
    for (String option : options) {
      String value = option.substring(option.indexOf('=') + 1);
      switch (option.startsWith("--") ? option.split("=", 2)[0] : option) {
        case "-a" -> rules.archive();
        case "-rlD" -> {
          rules.recursive = true;
          rules.links = true;
          rules.devices = true;
          rules.specials = true;
        }
        case "-p" -> rules.permissions = true;
        case "-E" -> rules.executability = true;
        case "-t" -> rules.times = true;
        case "-o" -> rules.owner = true;
        case "-g" -> rules.group = true;
        case "-A" -> {
          rules.acls = true;
          rules.permissions = true;
        }
        case "-X" -> rules.xattrs = true;
        case "-XX" -> {
          rules.xattrs = true;
          rules.systemXattrs = true;
        }
        case "-U" -> rules.accessTimes = true;
        case "-O" -> rules.omitDirectoryTimes = true;
        case "-J" -> rules.omitLinkTimes = true;
        case "-@-1" -> rules.modifyWindowSeconds = -1;
        case "-@2" -> rules.modifyWindowSeconds = 2;
        case "-n" -> rules.dryRun = true;
        case "--numeric-ids" -> rules.numericIds = true;
        case "--no-super" -> rules.superUser = false;
        case "--super" -> rules.superUser = true;
        case "--fake-super" -> rules.fakeSuper = true;
        case "--chmod" -> rules.chmod = List.of(value);
        case "--usermap" -> {
          rules.userMap = value;
          rules.owner = true;
        }
        case "--groupmap" -> {
          rules.groupMap = value;
          rules.group = true;
        }
        default -> throw new IllegalArgumentException(option);
      }
    }
    return rules.build();
  }

  void copy(String source, String target) throws Exception {
    try (DirectoryHandle from = DirectoryHandle.open(Names.of(source));
        DirectoryHandle to = DirectoryHandle.open(Names.of(target))) {
      List<byte[]> names = new ArrayList<>();
      for (DirectoryEntry entry : from.entries()) {
        names.add(entry.name());
      }
      names.sort(Arrays::compareUnsigned);
      for (byte[] name : names) {
        entry(from, to, name);
      }
    }
  }

  private void entry(DirectoryHandle from, DirectoryHandle to, byte[] name) throws Exception {
    FileStatus status = reader.meant(from, name, Objects.requireNonNull(from.status(name)));
    Attributes wanted;
    try {
      wanted = keeper.mapped(reader.read(from, name, status));
    } catch (OwnerException e) {
      items.add("not copied " + Names.display(name) + ": " + e.getMessage());
      return;
    }
    if (wanted.isDevice() && !rights.isRoot()) {
      return;
    }
    FileStatus real = to.status(name);
    FileStatus existing = real == null ? null : keeper.meant(to, name, real);
    if (existing != null && (existing.mode() ^ wanted.mode()) >>> 12 != 0) {
      throw new IllegalArgumentException("another type stands at " + Names.display(name));
    }
    boolean isFresh = existing == null || isReplaced(wanted, status, existing);
    int bits =
        existing == null ? Change.NEW : keeper.differences(to, name, wanted, existing, isFresh);
    if (existing != null && isFresh) {
      bits |= status.size() != existing.size() ? Change.SIZE : 0;
      bits |= keeper.keepsTime(wanted) ? 0 : Change.TIME_OF_TRANSFER;
    }
    if (isFresh) {
      bits |= wanted.isRegular() ? Change.TRANSFER : Change.LOCAL;
    }
    if (!rules.dryRun) {
      act(from, to, name, wanted, status, existing, bits, isFresh);
    }
    int told = existing == null || isFresh ? bits : keeper.told(bits, wanted, existing);
    if (told != 0) {
      items.add(item(name, wanted, told));
    }
  }

  private boolean isReplaced(Attributes wanted, FileStatus status, FileStatus existing) {
    return wanted.isRegular()
        && (status.size() != existing.size()
            || !keeper.isSameTime(
                status.mtimeSeconds(),
                status.mtimeNanos(),
                existing.mtimeSeconds(),
                existing.mtimeNanos()));
  }

  private void act(
      DirectoryHandle from,
      DirectoryHandle to,
      byte[] name,
      Attributes wanted,
      FileStatus status,
      @Nullable FileStatus existing,
      int bits,
      boolean isFresh)
      throws LinuxException {
    LargeValues large = attribute -> reader.value(from, name, attribute);
    if (existing != null && !isFresh) {
      if (bits != 0) {
        try (FileHandle inode = open(to, name, wanted)) {
          notKept.addAll(keeper.adjust(inode, wanted, existing, bits, large));
        }
      }
      return;
    }
    byte[] at = existing == null ? name : TEMPORARY;
    make(from, to, name, at, wanted, status);
    try (FileHandle inode = open(to, at, wanted)) {
      FileStatus now = inode.status();
      notKept.addAll(keeper.dress(inode, wanted, now, existing, keeper.inherited(to), large));
    }
    if (at != name) {
      to.rename(at, name);
    }
  }

  /** Regular files as what their content is written through, everything else for its path. */
  private FileHandle open(DirectoryHandle to, byte[] name, Attributes wanted)
      throws LinuxException {
    FileStatus seen = Objects.requireNonNull(to.status(name));
    return wanted.isRegular() && Identity.isRoot()
        ? to.openForUpdate(name)
        : to.openPath(name, seen);
  }

  private void make(
      DirectoryHandle from,
      DirectoryHandle to,
      byte[] name,
      byte[] at,
      Attributes wanted,
      FileStatus status)
      throws LinuxException {
    if (wanted.isDirectory()) {
      to.makeDirectory(at, 0700);
    } else if (wanted.isSymbolicLink()) {
      byte[] text = from.readLink(name);
      if (rights.isFake()) {
        try (FileHandle file = to.createFile(at, 0600)) {
          file.write(text, 0, text.length);
        }
      } else {
        to.makeSymbolicLink(at, text);
      }
    } else if (wanted.isRegular()) {
      try (FileHandle source = from.openForReading(name, true);
          FileHandle file = to.createFile(at, 0600)) {
        source.copyTo(file, 0, Long.MAX_VALUE, status.size());
      }
    } else if (rights.isFake()) {
      to.createFile(at, 0600).close();
    } else {
      to.makeNode(at, wanted.mode() & FileStatus.TYPE | 0600, wanted.specialDevice());
    }
  }

  private static String item(byte[] name, Attributes wanted, int bits) {
    Item.Kind kind =
        wanted.isDirectory()
            ? Item.Kind.DIRECTORY
            : wanted.isRegular()
                ? Item.Kind.FILE
                : wanted.isSymbolicLink()
                    ? Item.Kind.SYMLINK
                    : wanted.isDevice() ? Item.Kind.DEVICE : Item.Kind.SPECIAL;
    return new Change(bits).letters(kind, false)
        + " "
        + Names.display(name)
        + (wanted.isDirectory() ? "/" : "");
  }
}
