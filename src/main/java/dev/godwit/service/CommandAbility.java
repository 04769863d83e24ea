package dev.godwit.service;

import dev.godwit.host.Ability;
import dev.godwit.host.Processes;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs a command of the plan on this host: an argument list with variables in its environment, in
 * turn with the move's orders to services and refused when its epoch is over.
 */
public final class CommandAbility implements Ability {
  static final String NAME = "command";
  private static final int MOVE_MAX = 64;
  private static final int WORDS_MAX = 1000;
  private static final int TEXT_MAX = 32 * 1024;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException, InterruptedException {
    MessageReader in = new MessageReader(argument);
    Duration limit = Duration.ofMillis(in.count(3_600_000));
    ServiceOrders orders = ServiceOrders.of(in.text(MOVE_MAX));
    long epoch = in.u64();
    String what = in.text(TEXT_MAX);
    List<String> command = in.texts(WORDS_MAX, TEXT_MAX);
    List<String> names = in.texts(WORDS_MAX, TEXT_MAX);
    List<String> values = in.texts(WORDS_MAX, TEXT_MAX);
    in.end();
    Map<String, String> environment = new HashMap<>();
    for (int i = 0; i < Math.min(names.size(), values.size()); i++) {
      environment.put(names.get(i), values.get(i));
    }
    MessageWriter answer = new MessageWriter();
    orders.obey(epoch, () -> answer.text(run(what, command, environment, limit)));
    answer.sendTo(channel);
  }

  /** The message that {@link #serve} takes. */
  static byte[] request(
      String move,
      long epoch,
      String what,
      List<String> command,
      Map<String, String> environment,
      Duration limit) {
    List<String> names = environment.keySet().stream().sorted().toList();
    return new MessageWriter()
        .u32((int) Math.min(limit.toMillis(), 3_600_000))
        .text(move)
        .u64(epoch)
        .text(what)
        .texts(command)
        .texts(names)
        .texts(names.stream().map(environment::get).toList())
        .toBytes();
  }

  /**
   * Runs it on this host.
   *
   * @param what for the message when it fails
   * @return what it wrote, without the blanks around it
   * @throws ServiceException when it cannot be started, does not end in time or ends with anything
   *     but 0
   */
  public static String run(
      String what, List<String> command, Map<String, String> environment, Duration limit)
      throws IOException, InterruptedException {
    Processes.Outcome outcome;
    try {
      outcome = Processes.run(command, limit, new byte[0], environment);
    } catch (IOException e) {
      throw new ServiceException(what + ": " + e.getMessage(), e);
    }
    if (!outcome.isSuccess()) {
      throw ServiceException.of(what, command, outcome, limit);
    }
    return outcome.out().strip();
  }
}
