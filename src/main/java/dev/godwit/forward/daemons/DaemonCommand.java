package dev.godwit.forward.daemons;

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
    return ofThisProgram(verb, HEAP_MEGABYTES);
  }

  /** The same with another limit for the heap. */
  static DaemonCommand ofThisProgram(String verb, int heapMegabytes) {
    return directory -> ThisProgram.command(heapMegabytes, verb, directory.toString());
  }
}
