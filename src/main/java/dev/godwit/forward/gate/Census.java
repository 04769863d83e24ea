package dev.godwit.forward.gate;

import dev.godwit.forward.relay.WaitingRoom;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * How many connections a gate has, in a file that is mapped into memory: it is right at any moment
 * for two stores a change, and what is in it outlives the process, however that ends. Whoever comes
 * after a gate that was killed knows from it who was cut off.
 */
public final class Census implements WaitingRoom.Tally, AutoCloseable {
  private static final String NAME = "gate.census";
  private static final int BYTES = 8;

  private final Path file;
  private final MappedByteBuffer counts;

  private Census(Path file, MappedByteBuffer counts) {
    this.file = file;
    this.counts = counts;
  }

  /**
   * Begins with nobody.
   *
   * @param directory of the gate's own state
   */
  static Census open(Path directory) throws IOException {
    Path file = directory.resolve(NAME);
    // Not the file of a gate before, which somebody may be about to read.
    Files.deleteIfExists(file);
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
      return new Census(file, channel.map(FileChannel.MapMode.READ_WRITE, 0, BYTES));
    }
  }

  @Override
  public void set(int waiting, int relayed) {
    counts.putInt(0, waiting).putInt(4, relayed);
  }

  /** In order: nobody was cut off without a decision. */
  @Override
  public void close() throws IOException {
    Files.deleteIfExists(file);
  }

  /** What a gate that did not end in order has left in a directory where none runs. */
  public static Optional<GateStatus.Death> left(Path directory) throws IOException {
    Path file = directory.resolve(NAME);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer counts = ByteBuffer.allocate(BYTES);
      if (channel.read(counts) < BYTES) {
        return Optional.empty(); // it died before it was a gate
      }
      return Optional.of(
          new GateStatus.Death(System.currentTimeMillis(), counts.getInt(0), counts.getInt(4)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /**
   * More wait than a gate knows that does nothing any more; for whoever ends it.
   *
   * @param more connections
   */
  public static void add(Path directory, int more) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            directory.resolve(NAME), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer waiting = ByteBuffer.allocate(Integer.BYTES);
      if (channel.read(waiting, 0) == Integer.BYTES) {
        waiting.putInt(0, waiting.getInt(0) + more).rewind();
        channel.write(waiting, 0);
      }
    } catch (NoSuchFileException e) {
      return; // it has ended in order, or was none yet
    }
  }

  /** It has been written down elsewhere. */
  public static void forget(Path directory) throws IOException {
    Files.deleteIfExists(directory.resolve(NAME));
  }
}
