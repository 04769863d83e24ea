package dev.godwit.cli;

import dev.godwit.move.MoveListener;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Shows a move's steps as they are made: a line each, and a progress line for the copy. */
final class StepLines implements MoveListener, AutoCloseable {
  /** Where the message of a step begins. */
  private static final int MESSAGE_COLUMN = 27;

  private final Terminal terminal;
  private final String unit;
  private @Nullable Progress progress;

  /**
   * @param unit what the progress line begins with
   */
  StepLines(Terminal terminal, String unit) {
    this.terminal = terminal;
    this.unit = unit;
  }

  @Override
  public void stepBegan(String step) {
    if (terminal.isLive()) {
      terminal.rewrite("  … " + step);
    } else {
      terminal.note("  … " + step);
    }
  }

  @Override
  public void stepDone(String step, Duration took, String message) {
    line("✓", step, took, message);
  }

  @Override
  public void stepFailed(String step, Duration took, String message) {
    line("✗", step, took, message);
  }

  private void line(String mark, String step, Duration took, String message) {
    close();
    if (terminal.isLive()) {
      terminal.rewrite("");
    }
    terminal.note(
        MESSAGE_COLUMN,
        "  %s %-11s %9s  %s"
            .formatted(mark, step, "%.1f ms".formatted(took.toNanos() / 1e6), message));
  }

  @Override
  public void note(String message) {
    close();
    if (terminal.isLive()) {
      terminal.rewrite(""); // of a step that has begun
    }
    terminal.note(2, message);
  }

  @Override
  public void progress(long files, long bytes, long bytesTotal) {
    Progress shown = progress;
    if (shown == null) {
      shown = new Progress(terminal, unit, Amounts::bytes, System::nanoTime);
      progress = shown;
    }
    shown.update(bytes, bytesTotal);
  }

  @Override
  public void close() {
    if (progress != null) {
      progress.close();
      progress = null;
    }
  }
}
