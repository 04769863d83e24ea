package dev.godwit.forward.gate;

import dev.godwit.forward.PortGroup;
import dev.godwit.host.DurableFile;
import dev.godwit.host.KeptDirectory;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * That a gate holds, and with what it was captured, in a file from before the hold until it has
 * ended: its services may have been stopped meanwhile, and its lease dies with it. A gate that is
 * started where such a file lies puts the services back.
 *
 * @param wayBack as it was captured with
 * @param next whom a hold is for; null when that host starts nothing before it is released to
 */
@SuppressWarnings("ArrayRecordComponent") // opaque bytes; records are never compared
public record HoldRecord(
    long epoch,
    List<PortGroup> groups,
    int guestsMax,
    byte[] wayBack,
    NextHost.@Nullable Lease next) {
  private static final String NAME = "holding";
  private static final int BYTES_MAX = 1024 * 1024;

  /** The same of a later decision. */
  public HoldRecord at(long decision) {
    return new HoldRecord(decision, groups, guestsMax, wayBack, next);
  }

  /** The same of a hold for this host. */
  public HoldRecord to(NextHost.@Nullable Lease host) {
    return new HoldRecord(epoch, groups, guestsMax, wayBack, host);
  }

  void write(MessageWriter out) {
    out.u64(epoch).list(groups, (w, g) -> g.write(w)).u32(guestsMax).bytes(wayBack);
    out.list(next == null ? List.of() : List.of(next), (w, each) -> each.write(w));
  }

  static HoldRecord read(MessageReader in) throws WireException {
    return new HoldRecord(
        in.u64(),
        in.list(PortGroup.GROUPS_MAX, PortGroup::read),
        in.u32(),
        in.bytes(BYTES_MAX),
        in.list(1, NextHost.Lease::read).stream().findFirst().orElse(null));
  }

  /** Its file, for the gate of this directory; it outlives a reboot of the host. */
  public static Path file(Path directory) {
    return KeptDirectory.of(directory).resolve(NAME);
  }

  /** Whether a gate of this directory holds, or has died in its hold. */
  public static boolean isIn(Path directory) {
    return Files.exists(file(directory));
  }

  /** Of a hold that has not ended; empty without one. */
  public static Optional<HoldRecord> read(Path directory) throws IOException {
    Optional<byte[]> bytes = DurableFile.read(file(directory));
    if (bytes.isEmpty()) {
      return Optional.empty();
    }
    MessageReader in = new MessageReader(bytes.get());
    HoldRecord record = read(in);
    in.end();
    return Optional.of(record);
  }

  /** Returns when it is on disk: a service that is stopped is fenced, also against a reboot. */
  public void write(Path directory) throws IOException {
    MessageWriter out = new MessageWriter();
    write(out);
    DurableFile.write(file(directory), out.toBytes());
  }

  /** The hold is over. */
  public static void delete(Path directory) throws IOException {
    DurableFile.delete(file(directory));
  }
}
