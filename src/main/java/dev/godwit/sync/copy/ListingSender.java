package dev.godwit.sync.copy;

import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.attributes.Attributes;
import dev.godwit.sync.rules.Rules;
import dev.godwit.wire.Channel;
import dev.godwit.wire.WireException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Sends the target what directories of the source hold. One thread at a time. */
final class ListingSender {
  private final Channel channel;
  private final Rules rules;
  private final OwnerNotes owners;
  private final Report report;
  private final CompactWriter message = new CompactWriter(CompactWriter.SMALL_BYTES);

  /** Of those who own something in the listing that is sent next. */
  private final CompactWriter names = new CompactWriter(256);

  private final @Nullable Overseer overseer;

  private final LinkNumbers links = new LinkNumbers();

  /** Sends the content of a file of the listing that is being sent. */
  interface Offers {
    void offer(int index) throws WireException, InterruptedException;
  }

  /**
   * @param overseer of a series of copies; else null
   */
  ListingSender(
      Channel channel, Rules rules, OwnerNotes owners, Report report, @Nullable Overseer overseer) {
    this.overseer = overseer;
    this.channel = channel;
    this.rules = rules;
    this.owners = owners;
    this.report = report;
  }

  /**
   * Looks up who owns something in a listing; to be called right before it is sent.
   *
   * @return without its entries when that cannot be said
   */
  PreparedListing prepare(PreparedListing prepared) {
    names.reset();
    FileSums.Told sum = prepared.sum();
    List<Attributes> all = new ArrayList<>(sum == null ? List.of() : sum.owners());
    Attributes last = null;
    for (SourceEntry entry : prepared.listing().entries()) {
      Attributes next = entry.attributes();
      if (!entry.removed() && !(last != null && isOwnedAsBefore(next, last))) {
        all.add(next);
        last = next;
      }
    }
    try {
      owners.write(names, all);
      return prepared;
    } catch (LinuxException e) {
      // Whoever owns something here is not known: it might be given to somebody else (H11).
      SourceDirectory directory = prepared.listing().directory();
      report.sourceError(RemovalOrder.stoppedFrom(rules, directory));
      report.failure(
          CopyStatus.PARTIAL,
          directory.path(),
          "an owner in it cannot be looked up: " + e.reason() + ". Nothing in it is copied");
      names.reset().number(0);
      return prepared.without();
    }
  }

  private static boolean isOwnedAsBefore(Attributes next, Attributes last) {
    return next.uid() == last.uid()
        && next.gid() == last.gid()
        && next.acl() == null
        && next.defaultAcl() == null;
  }

  /**
   * Sends a listing in parts, with what is told of its entries apart from them.
   *
   * @param offers has small files sent that will be wanted; null where nothing is sent unasked
   */
  void send(int number, PreparedListing prepared, @Nullable Offers offers)
      throws WireException, InterruptedException {
    Listing listing = prepared.listing();
    byte[][] sums = prepared.sums();
    List<SourceEntry> all = listing.entries();
    boolean hasValues = !prepared.values().isEmpty();
    BitSet suspects = suspects(listing);
    BitSet renamed = renamed(listing);
    // The places of a listing with a sum may be others in the one that follows it.
    boolean mayOffer = offers != null && prepared.sum() == null;
    BitSet offered = mayOffer ? offered(listing) : new BitSet();
    if (listing.directory().leavesMissing()) {
      message.reset().u8(Messages.LEAVES_MISSING).number(number).sendLazilyTo(channel);
    }
    int at = 0;
    boolean isLast;
    if (overseer != null && overseer.isReplaced(listing.directory().path())) {
      message.reset().u8(Messages.REPLACED).number(number).sendLazilyTo(channel);
    }
    do {
      message.reset().u8(Messages.LISTING).number(number);
      int head = message.length();
      message.u8(0).bool(listing.isContent()).bool(listing.isComplete());
      message.raw(names.array(), 0, names.length());
      names.reset().number(0);
      FileSums.Told sum = at == 0 ? prepared.sum() : null;
      message.bool(sum != null);
      if (sum != null) {
        sum.write(message);
      }
      int counted = message.length();
      message.u32(0);
      EntryRecords records = new EntryRecords(rules);
      int from = at;
      while (at < all.size() && message.length() < Messages.PART_BYTES) {
        SourceEntry entry = all.get(at);
        records.write(message, entry, rules.hardLinks ? links.number(entry) : 0);
        if (rules.checksum && entry.isFile()) {
          message.bytes(sums == null ? Paths.NONE : sums[at]);
        }
        at++;
      }
      isLast =
          at == all.size()
              && !hasValues
              && suspects.isEmpty()
              && renamed.isEmpty()
              && offered.isEmpty();
      message.array()[head] = (byte) (isLast ? 1 : 0);
      message.set(counted, at - from);
      message.sendLazilyTo(channel); // many are short
      if (at == all.size() && hasValues) {
        sendValues(number, prepared.values());
        hasValues = false;
      }
      if (at == all.size() && !suspects.isEmpty()) {
        sendSuspects(number, suspects);
        suspects.clear();
      }
      if (at == all.size() && !renamed.isEmpty()) {
        sendCameFrom(number, listing, renamed);
        renamed.clear();
      }
      if (at == all.size() && offers != null) {
        for (int i = offered.nextSetBit(0); i >= 0; i = offered.nextSetBit(i + 1)) {
          offers.offer(i);
        }
        offered.clear();
      }
    } while (!isLast);
  }

  /** The files of a look that are in doubt (H19). */
  private static BitSet suspects(Listing listing) {
    BitSet suspects = new BitSet();
    List<SourceDirectory.Part> parts = listing.directory().parts();
    if (!parts.isEmpty() && parts.getFirst() instanceof SourceDirectory.Looked looked) {
      List<SourceEntry> entries = listing.entries();
      for (int i = 0; i < entries.size(); i++) {
        suspects.set(i, entries.get(i).isFile() && looked.isSuspect(entries.get(i)));
      }
    }
    return suspects;
  }

  private void sendSuspects(int number, BitSet suspects) throws WireException {
    int at = suspects.nextSetBit(0);
    while (at >= 0) {
      int last = -1; // each message counts from the beginning
      message.reset().u8(Messages.SUSPECTS).number(number);
      for (; at >= 0 && message.length() < Messages.PART_BYTES; at = suspects.nextSetBit(at + 1)) {
        message.number(at - last - 1);
        last = at;
      }
      message.sendLazilyTo(channel); // the listing goes on
    }
  }

  /** The files of a look that the target may have under other names. */
  private static BitSet renamed(Listing listing) {
    BitSet renamed = new BitSet();
    List<SourceEntry> entries = listing.entries();
    for (int i = 0; i < entries.size(); i++) {
      renamed.set(i, listing.directory().cameFrom(entries.get(i)) != null);
    }
    return renamed;
  }

  /**
   * The small files that were written, or put in the place of others, as far as is known: nearly
   * always they are not on the target yet.
   */
  private static BitSet offered(Listing listing) {
    BitSet offered = new BitSet();
    List<SourceDirectory.Part> parts = listing.directory().parts();
    if (parts.isEmpty() || !(parts.getFirst() instanceof SourceDirectory.Looked looked)) {
      return offered;
    }
    List<SourceEntry> entries = listing.entries();
    for (int i = 0; i < entries.size(); i++) {
      SourceEntry entry = entries.get(i);
      FileStatus status = entry.status();
      offered.set(
          i,
          looked.isWritten(entry)
              && status.links() == 1 // another name may bring it, or has
              && !status.isSparse()
              && status.size() < ContentRecords.OFFERED_FILE_MAX);
    }
    return offered;
  }

  private void sendCameFrom(int number, Listing listing, BitSet renamed) throws WireException {
    int at = renamed.nextSetBit(0);
    while (at >= 0) {
      int last = -1; // each message counts from the beginning
      message.reset().u8(Messages.CAME_FROM).number(number);
      for (; at >= 0 && message.length() < Messages.PART_BYTES; at = renamed.nextSetBit(at + 1)) {
        OldName from =
            java.util.Objects.requireNonNull(
                listing.directory().cameFrom(listing.entries().get(at)));
        message.number(at - last - 1).bool(from.isExchanged()).bytes(from.path());
        last = at;
      }
      message.sendTo(channel);
    }
  }

  private void sendValues(int number, List<PreparedListing.Value> values) throws WireException {
    for (PreparedListing.Value one : values) {
      message.reset().u8(Messages.VALUES).number(number).number(one.index());
      message.bytes(one.attribute()).bytes(one.value()).sendTo(channel);
    }
  }

  /**
   * Everything was listed.
   *
   * @param again what several arguments have, each time but the first
   */
  void listed(long directories, long entries, Tally again) throws WireException {
    message.reset().u8(Messages.LISTED).number(directories).number(entries);
    StatisticsFields.kinds(message, again.seen.kinds());
    message.number(again.sizeSum.sum()).sendTo(channel);
  }
}
