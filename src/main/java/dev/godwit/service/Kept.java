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
 * @param listening who listens on the ports of those that do not run: a line for each, for people
 */
public record Kept(List<String> fencedAgain, List<String> running, List<String> listening) {
  private static final int NAME_MAX = 64 * 1024;

  public Kept {
    fencedAgain = List.copyOf(fencedAgain);
    running = List.copyOf(running);
    listening = List.copyOf(listening);
  }

  void write(MessageWriter out) {
    out.texts(fencedAgain).texts(running).texts(listening);
  }

  static Kept read(MessageReader in) throws WireException {
    return new Kept(
        in.texts(ServiceCodec.SERVICES_MAX, NAME_MAX),
        in.texts(ServiceCodec.SERVICES_MAX, NAME_MAX),
        in.texts(ServiceCodec.LINES_MAX, NAME_MAX));
  }
}
