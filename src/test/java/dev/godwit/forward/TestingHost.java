package dev.godwit.forward;

import dev.godwit.host.Ability;
import dev.godwit.host.Host;
import dev.godwit.wire.Channel;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** A host whose abilities are served at once, on the thread that opens the channel. */
final class TestingHost implements Host {
  private final Map<String, Ability> abilities;

  TestingHost(Ability... abilities) {
    this.abilities =
        Arrays.stream(abilities).collect(java.util.stream.Collectors.toMap(Ability::name, a -> a));
  }

  @Override
  public String name() {
    return "old (this host)";
  }

  @Override
  public boolean isLocal() {
    return true;
  }

  @Override
  public Channel open(String ability, byte[] argument) {
    Answers channel = new Answers();
    Ability served = abilities.get(ability);
    if (served == null) {
      channel.fail("no ability " + ability);
      return channel;
    }
    try {
      served.serve(channel, argument);
    } catch (IOException e) {
      channel.fail(String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      channel.fail("interrupted");
    }
    return channel;
  }

  @Override
  public void close() {}

  private static final class Answers implements Channel {
    private final Queue<byte[]> answers = new ArrayDeque<>();
    private @Nullable String failure;

    @Override
    public String peer() {
      return "old (this host)";
    }

    @Override
    public void send(byte[] buffer, int offset, int length) {
      answers.add(Arrays.copyOfRange(buffer, offset, offset + length));
    }

    @Override
    public byte @Nullable [] receive() throws WireException {
      if (failure != null) {
        throw new WireException(failure);
      }
      return answers.poll();
    }

    @Override
    public void finish() {}

    @Override
    public void fail(String reason) {
      failure = reason;
    }

    @Override
    public void close() {}
  }
}
