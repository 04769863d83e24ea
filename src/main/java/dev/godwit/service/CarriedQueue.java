package dev.godwit.service;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;

/**
 * A queue that was copied from another host, with what is needed to make it fit for its service
 * here; {@link ServiceClient#carried} has it from the other host.
 */
public final class CarriedQueue {
  private final String service;
  private final Queue queue;
  private final Queues.Owners there;

  CarriedQueue(String service, Queue queue, Queues.Owners there) {
    this.service = service;
    this.queue = queue;
    this.there = there;
  }

  /** The name of its service. */
  public String service() {
    return service;
  }

  Queue queue() {
    return queue;
  }

  /** See {@link Queues#settle}. */
  String settle() throws IOException, InterruptedException {
    return Queues.settle(queue, there);
  }

  void write(MessageWriter out) {
    out.text(service);
    QueueAbility.write(out, queue);
    writeOwners(out);
  }

  void writeOwners(MessageWriter out) {
    QueueAbility.write(out, there);
  }

  static CarriedQueue read(MessageReader in) throws WireException {
    return new CarriedQueue(
        in.text(ServiceCodec.TEXT_MAX), QueueAbility.readQueue(in), QueueAbility.readOwners(in));
  }
}
