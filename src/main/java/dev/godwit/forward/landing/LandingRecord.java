package dev.godwit.forward.landing;

import dev.godwit.host.DurableFile;
import dev.godwit.host.KeptDirectory;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a landing was started with, where a reboot leaves it: one that is started where a record
 * lies goes on with it, at its port and with its token, by which the gate on the other host knows
 * it.
 */
public final class LandingRecord {
  private static final String OPTIONS = "landing";
  private static final String TOKEN = "landing.token";
  private static final String PORT = "landing.port";

  private LandingRecord() {}

  /** Its file, for the landing of this directory; it outlives a reboot of the host. */
  public static Path file(Path directory) {
    return KeptDirectory.of(directory).resolve(OPTIONS);
  }

  static Path token(Path directory) {
    return KeptDirectory.of(directory).resolve(TOKEN);
  }

  static Path port(Path directory) {
    return KeptDirectory.of(directory).resolve(PORT);
  }

  /** What the landing of this directory was started with; empty when none was. */
  public static Optional<LandingOptions> read(Path directory) throws IOException {
    Optional<byte[]> bytes = DurableFile.read(file(directory));
    if (bytes.isEmpty()) {
      return Optional.empty();
    }
    try {
      MessageReader in = new MessageReader(bytes.get());
      LandingOptions options = LandingOptions.read(in);
      in.end();
      return Optional.of(options);
    } catch (WireException e) {
      return Optional.empty(); // of another version; the next start says all of it anew
    }
  }

  /** Returns when it is on disk. */
  public static void write(Path directory, LandingOptions options) throws IOException {
    MessageWriter out = new MessageWriter();
    options.write(out);
    DurableFile.write(KeptDirectory.of(directory).resolve(OPTIONS), out.toBytes());
  }

  /** With port and token: a landing that is started after this is another one. */
  public static void delete(Path directory) throws IOException {
    Files.deleteIfExists(file(directory));
    Files.deleteIfExists(token(directory));
    Files.deleteIfExists(port(directory));
    if (!KeptDirectory.of(directory).equals(directory)) {
      KeptDirectory.removeIfEmpty(KeptDirectory.of(directory));
    }
  }
}
