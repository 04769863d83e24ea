package dev.godwit.sync.copy;

import dev.godwit.linux.FileHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.content.Checksum;
import dev.godwit.sync.content.ChecksumChoice;
import dev.godwit.sync.content.ChecksumKind;
import dev.godwit.sync.content.FileContent;
import dev.godwit.sync.rules.Rules;
import org.jspecify.annotations.Nullable;

/** The checksums that items have where the user wants to see them ({@code %C}). */
final class Sums {
  private final Rules rules;
  private final ChecksumKind transfer;

  Sums(Rules rules) {
    this.rules = rules;
    this.transfer =
        rules.wantsSums ? ChecksumChoice.parse(rules.checksumChoice).transfer() : ChecksumKind.NONE;
  }

  /** The sum of a whole file. */
  static byte[] of(FileHandle file, ChecksumKind kind) throws LinuxException {
    Checksum checksum = kind.start();
    checksum.update(new FileContent(file), 0, Long.MAX_VALUE);
    return checksum.finish();
  }

  /** Notes the sum of content that has come whole. */
  void note(FileWork work) throws LinuxException {
    FileHandle file = work.file;
    if (isOfTransfer() && file != null) {
      work.sum = of(file, transfer);
    }
  }

  private boolean isOfTransfer() {
    return rules.wantsSums && !rules.checksum && transfer != ChecksumKind.NONE;
  }

  /**
   * The sum of an item: with --checksum that of every file, otherwise that of what was transferred,
   * which is nothing but zeros in a dry run (rsync(1)).
   *
   * @param work what was transferred; null for nothing
   */
  byte @Nullable [] of(
      TreeUpdate.Source source,
      TargetDirectory directory,
      SourceEntry entry,
      int change,
      @Nullable FileWork work) {
    Listing listing = directory.listing;
    if (!rules.wantsSums || !entry.isFile() || listing == null) {
      return null;
    }
    if (rules.checksum) {
      return source.sum(listing, entry);
    }
    if (!isOfTransfer() || (change & Change.TRANSFER) == 0) {
      return null;
    }
    byte[] known = work == null ? null : work.sum;
    return known == null ? new byte[transfer.bytes()] : known;
  }
}
