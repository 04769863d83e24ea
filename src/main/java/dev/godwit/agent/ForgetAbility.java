package dev.godwit.agent;

import dev.godwit.forward.daemons.BootEntry;
import dev.godwit.forward.gate.Leftovers;
import dev.godwit.host.Ability;
import dev.godwit.host.KeptController;
import dev.godwit.host.LockHolders;
import dev.godwit.host.RuntimeDirectory;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Removes what the processes of a move have kept on this host. Which epochs are over stays: a
 * controller that has slept through the end of the move gives no order any more (H59).
 */
public final class ForgetAbility implements Ability {
  public static final String NAME = "forget";

  private static final Duration LIMIT = Duration.ofSeconds(10);

  /** It looks every two seconds whether another controller has the move. */
  private static final Duration ENDS_BY_ITSELF = Duration.ofSeconds(5);

  private static final int MOVE_MAX = 64;
  private static final int CONTROLLER_MAX = 64 * 1024;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException, InterruptedException {
    MessageReader in = new MessageReader(argument);
    String move = in.text(MOVE_MAX);
    String controller = in.text(CONTROLLER_MAX);
    in.end();
    Optional<KeptController> kept = KeptController.of(move);
    if (kept.isPresent() && !kept.get().who().text().equals(controller)) {
      throw new IOException("another controller has the move now: " + kept.get().who());
    }
    Leftovers.cleanUp();
    BootEntry.remove(move);
    endMirrors(move); // those of the controller that finishes have ended
    RuntimeDirectory.remove(move, LIMIT);
    new MessageWriter().sendTo(channel);
  }

  /**
   * Ends the process with the mirrors of a controller that was taken over, if it is on this host:
   * it does so by itself, unless it was stopped.
   *
   * @throws IOException when it does not end
   */
  public static void endMirrors(String move) throws IOException, InterruptedException {
    Optional<Path> folder = RuntimeDirectory.find(move);
    if (folder.isPresent()) {
      LockHolders.of(List.of(folder.get().resolve(RuntimeDirectory.MIRRORS_LOCK)))
          .end(ENDS_BY_ITSELF, LIMIT);
    }
  }
}
