package dev.godwit.forward.rules;

import dev.godwit.daemon.Words;
import dev.godwit.linux.Sockets;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** Addresses with a common beginning: {@code 10.0.0.0/8}, {@code 2001:db8::1}. */
public record Network(InetAddress address, int bits) {
  /**
   * @throws IllegalArgumentException for people, when it is none
   */
  public static Network parse(String text) {
    int slash = text.indexOf('/');
    String host = slash < 0 ? text : text.substring(0, slash);
    InetAddress address = literal(host);
    int all = address == null ? 0 : address.getAddress().length * 8;
    int bits = slash < 0 ? all : Words.number(text.substring(slash + 1), all);
    if (address == null || bits < 0) {
      throw new IllegalArgumentException(
          "found " + text + ", expected an address or a network such as 10.0.0.0/8");
    }
    Network network = new Network(address, bits);
    // 10.1.0.0/1 may be meant for 10.1.0.0/16, and is half of all addresses (H44).
    if (!network.first().equals(address)) {
      throw new IllegalArgumentException(
          "found %s, of which the first %d bits are %s/%2$d; expected that, or more bits"
              .formatted(text, bits, Sockets.display(network.first())));
    }
    return network;
  }

  /** The lowest address in it. */
  private InetAddress first() {
    byte[] first = address.getAddress();
    for (int bit = bits; bit < first.length * 8; bit++) {
      first[bit / 8] &= (byte) ~(0x80 >> (bit % 8));
    }
    try {
      return InetAddress.getByAddress(first);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e); // it has the length of another address
    }
  }

  public boolean contains(InetAddress other) {
    byte[] ours = address.getAddress();
    byte[] theirs = other.getAddress();
    if (ours.length != theirs.length) {
      return false;
    }
    int whole = bits / 8;
    for (int i = 0; i < whole; i++) {
      if (ours[i] != theirs[i]) {
        return false;
      }
    }
    int rest = bits % 8;
    return rest == 0 || (ours[whole] ^ theirs[whole]) >> (8 - rest) == 0;
  }

  /** The address that a text is, without asking any name server; null when it is none. */
  static @org.jspecify.annotations.Nullable InetAddress literal(String text) {
    boolean four = text.chars().allMatch(c -> c == '.' || c >= '0' && c <= '9');
    if (text.isEmpty() || (!four && text.indexOf(':') < 0)) {
      return null;
    }
    if (four && text.chars().filter(c -> c == '.').count() != 3) {
      return null; // 80 would be 0.0.0.80
    }
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      return null;
    }
  }

  @Override
  public String toString() {
    return Sockets.display(address) + "/" + bits;
  }
}
