package dev.godwit.forward.relay;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.Objects;

/** As {@code FuzzedDecoders}, of the PROXY header that a connection begins with. */
public final class FuzzedHeaders {
  private FuzzedHeaders() {}

  public static void fuzzerTestOneInput(byte[] input) {
    ProxyHeader.Parsed parsed;
    try {
      parsed = ProxyHeader.parse(input, input.length);
    } catch (ProxyHeader.MalformedException e) {
      return; // as it should be
    }
    ProxyHeader.Announced announced = parsed.announced();
    if (announced == null) {
      isTrue(
          parsed.length() == 0 && input.length < ProxyHeader.BYTES_MAX, "it needs more for ever");
      return;
    }
    isTrue(parsed.length() > 0 && parsed.length() <= input.length, "a length beyond its bytes");
    isTrue(begins(input), "a header that would not be noticed from anybody else");
    InetSocketAddress client = announced.client();
    InetSocketAddress destination = announced.destination();
    isTrue((client == null) == (destination == null), "one end alone");
    if (client != null && destination != null) {
      again(ProxyHeader.version2(client, destination, announced.tlvs()), announced);
      again(ProxyHeader.version1(client, destination), announced);
    }
    for (int count = 0; count < parsed.length(); count += 7) {
      try {
        isTrue(ProxyHeader.parse(input, count).announced() == null, "whole before its end");
      } catch (ProxyHeader.MalformedException e) {
        throw new IllegalStateException("refused before its end, and taken at it", e);
      }
    }
  }

  /** What is passed on says the same. */
  private static void again(byte[] header, ProxyHeader.Announced announced) {
    try {
      ProxyHeader.Parsed parsed = ProxyHeader.parse(header, header.length);
      ProxyHeader.Announced next = parsed.announced();
      isTrue(
          next != null
              && parsed.length() == header.length
              && Objects.equals(announced.client(), next.client())
              && Objects.equals(announced.destination(), next.destination())
              && (next.tlvs().length == 0 || Arrays.equals(announced.tlvs(), next.tlvs())),
          "what is passed on says something else");
    } catch (ProxyHeader.MalformedException e) {
      throw new IllegalStateException("what is passed on is no header", e);
    }
  }

  private static boolean begins(byte[] input) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, input);
      return ProxyHeader.begins(0, bytes, input.length) == ProxyHeader.FORGED;
    }
  }

  private static void isTrue(boolean condition, String otherwise) {
    if (!condition) {
      throw new IllegalStateException(otherwise);
    }
  }
}
