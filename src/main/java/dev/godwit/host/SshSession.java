package dev.godwit.host;

import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;

/** One running ssh: its streams, its last words, its end. */
interface SshSession extends AutoCloseable {
  InputStream fromHost();

  OutputStream toHost();

  /** Of ssh, or of what has started it; 0 when another run of Godwit did. */
  long pid();

  /**
   * The end of what ssh and the far host said on standard error, on one line and fit for people.
   *
   * @param wait for it to end; a master connection may keep it open for ever
   * @param charsMax what came before that is left out
   */
  String lastWords(Duration wait, int charsMax);

  /** Ends ssh and what it started. Idempotent. */
  @Override
  void close();
}
