package dev.godwit.forward.gate;

import dev.godwit.host.DurableFile;
import dev.godwit.host.KeptDirectory;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * That connections were released, on disk before the first one goes: once a gate has decided that
 * the other host serves, its death must not undo it. A gate that is started where a record lies
 * goes on with it; this host's services stay down. What it was captured with is {@link HoldRecord}.
 */
public record ReleaseRecord(HoldRecord captured, Destination destination) {
  private static final String NAME = "released";

  /** Its file, for the gate of this directory; it outlives a reboot of the host. */
  public static Path file(Path directory) {
    return KeptDirectory.of(directory).resolve(NAME);
  }

  /** Whether a gate of this directory has released. */
  public static boolean isIn(Path directory) {
    return Files.exists(file(directory));
  }

  /** Empty when nothing is released there. */
  public static Optional<ReleaseRecord> read(Path directory) throws IOException {
    Optional<byte[]> bytes = DurableFile.read(file(directory));
    if (bytes.isEmpty()) {
      return Optional.empty();
    }
    MessageReader in = new MessageReader(bytes.get());
    ReleaseRecord record = new ReleaseRecord(HoldRecord.read(in), Destination.read(in));
    in.end();
    return Optional.of(record);
  }

  /** Of the decision to release. */
  public long epoch() {
    return captured.epoch();
  }

  /** Returns when it is on disk. */
  public void write(Path directory) throws IOException {
    MessageWriter out = new MessageWriter();
    captured.write(out);
    destination.write(out);
    DurableFile.write(file(directory), out.toBytes());
  }

  /** It is taken back, or was never made. */
  public static void delete(Path directory) throws IOException {
    DurableFile.delete(file(directory));
  }

  /** Keeps what a gate has decided until its clients are back; what a gate is given. */
  public interface Keeper {
    /** For a gate whose decision ends with its process. */
    Keeper NONE =
        new Keeper() {
          @Override
          public void held(long epoch) {}

          @Override
          public void released(long epoch, Destination to) {}

          @Override
          public void returned() {}
        };

    /** The services of this host may be stopped from now on. */
    void held(long epoch) throws IOException;

    /** Clients may be served by another host from now on. */
    void released(long epoch, Destination to) throws IOException;

    /** Clients are served by this host, and nobody has to see to it. */
    void returned() throws IOException;
  }
}
