package dev.godwit.forward.gate;

import dev.godwit.forward.Limits;
import dev.godwit.forward.ladder.FilterNotes;
import dev.godwit.forward.loop.ListenLimit;
import dev.godwit.forward.relay.TransparentRouting;
import dev.godwit.host.RuntimeDirectory;
import java.io.IOException;
import java.nio.file.Path;

/** What a gate or a landing that was killed could not take down itself. */
public final class Leftovers {
  private Leftovers() {}

  /**
   * Puts the host's settings for clients' addresses and for listening queues back as they were,
   * unless a gate or a landing that lives needs them, gives names of sockets back, and removes
   * rules of gates that do not live.
   */
  public static void cleanUp() throws IOException {
    of(RuntimeDirectory.OF_ROOT.resolve("any"), false);
  }

  /**
   * The same for where the states are kept.
   *
   * @param stateDirectory of any gate or landing there
   * @param again of a gate that goes on with its release
   */
  public static void of(Path stateDirectory, boolean again) throws IOException {
    TransparentRouting.cleanUp(Limits.sharedDirectory(stateDirectory));
    ListenLimit.cleanUp(stateDirectory);
    SocketCapture.cleanUp(Limits.hostDirectory(stateDirectory, SocketCapture.NOTES), again);
    FilterNotes.cleanUp(Limits.hostDirectory(stateDirectory, FilterNotes.NOTES));
  }
}
