package dev.godwit.sync.copy;

import dev.godwit.linux.LinuxException;
import dev.godwit.wire.PeerFailure;
import dev.godwit.wire.SilenceException;
import dev.godwit.wire.WireException;
import org.jspecify.annotations.Nullable;

/** How a side ends before its time: as an exception, and in the words that the other end gets. */
final class Endings {
  private static final String MARK = "copy ended with ";

  /** The words with which a side fails its channel. */
  interface Words {
    String of(Throwable cause);
  }

  private Endings() {}

  /**
   * As the one exception that a copy ends with. Faults of the program itself are thrown.
   *
   * @throws InterruptedException when the caller was interrupted
   */
  static CopyException of(Throwable cause) throws InterruptedException {
    return switch (cause) {
      case CopyException e -> e;
      case CompactReader.MalformedException e -> with(CopyStatus.PROTOCOL, e);
      case PeerFailure e -> {
        CopyException told = told(e);
        yield told == null ? with(CopyStatus.STREAM, e) : told;
      }
      case WireException e -> {
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        yield with(SilenceException.isReasonOf(e) ? CopyStatus.TIMEOUT : CopyStatus.STREAM, e);
      }
      case LinuxException e -> with(CopyStatus.FILE_IO, e);
      case InterruptedException e -> throw e;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(cause);
    };
  }

  private static CopyException with(CopyStatus status, Exception cause) {
    CopyException ending = new CopyException(status, String.valueOf(cause.getMessage()));
    ending.initCause(cause);
    return ending;
  }

  /** What the other side is told: nothing of this host but what the protocol knows (H43). */
  static String toPeer(Throwable cause) {
    return switch (cause) {
      case CopyException e -> "the copy cannot go on: " + e.status().meaning();
      case CompactReader.MalformedException e -> String.valueOf(e.getMessage());
      case WireException e -> "the copy cannot go on: the connection broke";
      default -> "a fault in Godwit itself";
    };
  }

  /** What the controller is told, who shows it to the user. */
  static String toController(Throwable cause) {
    try {
      CopyException ending = of(cause);
      return MARK + ending.status().name() + ": " + ending.getMessage();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "the copy was interrupted";
    } catch (RuntimeException | Error e) {
      return CopyException.words(e);
    }
  }

  /** With which a series of copies ends: for the controller, who shows it to the user. */
  static String toSeries(Throwable cause) {
    return switch (cause) {
      case RuntimeException e -> toController(e);
      case Error e -> toController(e);
      default -> String.valueOf(cause.getMessage());
    };
  }

  private static @Nullable CopyException told(PeerFailure failure) {
    String reason = failure.reason();
    if (!reason.startsWith(MARK)) {
      return null;
    }
    int colon = reason.indexOf(": ");
    for (CopyStatus status : CopyStatus.values()) {
      if (colon > 0 && reason.substring(MARK.length(), colon).equals(status.name())) {
        return new CopyException(status, failure.peer() + reason.substring(colon));
      }
    }
    return null;
  }
}
