package dev.godwit.sync.copy;

import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.sync.attributes.Attributes;
import dev.godwit.sync.attributes.OwnerException;
import dev.godwit.sync.rules.InfoFlag;
import dev.godwit.sync.rules.Rules;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Which of the source's names are copied at all, by the rules; says why others are not. */
final class Selection {
  private final TreeUpdate update;
  private final Rules rules;
  private final Report report;
  private final Inodes inodes;

  Selection(TreeUpdate update) {
    this.update = update;
    this.rules = update.rules;
    this.report = update.report;
    this.inodes = update.inodes;
  }

  /** The entry with the owners that it has here; null when it cannot be said who (H11). */
  @Nullable SourceEntry owned(TargetDirectory directory, SourceEntry entry) {
    try {
      Attributes here = inodes.wanted(entry.attributes(), directory.before);
      return here == entry.attributes() ? entry : entry.with(entry.status(), here);
    } catch (OwnerException e) {
      report.failure(
          CopyStatus.PARTIAL, directory.shown(entry), e.getMessage() + ". It was not copied");
      return null;
    }
  }

  /** Whether something is done about a name that is no directory. */
  boolean takes(Pair pair) throws LinuxException {
    return !isPassedOver(pair) && isCopied(pair) && !isPassedOverAsFile(pair);
  }

  private boolean isPassedOver(Pair pair) throws LinuxException {
    FileStatus existing = pair.existing();
    if (rules.existingOnly && existing == null) {
      skips("not creating new file \"" + shown(pair) + "\"");
      return true;
    }
    if (rules.ignoreExisting && existing != null) {
      String reason = rules.wantsSkipReasons ? " (" + difference(pair, existing) + ")" : "";
      skips(shown(pair) + " exists" + reason);
      return true;
    }
    return false;
  }

  /** How what stands differs from the source, in rsync's words. */
  private String difference(Pair pair, FileStatus existing) throws LinuxException {
    SourceEntry entry = pair.entry();
    if (existing.mode() >> 12 != entry.status().mode() >> 12) {
      return "type change";
    }
    boolean isSameContent =
        switch (entry.kind()) {
          case FILE ->
              update.files.isEqual(pair.in(), pair.name(), pair.listing(), entry, existing);
          case SYMLINK ->
              Arrays.equals(
                  update.placement.linkText(pair.directory(), pair.name()), entry.linkText());
          case DEVICE, SPECIAL -> existing.specialDevice() == entry.status().specialDevice();
          case DIRECTORY -> true;
        };
    if (!isSameContent) {
      return rules.checksum ? "sum change" : "file change";
    }
    return inodes.differences(pair, existing, false) == 0 ? "uptodate" : "attr change";
  }

  /** Whether it is passed over whatever stands at the target: that need not be looked at then. */
  boolean isForNone(SourceEntry entry) {
    return !rules.existingOnly && !rules.ignoreExisting && !isOfKindCopied(entry);
  }

  /** Whether something of this kind is copied at all. */
  private boolean isOfKindCopied(SourceEntry entry) {
    return switch (entry.kind()) {
      case SYMLINK -> rules.links;
      case DEVICE -> rules.devices && !rules.dropSpecials && (inodes.isRoot() || rules.fakeSuper);
      case SPECIAL -> rules.specials && !rules.dropSpecials;
      case FILE, DIRECTORY -> true;
    };
  }

  private boolean isCopied(Pair pair) {
    SourceEntry entry = pair.entry();
    if (!isOfKindCopied(entry)) {
      report.note(
          InfoFlag.NONREG,
          1,
          "skipping non-regular file \""
              + Names.display(Paths.join(pair.directory().path, entry.name()))
              + "\"");
      return false;
    }
    if (entry.kind() != Item.Kind.SYMLINK || !rules.safeLinks) {
      return true;
    }
    byte[] path = pair.shown();
    if (!SymbolicLinks.isUnsafe(entry.linkText(), path)) {
      return true;
    }
    report.note(
        InfoFlag.SYMSAFE,
        1,
        "ignoring unsafe symlink \""
            + Names.display(path)
            + "\" -> \""
            + Names.display(entry.linkText())
            + "\"");
    return false;
  }

  private boolean isPassedOverAsFile(Pair pair) {
    if (!pair.entry().isFile()) {
      return false;
    }
    FileStatus source = pair.entry().status();
    FileStatus existing = pair.existing();
    if (source.size() > rules.sizeMax) {
      skips(shown(pair) + " is over max-size");
      return true;
    }
    if (source.size() < rules.sizeMin) {
      skips(shown(pair) + " is under min-size");
      return true;
    }
    if (existing != null && isNewer(existing, source)) {
      skips(shown(pair) + " is newer");
      return true;
    }
    return false;
  }

  private boolean isNewer(FileStatus existing, FileStatus source) {
    return rules.update
        && existing.isRegular()
        && existing.mtimeSeconds() - source.mtimeSeconds()
            > -Math.max(0, rules.modifyWindowSeconds); // as rsync: what counts as equal too
  }

  /** Whether what has come to a name meanwhile stays there, and what was made for it goes. */
  boolean keeps(FileStatus existing, FileStatus made) {
    return rules.ignoreExisting || made.isRegular() && isNewer(existing, made);
  }

  private void skips(String what) {
    report.note(InfoFlag.SKIP, 1, what);
  }

  private static String shown(Pair pair) {
    return Names.display(pair.shown());
  }
}
