package dev.godwit.sync;

import dev.godwit.sync.filter.FilterRule;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.util.List;

/**
 * What the target side is told first; the argument of the ability {@code sync.target}.
 *
 * @param root absolute path
 * @param createRoot whether a root that does not exist is made, with what is missing above it
 * @param delete whether names that the source does not have are removed
 * @param deleteMax how many names one session may remove; -1 for any number
 * @param filters as {@link Excludes} reads them; what they protect is never removed (H29)
 * @param dryRun compare and count, change nothing
 * @param treatment of what comes and what stands here
 */
@SuppressWarnings("ArrayRecordComponent") // the path is bytes; options are never compared
public record TargetOptions(
    byte[] root,
    boolean createRoot,
    boolean delete,
    long deleteMax,
    List<FilterRule> filters,
    boolean dryRun,
    Treatment treatment) {
  /** How many filter options are taken from a peer. */
  public static final int FILTERS_MAX = 10_000;

  static final int EXCLUDES_MAX = 10_000;
  static final int EXCLUDE_BYTES_MAX = 4096;

  public TargetOptions {
    filters = List.copyOf(filters);
  }

  /** As the longer one, with everything kept. */
  public TargetOptions(
      byte[] root,
      boolean createRoot,
      boolean delete,
      long deleteMax,
      List<FilterRule> filters,
      boolean dryRun) {
    this(root, createRoot, delete, deleteMax, filters, dryRun, Treatment.EXACT);
  }

  public byte[] encode() {
    MessageWriter message =
        new MessageWriter()
            .u8(Protocol.VERSION)
            .bytes(root)
            .bool(createRoot)
            .bool(delete)
            .u64(deleteMax)
            .list(filters, (m, filter) -> filter.write(m))
            .bool(dryRun);
    treatment.write(message);
    return message.toBytes();
  }

  static TargetOptions decode(byte[] argument) throws WireException {
    MessageReader reader = new MessageReader(argument);
    Protocol.checkVersion(reader.u8());
    TargetOptions options =
        new TargetOptions(
            reader.bytes(TreePath.BYTES_MAX),
            reader.bool(),
            reader.bool(),
            reader.u64(),
            reader.list(FILTERS_MAX, FilterRule::read),
            reader.bool(),
            Treatment.read(reader));
    reader.end();
    return options;
  }
}
