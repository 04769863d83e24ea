package dev.godwit.cli.sync;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Standard output or standard error, buffered as {@code --outbuf} says. Once a write fails, as when
 * a pager was left, the rest is dropped: the copy goes on, and its end says so.
 */
final class Sink {
  private static final int BLOCK_BYTES = 64 * 1024;

  private final OutputStream stream;
  private final boolean flushesLines;

  /** Why a write has failed; null while none has. */
  private @Nullable String fault;

  /**
   * @param flushesLines whether each line is seen at once
   */
  Sink(OutputStream stream, boolean flushesLines) {
    this.stream = new BufferedOutputStream(stream, BLOCK_BYTES);
    this.flushesLines = flushesLines;
  }

  /** Writes what was put together, as it is. */
  void write(ByteText text) {
    if (fault != null) {
      return;
    }
    try {
      text.writeTo(stream);
      if (flushesLines) {
        stream.flush();
      }
    } catch (IOException e) {
      fault = String.valueOf(e.getMessage());
    }
  }

  void flush() {
    if (fault != null) {
      return;
    }
    try {
      stream.flush();
    } catch (IOException e) {
      fault = String.valueOf(e.getMessage());
    }
  }

  @Nullable String fault() {
    return fault;
  }
}
