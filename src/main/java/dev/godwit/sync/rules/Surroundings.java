package dev.godwit.sync.rules;

import java.io.IOException;
import java.time.ZonedDateTime;
import org.jspecify.annotations.Nullable;

/** What a command line depends on besides itself; a port, so that tests decide it. */
public interface Surroundings {
  /** A variable of the environment; null when it is not set. */
  byte @Nullable [] environment(String name);

  /** Now, in the time zone of the user. */
  ZonedDateTime now();

  /**
   * The whole of a file that the user named, such as a list of patterns.
   *
   * @param path "-" for standard input
   * @param confineRoot a directory that the file has to be in (--confine-root); null: any
   * @throws IOException when it cannot be read, or is refused (H3); the message says why
   */
  byte[] read(byte[] path, byte @Nullable [] confineRoot) throws IOException;
}
