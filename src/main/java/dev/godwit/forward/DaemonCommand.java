package dev.godwit.forward;

import dev.godwit.host.ThisProgram;
import java.nio.file.Path;
import java.util.List;

/** The command line of a daemon of a directory: this program again. */
@FunctionalInterface
interface DaemonCommand {
  /** Enough for the limits of a gate; its buffers are not on the heap. */
  int HEAP_MEGABYTES = 128;

  List<String> in(Path directory);

  /**
   * A hidden command of this program.
   *
   * @param verb {@code gate-daemon}, {@code landing-daemon}
   */
  static DaemonCommand ofThisProgram(String verb) {
    return directory -> ThisProgram.command(HEAP_MEGABYTES, verb, directory.toString());
  }
}
