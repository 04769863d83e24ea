package dev.godwit.sync.copy;

import dev.godwit.linux.Identity;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.attributes.OwnerException;
import dev.godwit.sync.attributes.Owners;
import dev.godwit.sync.attributes.Rights;
import dev.godwit.sync.attributes.XattrFilter;
import dev.godwit.sync.content.ChecksumChoice;
import dev.godwit.sync.content.ChecksumKind;
import dev.godwit.sync.filter.FilterException;
import dev.godwit.sync.filter.Filters;
import dev.godwit.sync.rules.Rules;
import org.jspecify.annotations.Nullable;

/**
 * What a side of a copy is put together from, made from the request: where that cannot be, the copy
 * does not begin.
 */
final class Parts {
  final Rules rules;
  final Filters filters;
  private final Rights rights;

  /** What the source does not hand out; null for what is usual. */
  private final @Nullable XattrFilter hiddenXattrs;

  /** What the target neither sets nor removes; null for what is usual. */
  private final @Nullable XattrFilter protectedXattrs;

  private final int mask;

  private Parts(Rules rules, Filters filters, Rights rights, int mask) {
    this.rules = rules;
    this.filters = filters;
    this.rights = rights;
    boolean hasOwn = filters.hasXattrRules();
    this.hiddenXattrs = hasOwn ? filters.source()::excludesXattr : null;
    this.protectedXattrs = hasOwn ? filters.target()::excludesXattr : null;
    this.mask = mask;
  }

  static Parts of(CopyRequest request) throws CopyException {
    Rules rules = request.rules();
    try {
      Filters filters = Filters.of(request.filters(), rules.filterSettings());
      return new Parts(rules, filters, Rights.of(rules), Identity.mask());
    } catch (FilterException e) {
      throw CopyException.of(e);
    } catch (IllegalArgumentException e) {
      throw new CopyException(CopyStatus.USAGE, String.valueOf(e.getMessage()));
    } catch (LinuxException e) {
      throw new CopyException(CopyStatus.FILE_IO, String.valueOf(e.getMessage()));
    }
  }

  /** For the source. */
  SourceAttributes attributes() throws CopyException {
    try {
      return new SourceAttributes(rules, rights, hiddenXattrs, mask);
    } catch (IllegalArgumentException e) {
      throw new CopyException(CopyStatus.USAGE, String.valueOf(e.getMessage()));
    }
  }

  /** Of content that stands on both sides, with --checksum. */
  ChecksumKind checksum() throws CopyException {
    try {
      ChecksumChoice choice = ChecksumChoice.parse(rules.checksumChoice);
      choice.needCompare();
      return choice.compare();
    } catch (IllegalArgumentException e) {
      throw new CopyException(CopyStatus.USAGE, String.valueOf(e.getMessage()));
    }
  }

  /** Who owns on the target what somebody owns at the source. */
  Owners owners(boolean isFar) throws CopyException {
    try {
      return isFar ? Owners.remote(rules) : Owners.local(rules);
    } catch (OwnerException | IllegalArgumentException e) {
      throw new CopyException(CopyStatus.USAGE, String.valueOf(e.getMessage()));
    }
  }

  /**
   * Which sums of files are of use to the target; null when none are.
   *
   * @param proposed by the source; null for none
   */
  @Nullable FileSums sums(FileSums.@Nullable Key proposed) {
    FileSums.Key key = proposed == null ? FileSums.Key.random() : proposed;
    return FileSums.of(rules, filters, rights.isRoot(), key);
  }

  /** For the target. */
  Inodes inodes(Owners owners, Report report) throws CopyException {
    try {
      return new Inodes(rules, rights, owners, protectedXattrs, mask, report);
    } catch (IllegalArgumentException e) {
      throw new CopyException(CopyStatus.USAGE, String.valueOf(e.getMessage()));
    }
  }
}
