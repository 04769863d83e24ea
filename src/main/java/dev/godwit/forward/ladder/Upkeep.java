package dev.godwit.forward.ladder;

import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * Changes rules whose chains somebody else may remove at any time, as a firewall does that is
 * loaded again: they are put up again then, or whoever comes after a release would be refused until
 * a person sees it. What had been redirected by them was cut off with them.
 *
 * <p>Threads: one changes at a time, any may ask {@link #told}.
 */
final class Upkeep {
  /** A call of a {@link PacketFilter}. */
  @FunctionalInterface
  interface Change {
    void make() throws IOException;
  }

  /** Puts chains up for some families. */
  @FunctionalInterface
  interface PuttingUp {
    void of(List<String> families) throws IOException;
  }

  private static final String LOST = ", whose rules somebody has removed; ";

  private final PacketFilter filter;
  private final PuttingUp chains;
  private int losses;
  private volatile String told = "";

  Upkeep(PacketFilter filter, PuttingUp chains) {
    this.filter = filter;
    this.chains = chains;
  }

  /**
   * Makes a change that needs the chains.
   *
   * @param change fails when they are not there
   */
  void make(Change change) throws IOException {
    try {
      change.make();
    } catch (IOException e) {
      List<String> missing = missing(e);
      if (missing.isEmpty()) {
        throw e;
      }
      try {
        filter.remove(missing);
        chains.of(missing);
        change.make();
      } catch (IOException again) {
        told = LOST + "they cannot be put up again";
        again.addSuppressed(e);
        throw again;
      }
      losses++;
      told =
          LOST
              + (losses == 1 ? "put up again at " : "put up again " + losses + " times, last at ")
              + Instant.now().truncatedTo(ChronoUnit.SECONDS);
      System.getLogger(Upkeep.class.getName())
          .log(System.Logger.Level.WARNING, filter.name + " was removed, and is put up again", e);
    }
  }

  private List<String> missing(IOException because) throws IOException {
    try {
      return filter.missing();
    } catch (IOException e) {
      because.addSuppressed(e);
      throw because;
    }
  }

  /** What has happened to the chains, to be added to their name; empty when nothing has. */
  String told() {
    return told;
  }
}
