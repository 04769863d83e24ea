package dev.godwit.forward.landing;

import dev.godwit.host.DurableFile;
import dev.godwit.host.KeptDirectory;
import dev.godwit.linux.CoarseClock;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * A lease where a reboot leaves it: the host may start what had been started for it by itself.
 *
 * @param boot in which it was granted; it has ended in any other one
 * @param endNanos since that boot, with the time that the host slept
 * @param ended whether the services were stopped since
 */
@SuppressWarnings("ArrayRecordComponent") // opaque bytes; records are never compared
record LeaseRecord(long epoch, String boot, long endNanos, boolean ended, byte[] services) {
  private static final String NAME = "landing.lease";
  private static final int SERVICES_BYTES_MAX = 128 * 1024;

  static LeaseRecord from(long epoch, Duration limit, byte[] services) throws IOException {
    return new LeaseRecord(
        epoch,
        CoarseClock.bootId(),
        CoarseClock.sinceBootNanos() + limit.toNanos(),
        false,
        services);
  }

  /** What is left of it; negative when it is over. */
  Duration left() throws IOException {
    return boot.equals(CoarseClock.bootId())
        ? Duration.ofNanos(endNanos - CoarseClock.sinceBootNanos())
        : Duration.ofNanos(-1);
  }

  LeaseRecord atItsEnd() {
    return new LeaseRecord(epoch, boot, endNanos, true, services);
  }

  static Path file(Path directory) {
    return KeptDirectory.of(directory).resolve(NAME);
  }

  static Optional<LeaseRecord> read(Path directory) throws IOException {
    Optional<byte[]> bytes = DurableFile.read(file(directory));
    if (bytes.isEmpty()) {
      return Optional.empty();
    }
    MessageReader in = new MessageReader(bytes.get());
    try {
      LeaseRecord record =
          new LeaseRecord(in.u64(), in.text(64), in.u64(), in.bool(), in.bytes(SERVICES_BYTES_MAX));
      in.end();
      return Optional.of(record);
    } catch (WireException e) {
      return Optional.empty(); // of another version, which was before the last finish
    }
  }

  /** Returns when it is on disk. */
  void write(Path directory) throws IOException {
    MessageWriter out =
        new MessageWriter().u64(epoch).text(boot).u64(endNanos).bool(ended).bytes(services);
    DurableFile.write(file(directory), out.toBytes());
  }

  static void delete(Path directory) throws IOException {
    DurableFile.delete(file(directory));
  }
}
