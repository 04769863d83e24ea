package dev.godwit.cli;

import dev.godwit.move.Recovery;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** What a person says who has looked, when the gate cannot tell any more. */
final class WitnessOptions {
  @ArgGroup(exclusive = true)
  private Said said = new Said();

  private static final class Said {
    @Option(
        names = "--released",
        description =
            "You have looked: in the attempt that was cut off, clients were released to the other"
                + " host. Only for when its gate has gone and the command says that it cannot tell.")
    private boolean released;

    @Option(
        names = "--not-released",
        description = "You have looked: they were not. Only for the same case.")
    private boolean notReleased;
  }

  Recovery.Witness witness() {
    return said.released
        ? Recovery.Witness.RELEASED
        : said.notReleased ? Recovery.Witness.NOT_RELEASED : Recovery.Witness.NOBODY;
  }
}
