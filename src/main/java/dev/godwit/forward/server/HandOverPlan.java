package dev.godwit.forward.server;

import dev.godwit.forward.ClientAddress;
import dev.godwit.forward.ladder.KernelHandOver;
import dev.godwit.forward.rules.ForwardRule;
import dev.godwit.forward.rules.Listen;
import dev.godwit.forward.rules.Target;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;

/** Which ports of a group the kernel can take, and where each goes. */
final class HandOverPlan {
  private HandOverPlan() {}

  /**
   * Fills in what goes where.
   *
   * @param view in force: the kernel's translation shows this host's address, and adds no header
   * @throws IOException what of the group only a relay can do, for people
   */
  static void of(
      ForwardRule rule,
      ClientAddress view,
      Destinations destinations,
      Map<Integer, InetSocketAddress> four,
      Map<Integer, InetSocketAddress> six)
      throws IOException {
    need(
        view == ClientAddress.PLAIN, "the client's address is passed on (" + view.planName() + ")");
    need(rule.via() == null, "the destinations are reached by another host");
    need(rule.acceptProxy().isEmpty(), "PROXY headers are accepted");
    need(rule.serverNames().isEmpty(), "it goes by server names");
    List<Destinations.Place> places = destinations.places();
    need(places.size() == 1, "there are several destinations");
    Destinations.Place place = places.getFirst();
    if (!(place.target instanceof Target.Tcp target)) {
      throw new IOException("the destination is a unix socket");
    }
    for (int i = 0; i < rule.listens().size(); i++) {
      Listen listen = rule.listens().get(i);
      boolean open =
          listen instanceof Listen.Port port
              && port.scope() == Listen.Scope.ALL
              && !port.udp()
              && port.port() != 0;
      need(open, listen.display() + " is not a TCP port of all addresses");
      int port = ((Listen.Port) listen).port();
      for (InetAddress address : place.addresses()) {
        InetSocketAddress to = new InetSocketAddress(address, target.port(i, port));
        need(!address.isLoopbackAddress(), "the destination is this host");
        (KernelHandOver.isFour(to) ? four : six).putIfAbsent(port, to);
      }
    }
  }

  private static void need(boolean given, String otherwise) throws IOException {
    if (!given) {
      throw new IOException(otherwise);
    }
  }
}
