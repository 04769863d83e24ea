package dev.godwit.agent;

import dev.godwit.host.Ability;
import dev.godwit.host.Host;
import dev.godwit.outside.Seen;
import dev.godwit.outside.Target;
import dev.godwit.outside.Watch;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Watches ports from this host for as long as the asking end keeps its channel open, and then says
 * what was seen. It changes nothing; here because what watches knows nothing of Godwit.
 */
public final class WatchAbility implements Ability {
  private static final String NAME = "watch-ports";
  private static final int TARGETS_MAX = 10_000;
  private static final int TEXT_MAX = 64 * 1024;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException, InterruptedException {
    MessageReader in = new MessageReader(argument);
    Duration limit = Duration.ofMillis(in.count(3_600_000));
    List<Target> targets = in.list(TARGETS_MAX, WatchAbility::read);
    in.end();
    Watch watch = Watch.start(targets, limit);
    List<Seen> seen;
    try {
      channel.drain(); // there is nothing to say meanwhile
    } finally {
      seen = watch.end();
    }
    new MessageWriter().texts(seen.stream().map(Seen::line).toList()).sendTo(channel);
  }

  /**
   * Has a host watch.
   *
   * @param limit how long a client waits for an answer
   * @return a channel for {@link #end}
   */
  public static Channel begin(Host host, List<Target> targets, Duration limit) throws IOException {
    MessageWriter argument = new MessageWriter().u32((int) limit.toMillis());
    argument.list(targets, WatchAbility::write);
    return host.open(NAME, argument.toBytes());
  }

  /** Ends it; what was seen, a target each. */
  public static List<Seen> end(Channel channel) throws IOException {
    channel.finish();
    byte[] answer = channel.receive();
    if (answer == null) {
      throw new WireException(channel.peer() + " gave no answer to " + NAME);
    }
    List<Seen> seen = new ArrayList<>();
    for (String line : new MessageReader(answer).texts(TARGETS_MAX, TEXT_MAX)) {
      seen.addAll(Seen.parse(line));
    }
    return seen;
  }

  private static void write(MessageWriter out, Target target) {
    out.text(target.service())
        .text(target.address().getAddress().getHostAddress())
        .u32(target.address().getPort())
        .text(target.url() == null ? "" : target.url().toString())
        .u32(target.statusFrom())
        .u32(target.statusTo());
  }

  private static Target read(MessageReader in) throws WireException {
    String service = in.text(TEXT_MAX);
    String address = in.text(TEXT_MAX);
    int port = in.count(65535);
    String url = in.text(TEXT_MAX);
    try {
      return new Target(
          service,
          new InetSocketAddress(InetAddress.ofLiteral(address), port),
          url.isEmpty() ? null : URI.create(url),
          in.u32(),
          in.u32());
    } catch (IllegalArgumentException e) {
      throw new WireException("malformed message: " + e.getMessage(), e);
    }
  }
}
