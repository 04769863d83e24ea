package dev.godwit.sync.copy;

import dev.godwit.linux.FileStatus;

/** Tells what of the source takes part, in the order of the tree (--list-only). */
final class NameTeller {
  private final Lister lister;
  private final SourceAttributes attributes;
  private final Report report;
  private final Tally tally;

  NameTeller(Lister lister, SourceAttributes attributes, Report report, Tally tally) {
    this.lister = lister;
    this.attributes = attributes;
    this.report = report;
    this.tally = tally;
  }

  void tell(SourceArguments arguments, SourceDirectory top) {
    FileStatus self = arguments.self();
    if (self != null) {
      int mode = arguments.selfAttributes(attributes, report).mode();
      tell(Item.Kind.DIRECTORY, Paths.HERE, mode, self, Paths.NONE);
    }
    tell(top);
  }

  private void tell(SourceDirectory directory) {
    Listing listing = lister.list(directory);
    listing.close();
    for (SourceEntry entry : listing.entries()) {
      byte[] path = Paths.join(directory.path(), entry.name());
      int mode = entry.removed() ? entry.status().mode() : entry.attributes().mode();
      tell(entry.kind(), path, mode, entry.status(), entry.linkText());
      SourceDirectory below = entry.below();
      if (below != null) {
        tell(below);
      }
    }
  }

  private void tell(Item.Kind kind, byte[] path, int mode, FileStatus status, byte[] text) {
    tally.seen.add(kind);
    if (kind == Item.Kind.FILE || kind == Item.Kind.SYMLINK) {
      tally.sizeSum.add(status.size());
    }
    report.item(
        new Item(
            Change.NONE,
            path,
            kind,
            mode,
            status.uid(),
            status.gid(),
            status.size(),
            status.mtimeSeconds(),
            status.mtimeNanos(),
            status.specialDevice(),
            kind == Item.Kind.SYMLINK ? text : null,
            0,
            0,
            status.atimeSeconds(),
            -1,
            null));
  }
}
