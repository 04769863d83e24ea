package dev.godwit.move;

import dev.godwit.demo.LabHost;
import java.io.IOException;

/** The ssh line to a host of the lab, cut without a word: packets of port 22 vanish both ways. */
final class TestingLineCut implements AutoCloseable {
  private static final String TABLE = "inet lab_line_cut";

  private final LabHost host;

  private TestingLineCut(LabHost host) {
    this.host = host;
  }

  static TestingLineCut of(LabHost host) throws IOException {
    host.must(
        "nft",
        """
        table %s {
          chain in { type filter hook input priority -300; tcp dport 22 drop; }
          chain out { type filter hook output priority -300; tcp sport 22 drop; }
        }
        """
            .formatted(TABLE));
    return new TestingLineCut(host);
  }

  /** The line is whole again. */
  @Override
  public void close() throws IOException {
    host.must("nft", "delete table " + TABLE);
  }
}
