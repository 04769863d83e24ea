package dev.godwit.wire;

/** The contract over a connection once more, opened by B. */
final class ConnectionChannelOpenedByPeerTest extends ConnectionChannelTest {
  @Override
  Connection opener() {
    return b;
  }
}
