package dev.godwit.forward;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * That connections were released, on disk before the first one goes: once a gate has decided that
 * the other host serves, its death must not undo it. A gate that is started where a record lies
 * goes on with it; this host's services stay down.
 *
 * @param wayBack as it was captured with
 */
@SuppressWarnings("ArrayRecordComponent") // opaque bytes; records are never compared
record ReleaseRecord(
    long epoch, List<PortGroup> groups, int guestsMax, byte[] wayBack, Destination destination) {
  private static final String NAME = "released";
  private static final int BYTES_MAX = 1024 * 1024;

  /** Its file, for the gate of this directory; it outlives a reboot of the host. */
  static Path file(Path directory) {
    return Moves.kept(directory).resolve(NAME);
  }

  static boolean isIn(Path directory) {
    return Files.exists(file(directory));
  }

  static Optional<ReleaseRecord> read(Path directory) throws IOException {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file(directory));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    MessageReader in = new MessageReader(bytes);
    ReleaseRecord record =
        new ReleaseRecord(
            in.u64(),
            in.list(PortGroup.GROUPS_MAX, PortGroup::read),
            in.u32(),
            in.bytes(BYTES_MAX),
            Destination.read(in));
    in.end();
    return Optional.of(record);
  }

  /** Returns when it is on disk. */
  void write(Path directory) throws IOException {
    MessageWriter out = new MessageWriter();
    out.u64(epoch).list(groups, (w, g) -> g.write(w)).u32(guestsMax).bytes(wayBack);
    destination.write(out);
    Path kept = Moves.kept(directory);
    Files.createDirectories(kept);
    Path next = kept.resolve(NAME + ".next");
    Files.deleteIfExists(next);
    // It holds the landing's token.
    try (FileChannel file =
        FileChannel.open(
            next,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      ByteBuffer bytes = ByteBuffer.wrap(out.toBytes());
      while (bytes.hasRemaining()) {
        int unused = file.write(bytes);
      }
      file.force(true);
    }
    Files.move(next, kept.resolve(NAME), StandardCopyOption.ATOMIC_MOVE);
    try (FileChannel folder = FileChannel.open(kept)) {
      folder.force(true);
    }
  }

  static void delete(Path directory) throws IOException {
    Path kept = Moves.kept(directory);
    Files.deleteIfExists(kept.resolve(NAME));
    if (!kept.equals(directory)) {
      Moves.forgetKept(kept);
    }
  }

  /** Keeps one from a gate's release until its clients are back; what a gate is given. */
  interface Keeper {
    /** For a gate whose decision ends with its process. */
    Keeper NONE =
        new Keeper() {
          @Override
          public void released(long epoch, Destination to) {}

          @Override
          public void returned() {}
        };

    void released(long epoch, Destination to) throws IOException;

    void returned() throws IOException;
  }
}
