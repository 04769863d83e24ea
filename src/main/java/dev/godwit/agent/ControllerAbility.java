package dev.godwit.agent;

import dev.godwit.host.Ability;
import dev.godwit.host.Controller;
import dev.godwit.host.EpochFence;
import dev.godwit.host.Host;
import dev.godwit.host.HostException;
import dev.godwit.host.KeptController;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Says which controller has a move on this host, and gives it to one (H59). */
public final class ControllerAbility implements Ability {
  public static final String NAME = "controller";

  private static final int MOVE_MAX = 64;
  private static final int TEXT_MAX = 64 * 1024;

  /**
   * What a host answers.
   *
   * @param kept the controller that has the move there; empty for none
   * @param epoch the highest one that has given orders there, also in a move of this name that has
   *     ended; 0 for none
   */
  public record Answer(Optional<KeptController> kept, long epoch) {
    private static Answer read(byte[] message) throws IOException {
      MessageReader in = new MessageReader(message);
      long epoch = in.u64();
      List<KeptController> kept = in.list(1, Answer::readKept);
      in.end();
      return new Answer(kept.stream().findFirst(), epoch);
    }

    private static KeptController readKept(MessageReader in) throws WireException {
      return new KeptController(
          readController(in), Instant.ofEpochMilli(in.u64()), Instant.ofEpochMilli(in.u64()));
    }

    private MessageWriter message() {
      return new MessageWriter()
          .u64(epoch)
          .list(
              kept.stream().toList(),
              (out, one) ->
                  out.text(one.who().text())
                      .u64(one.since().toEpochMilli())
                      .u64(one.lastOrder().toEpochMilli()));
    }
  }

  private static Controller readController(MessageReader in) throws WireException {
    try {
      return Controller.read(in.text(TEXT_MAX));
    } catch (WireException e) {
      throw e;
    } catch (IOException e) {
      throw new WireException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Asks a host. */
  public static Answer ask(Host host, String move) throws IOException {
    return call(host, new MessageWriter().text(move).texts(List.of()).texts(List.of()).u64(0));
  }

  /** As {@link KeptController#give}, on a host. */
  public static Answer give(
      Host host, String move, Controller mine, Optional<Controller> seen, long epoch)
      throws IOException {
    return call(
        host,
        new MessageWriter()
            .text(move)
            .texts(List.of(mine.text()))
            .texts(seen.stream().map(Controller::text).toList())
            .u64(epoch));
  }

  private static Answer call(Host host, MessageWriter request) throws IOException {
    try {
      return Answer.read(host.call(NAME, request.toBytes()));
    } catch (WireException e) {
      throw new HostException(
          "%s does not say which controller has the move: %s"
              .formatted(host.name(), e.getMessage()),
          e);
    }
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException {
    MessageReader in = new MessageReader(argument);
    String move = in.text(MOVE_MAX);
    List<Controller> mine = in.list(1, ControllerAbility::readController);
    List<Controller> seen = in.list(1, ControllerAbility::readController);
    long epoch = in.u64();
    in.end();
    Optional<KeptController> kept =
        mine.isEmpty()
            ? KeptController.of(move)
            : Optional.of(
                KeptController.give(move, mine.getFirst(), seen.stream().findFirst(), epoch));
    new Answer(kept, EpochFence.highestOf(move)).message().sendTo(channel);
  }
}
