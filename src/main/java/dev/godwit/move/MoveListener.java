package dev.godwit.move;

import java.time.Duration;

/** What a command tells while it works; text and JSON are two renderings of it. */
public interface MoveListener {
  /** Nobody listens. */
  MoveListener SILENT =
      new MoveListener() {
        @Override
        public void stepBegan(String step) {}

        @Override
        public void stepDone(String step, Duration took, String message) {}

        @Override
        public void stepFailed(String step, Duration took, String message) {}

        @Override
        public void note(String message) {}

        @Override
        public void progress(long files, long bytes, long bytesTotal) {}
      };

  void stepBegan(String step);

  /**
   * @param message what was found or done, one line
   */
  void stepDone(String step, Duration took, String message);

  void stepFailed(String step, Duration took, String message);

  /** Something worth knowing that is no step. */
  void note(String message);

  /**
   * How far the first copy is.
   *
   * @param bytesTotal as far as it is known; less than {@code bytes} when it is not
   */
  void progress(long files, long bytes, long bytesTotal);
}
