package dev.godwit.service;

import dev.godwit.host.Ability;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Serves one question or order about a queue of this host; {@link ServiceClient} asks. */
public final class QueueAbility implements Ability {
  static final String NAME = "queue";
  static final int AWAIT_QUIET = 1;
  static final int OWNERS = 2;
  static final int SETTLE = 3;
  private static final int PATH_MAX = 4096;
  private static final int MOVE_MAX = 64;
  private static final int NAME_MAX = 256;
  private static final int OWNERS_MAX = 10_000;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException, InterruptedException {
    MessageReader in = new MessageReader(argument);
    MessageWriter answer = new MessageWriter();
    int order = in.u8();
    Queue queue = readQueue(in);
    switch (order) {
      case AWAIT_QUIET -> {
        Queues.Count count = Queues.awaitQuiet(queue, queue.drain());
        answer.u32(count.messages()).u32(count.inDelivery());
      }
      case OWNERS -> write(answer, Queues.owners(queue));
      case SETTLE -> {
        ServiceOrders orders = ServiceOrders.of(in.text(MOVE_MAX));
        long epoch = in.u64();
        CarriedQueue carried = new CarriedQueue("", queue, readOwners(in));
        orders.obey(epoch, () -> answer.text(carried.settle()));
      }
      default -> throw new WireException("malformed message: unknown order " + order);
    }
    in.end();
    answer.sendTo(channel);
  }

  static MessageWriter order(int order, Queue queue) {
    MessageWriter out = new MessageWriter().u8(order);
    write(out, queue);
    return out;
  }

  static void write(MessageWriter out, Queue queue) {
    out.u8(queue.kind().ordinal()).text(queue.path()).u32((int) queue.drain().toMillis());
  }

  static Queue readQueue(MessageReader in) throws WireException {
    int kind = in.u8();
    if (kind >= Queue.Kind.values().length) {
      throw new WireException("malformed message: an unknown kind of queue");
    }
    return new Queue(
        Queue.Kind.values()[kind], in.text(PATH_MAX), Duration.ofMillis(in.count(3_600_000)));
  }

  static void write(MessageWriter out, Queues.Owners owners) {
    write(out, owners.users());
    write(out, owners.groups());
  }

  private static void write(MessageWriter out, Map<Integer, String> names) {
    List<Integer> numbers = names.keySet().stream().sorted().toList();
    out.list(numbers, MessageWriter::u32);
    out.texts(numbers.stream().map(names::get).toList());
  }

  static Queues.Owners readOwners(MessageReader in) throws WireException {
    return new Queues.Owners(readNames(in), readNames(in));
  }

  private static Map<Integer, String> readNames(MessageReader in) throws WireException {
    List<Integer> numbers = in.list(OWNERS_MAX, MessageReader::u32);
    List<String> texts = in.texts(OWNERS_MAX, NAME_MAX);
    if (numbers.size() != texts.size()) {
      throw new WireException("malformed message: numbers without names");
    }
    Map<Integer, String> names = new HashMap<>();
    for (int i = 0; i < texts.size(); i++) {
      names.put(numbers.get(i), texts.get(i));
    }
    return names;
  }
}
