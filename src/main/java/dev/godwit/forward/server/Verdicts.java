package dev.godwit.forward.server;

import dev.godwit.forward.relay.Shortage;
import dev.godwit.forward.rules.ForwardRule;
import dev.godwit.forward.rules.Target;
import dev.godwit.linux.Errno;
import dev.godwit.linux.Sockets;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the attempts of a group, its clients' and the checks', say about where they went. One that
 * ends for want of something of the host that connects says nothing about it: no destination goes
 * down by it, and nobody goes to another one (H51). Threads: any.
 */
final class Verdicts {
  /** A want that was over for so long is told again when it comes back. */
  private static final long TOLD_NANOS = 60_000_000_000L;

  private final Supplier<ForwardRule> rule;
  private final Consumer<String> log;

  /** When there was one last. */
  private final Map<Shortage, Long> wants = new EnumMap<>(Shortage.class);

  /**
   * @param rule of the group, as it is now
   * @param log told of who goes down and comes up, and once of each want
   */
  Verdicts(Supplier<ForwardRule> rule, Consumer<String> log) {
    this.rule = rule;
    this.log = log;
  }

  void reached(Destinations.Choice choice) {
    if (choice.place().good()) {
      tell(choice.place().target.display() + " is up again");
    }
  }

  /**
   * @return whether it says something about the destination, so that another one may be tried
   */
  boolean failed(Destinations.Choice choice, int errno) {
    Destinations.Place place = choice.place();
    Shortage want = Shortage.of(errno, place.target instanceof Target.Unix);
    if (want != null) {
      if (isNew(want)) {
        tell(words(place.target.display(), want, errno));
      }
      return false;
    }
    if (place.bad(errno, rule.get().checkEvery() != null)) {
      String name = place.target.display();
      tell(name + " is down: " + Errno.message(errno) + at(name, choice.address()));
    }
    return true;
  }

  private boolean isNew(Shortage want) {
    long now = System.nanoTime();
    synchronized (wants) {
      Long last = wants.put(want, now);
      return last == null || now - last > TOLD_NANOS;
    }
  }

  private String words(String destination, Shortage want, int errno) {
    String via = rule.get().via();
    return "unable to connect to "
        + destination
        + ", which may well be up: "
        + (via == null ? "this host" : via)
        + " "
        + want.words()
        + " ("
        + Errno.message(errno)
        + "); "
        + want.advice();
  }

  private void tell(String what) {
    log.accept(rule.get().name() + ": " + what);
  }

  /** Of what a name stands for; empty where the name says it. */
  private static String at(String name, @Nullable SocketAddress address) {
    String shown =
        switch (address) {
          case InetSocketAddress inet -> Sockets.display(inet);
          case UnixDomainSocketAddress unix -> unix.getPath().toString();
          case null, default -> "";
        };
    return name.contains(shown) ? "" : " (" + shown + ")";
  }
}
