package dev.godwit.wire;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The open channels of a connection, by their number: positive when this end opened the channel,
 * negative when the peer did. Each side counts its own up by one and never uses a number twice.
 * Guarded by the lock of {@link Outgoing}.
 */
final class ChannelTable {
  private final Map<Integer, MuxChannel> channels = new HashMap<>();
  private int openHere;
  private int openByPeer;
  private int lastNumberHere;
  private int lastNumberOfPeer;

  /** No channel may be opened here now. */
  boolean isFull() {
    return openHere >= Frame.CHANNELS_MAX || lastNumberHere == Integer.MAX_VALUE;
  }

  int nextNumber() {
    return ++lastNumberHere;
  }

  /** The number of a channel that the peer opens now. */
  int numberOfPeer(int wireNumber) throws WireException {
    if (wireNumber <= 0 || wireNumber != lastNumberOfPeer + 1) {
      throw new WireException("a channel out of turn");
    }
    // The peer counts a channel as long as this end does or longer, so an honest one is never here.
    if (openByPeer >= Frame.CHANNELS_MAX) {
      throw new WireException("more than " + Frame.CHANNELS_MAX + " channels");
    }
    lastNumberOfPeer = wireNumber;
    return wireNumber | Frame.OPENED_BY_RECEIVER;
  }

  void put(MuxChannel channel) {
    channels.put(channel.number, channel);
    if (channel.number > 0) {
      openHere++;
    } else {
      openByPeer++;
    }
  }

  /** Whether the channel was still there. */
  boolean remove(MuxChannel channel) {
    if (channels.remove(channel.number) == null) {
      return false;
    }
    if (channel.number > 0) {
      openHere--;
    } else {
      openByPeer--;
    }
    return true;
  }

  /**
   * The channel that a frame of the peer is for.
   *
   * @return null for a channel that is over: its last frames may still be under way
   */
  @Nullable MuxChannel find(int wireNumber) throws WireException {
    // The peer's top bit says that this end opened the channel; here it is the other way round.
    int number = wireNumber ^ Frame.OPENED_BY_RECEIVER;
    MuxChannel channel = channels.get(number);
    boolean wasOpen =
        number > 0 ? number <= lastNumberHere : wireNumber > 0 && wireNumber <= lastNumberOfPeer;
    if (channel == null && !wasOpen) {
      throw new WireException("a frame for a channel that was never opened");
    }
    return channel;
  }

  List<MuxChannel> all() {
    return List.copyOf(channels.values());
  }
}
