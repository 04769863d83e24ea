package dev.godwit.wire;

final class InMemoryChannelsTest extends ChannelContract {
  @Override
  InMemoryChannels.ChannelPair open() {
    return InMemoryChannels.pair(A, B);
  }
}
