package dev.godwit.mirror;

import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Path;

/** The real lsyncd, in the foreground, beside a mirror that does the same. */
final class TestingLsyncd implements AutoCloseable {
  private static final Path PROGRAM = Path.of("/usr/bin/lsyncd");

  private final Path log;
  private final Process process;

  /** Returns when its first copy is done. */
  TestingLsyncd(TestingMirrorCommand m, Path configuration) throws Exception {
    this(m, configuration, "finished");
  }

  /**
   * @param until what it has said when this returns
   */
  TestingLsyncd(TestingMirrorCommand m, Path configuration, String until) throws Exception {
    log = m.tree.top().resolve("their-output");
    process =
        new ProcessBuilder(PROGRAM.toString(), "-nodaemon", configuration.toString())
            .directory(m.tree.top().toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    m.await("lsyncd", () -> output().contains(until));
  }

  /** Skips the test where it is not installed. */
  static void assumeThere() {
    assumeThat(PROGRAM).isExecutable();
  }

  /**
   * Lets it look after its children. It may miss the end of one that comes just before it begins to
   * wait, and waits for ever then when it has as many as it may have.
   */
  void wake() throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-CHLD", Long.toString(process.pid())).start().waitFor();
  }

  String output() throws IOException {
    return TestingMirrorCommand.text(log);
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    process.waitFor();
  }
}
