package dev.godwit.service;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.util.List;

/**
 * What was found on a host that serves no more, by the services' names.
 *
 * @param fencedAgain whose fences had gone, and are up again
 * @param running those that run, as their controls say
 */
public record Kept(List<String> fencedAgain, List<String> running) {
  private static final int NAME_MAX = 64 * 1024;

  public Kept {
    fencedAgain = List.copyOf(fencedAgain);
    running = List.copyOf(running);
  }

  void write(MessageWriter out) {
    out.texts(fencedAgain).texts(running);
  }

  static Kept read(MessageReader in) throws WireException {
    return new Kept(
        in.texts(ServiceCodec.SERVICES_MAX, NAME_MAX),
        in.texts(ServiceCodec.SERVICES_MAX, NAME_MAX));
  }
}
