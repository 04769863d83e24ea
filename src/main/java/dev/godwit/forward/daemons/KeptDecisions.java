package dev.godwit.forward.daemons;

import dev.godwit.forward.gate.Destination;
import dev.godwit.forward.gate.HoldRecord;
import dev.godwit.forward.gate.ReleaseRecord;
import dev.godwit.host.KeptDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Supplier;

/**
 * What a gate has decided, as files that outlive it. Where both records lie, the one of the release
 * counts; so that one alone has to be there at a release, and to be gone after a way back, whatever
 * becomes of the other: one that stayed would lead all clients to the other host at the next boot,
 * after its services were stopped (H56).
 */
final class KeptDecisions implements ReleaseRecord.Keeper {
  private final Path directory;
  private final Supplier<HoldRecord> captured;

  /**
   * @param captured what the gate was last captured with
   */
  KeptDecisions(Path directory, Supplier<HoldRecord> captured) {
    this.directory = directory;
    this.captured = captured;
  }

  @Override
  public void held(long epoch) throws IOException {
    captured.get().at(epoch).write(directory);
  }

  @Override
  public void released(long epoch, Destination to) throws IOException {
    boolean isFirst = !ReleaseRecord.isIn(directory);
    try {
      new ReleaseRecord(captured.get().at(epoch), to).write(directory);
    } catch (IOException e) {
      // It may have its name already, with only the proof missing that this is on disk. An earlier
      // release still counts.
      if (isFirst) {
        forgetRelease(e);
      }
      throw e;
    }
    try {
      HoldRecord.delete(directory);
    } catch (IOException e) {
      System.getLogger(KeptDecisions.class.getName())
          .log(System.Logger.Level.WARNING, "the record of a hold that was released stays", e);
    }
  }

  private void forgetRelease(IOException because) {
    try {
      ReleaseRecord.delete(directory);
    } catch (IOException e) {
      because.addSuppressed(e);
    }
  }

  @Override
  public void returned() throws IOException {
    forget(directory);
  }

  /** Nothing is held or released there any more. */
  static void forget(Path directory) throws IOException {
    try {
      ReleaseRecord.delete(directory);
    } finally {
      HoldRecord.delete(directory);
    }
    Path kept = KeptDirectory.of(directory);
    if (!kept.equals(directory)) {
      KeptDirectory.removeIfEmpty(kept);
    }
  }
}
