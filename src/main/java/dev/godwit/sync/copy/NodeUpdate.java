package dev.godwit.sync.copy;

import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.rules.Rules;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Symbolic links, devices and special files: put right, or made anew. Any thread. */
final class NodeUpdate {
  private final TreeUpdate update;
  private final Rules rules;
  private final Inodes inodes;
  private final Placement placement;
  private final Outcomes outcomes;

  NodeUpdate(TreeUpdate update) {
    this.update = update;
    this.rules = update.rules;
    this.inodes = update.inodes;
    this.placement = update.placement;
    this.outcomes = update.outcomes;
  }

  void symbolicLink(Pair pair) throws LinuxException {
    byte[] text = pair.entry().linkText();
    FileStatus standing = pair.standing();
    boolean isSame =
        standing != null
            && !update.isSharedHereOnly(pair.entry(), standing)
            && Arrays.equals(placement.linkText(pair.directory(), pair.name()), text);
    update(pair, isSame, text, (in, at) -> placement.makeSymbolicLink(in, at, text));
  }

  void node(Pair pair) throws LinuxException {
    FileStatus source = pair.entry().status();
    FileStatus standing = pair.standing();
    boolean isSame =
        standing != null
            && !update.isSharedHereOnly(pair.entry(), standing)
            && (standing.mode() & FileStatus.TYPE) == (source.mode() & FileStatus.TYPE)
            && (pair.entry().kind() != Item.Kind.DEVICE
                || standing.specialDevice() == source.specialDevice());
    update(pair, isSame, null, (in, at) -> placement.makeNode(in, at, source));
  }

  /**
   * @param isSame whether what stands is it, but for its attributes
   * @param text of a link
   */
  private void update(Pair pair, boolean isSame, byte @Nullable [] text, Placement.Maker maker)
      throws LinuxException {
    SourceEntry entry = pair.entry();
    FileStatus standing = pair.standing();
    int change;
    if (standing != null && isSame) {
      change = inodes.differences(pair, standing, false);
      if ((change != 0 || inodes.needsExactTime(entry, standing)) && !rules.dryRun) {
        placement.adjust(pair.directory(), entry, standing, change);
      }
      if (entry.kind() != Item.Kind.SYMLINK) {
        change = inodes.told(change, entry, standing);
      }
      outcomes.stands(pair, standing);
    } else {
      // As rsync has it, what is in the way of something that is no file hides the basis.
      if (pair.existing() == null && update.basis.provides(pair)) {
        return;
      }
      change = makeAnew(pair, maker);
      outcomes.came(pair.directory(), entry, pair.existing());
    }
    outcomes.made(change, entry.kind());
    outcomes.told(pair, change, text);
    outcomes.removeSource(pair);
  }

  /**
   * Makes what does not stand, or in the place of something else.
   *
   * @return what is told of it
   */
  private int makeAnew(Pair pair, Placement.Maker maker) throws LinuxException {
    SourceEntry entry = pair.entry();
    FileStatus existing = pair.existing();
    FileStatus standing = pair.standing();
    int change = Change.LOCAL;
    if (standing != null) {
      change |= inodes.differencesOfMade(pair.in(), pair.name(), entry, standing);
    } else {
      change |= existing == null ? update.basis.ofMade(pair) : Change.NEW;
    }
    if (existing != null && existing.isDirectory()) {
      placement.makeWay(pair.directory(), entry, existing);
    }
    if (rules.dryRun) {
      if (existing != null && !existing.isDirectory()) {
        placement.backups().tell(pair.directory().path, pair.name());
      }
      outcomes.stands(pair, entry.status());
    } else {
      outcomes.stands(pair, placement.make(pair.directory(), entry, existing, maker));
    }
    return change;
  }
}
