package dev.godwit.sync.copy;

import dev.godwit.sync.Removals;
import dev.godwit.sync.filter.FilterException;
import dev.godwit.sync.filter.FilterRule;
import dev.godwit.sync.filter.FilterScope;
import dev.godwit.sync.filter.Filters;
import dev.godwit.sync.rules.Deletion;
import dev.godwit.sync.rules.Rules;
import dev.godwit.sync.rules.RulesText;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.util.ArrayList;
import java.util.List;

/**
 * What a series of copies makes equal, and how: the content of a directory with the content of
 * another one. Each side gets it from the controller, as the first of its channel.
 *
 * @param copy one source, without a '/' at its end; the target is made if it is missing
 * @param removals when names are removed, where the rules let any go
 * @param removedPercentMax the share of the target's names that may go within ten minutes; 100 for
 *     any
 * @param trashSeconds how long the trash of the rules keeps what is in it
 */
public record SeriesRequest(
    CopyRequest copy, Removals removals, int removedPercentMax, long trashSeconds) {
  /** Everything as at the source, without limits. */
  public static SeriesRequest exact(byte[] source, byte[] target, List<FilterRule> filters) {
    return of(source, target, filters, exactRules().build(), Removals.ALL, 100, 0);
  }

  /** All that an inode has, and nothing else on the target. */
  public static Rules.Builder exactRules() {
    Rules.Builder rules = new Rules.Builder();
    rules.recursive = true;
    rules.links = true;
    rules.hardLinks = true;
    rules.permissions = true;
    rules.acls = true;
    rules.xattrs = true;
    rules.owner = true;
    rules.group = true;
    rules.devices = true;
    rules.specials = true;
    rules.times = true;
    rules.numericIds = true;
    rules.deletion = Deletion.DURING;
    return rules;
  }

  /**
   * @param rules what concerns arguments, items and passes apart from the copy has no meaning here
   */
  public static SeriesRequest of(
      byte[] source,
      byte[] target,
      List<FilterRule> filters,
      Rules rules,
      Removals removals,
      int removedPercentMax,
      long trashSeconds) {
    return new SeriesRequest(
        new CopyRequest(ofSeries(rules), List.of(source), target, null, filters),
        removals,
        removedPercentMax,
        trashSeconds);
  }

  /** The rules without what only makes sense for a whole copy. */
  private static Rules ofSeries(Rules rules) {
    Rules.Builder ours = RulesText.copy(rules);
    ours.recursive = true;
    ours.impliedDirectories = false;
    ours.oneFileSystem = false; // mounts are known by themselves, and told
    ours.skipMountPoints = false;
    ours.wantsItems = false;
    ours.tellsRulings = false; // each name is decided over again and again
    ours.detectRenames = false;
    ours.delayUpdates = false;
    ours.deletion = rules.deletes() ? Deletion.DURING : Deletion.NONE;
    ours.deleteMax = -1;
    ours.deleteShareMax = 1;
    if (ours.modifyWindowSeconds == 0) {
      ours.modifyWindowSeconds = -1; // what was written twice in a second differs
    }
    return ours.build();
  }

  /** The same for two directories of one host: there is no line that less should go over. */
  public SeriesRequest withinOneHost() {
    Rules.Builder rules = RulesText.copy(copy.rules());
    rules.wholeFile = rules.wholeFile == null || rules.wholeFile;
    rules.compress = false;
    return with(rules.build(), copy.filters());
  }

  private SeriesRequest with(Rules rules, List<FilterRule> filters) {
    return new SeriesRequest(
        new CopyRequest(rules, copy.sources(), copy.target(), copy.files(), filters),
        removals,
        removedPercentMax,
        trashSeconds);
  }

  /** The same with the filter files of this host read. */
  public SeriesRequest resolved() throws WireException {
    try {
      Filters read = Filters.of(copy.filters(), copy.rules().filterSettings());
      if (read.hasDirMerges()) {
        throw new WireException("filter files in the tree itself cannot be used here");
      }
      return with(copy.rules(), read.resolved());
    } catch (FilterException e) {
      throw new WireException(String.valueOf(e.getMessage()), e);
    }
  }

  byte[] source() {
    return copy.sources().getFirst();
  }

  /**
   * What both sides go by: the filters that were asked for, and what keeps {@link KeptFolders} out
   * before them, where no "!" of theirs clears it.
   */
  CopyRequest guarded() {
    List<FilterRule> all = new ArrayList<>(KeptFolders.excluded(copy.rules(), copy.target()));
    all.addAll(copy.filters());
    return with(copy.rules(), all).copy();
  }

  /**
   * The paths from the root on at which something of the source takes no part although no filter
   * says so: {@link KeptFolders} are there on the target.
   */
  List<byte[]> takenByTarget() throws FilterException {
    FilterScope asked = Filters.of(copy.filters(), copy.rules().filterSettings()).source(source());
    return KeptFolders.names(copy.rules(), copy.target()).stream()
        .filter(names -> !asked.excludesAt(names))
        .map(Paths::joined)
        .toList();
  }

  /** Sends it to a side, before anything else. */
  public void send(Channel channel) throws WireException {
    RequestMessages.send(copy, channel);
    new MessageWriter()
        .u8(Messages.REQUEST)
        .u8(removals.ordinal())
        .u32(removedPercentMax)
        .u64(trashSeconds)
        .sendTo(channel);
  }

  public static SeriesRequest receive(Channel channel) throws WireException {
    CopyRequest copy = RequestMessages.receive(channel);
    byte[] message = channel.receive();
    if (message == null) {
      throw new WireException("the controller ended before it had asked for anything");
    }
    MessageReader reader = new MessageReader(message);
    int type = reader.u8();
    if (type != Messages.REQUEST) {
      throw Messages.unexpected(type, "controller");
    }
    int removals = reader.u8();
    if (removals >= Removals.values().length) {
      throw CompactReader.malformed("removals " + removals);
    }
    SeriesRequest request =
        new SeriesRequest(
            copy, Removals.values()[removals], reader.count(100), Math.max(0, reader.u64()));
    reader.end();
    if (copy.sources().size() != 1 || copy.files() != null) {
      throw CompactReader.malformed("a series of copies has one source");
    }
    return request;
  }
}
