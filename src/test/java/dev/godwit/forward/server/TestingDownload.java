package dev.godwit.forward.server;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;

/**
 * A web server that gives {@code /N} megabytes, every 4 KiB of them with their own number in random
 * bytes, and knows what they have to be.
 */
final class TestingDownload implements AutoCloseable {
  private static final int BLOCK = 1 << 20;
  private static final int STAMP_EVERY = 4096;

  private final ServerSocket listener = new ServerSocket();
  private final byte[] random = new byte[BLOCK];
  private final int megabytesMax;

  TestingDownload(int port, int megabytesMax) throws IOException {
    this.megabytesMax = megabytesMax;
    new Random(11).nextBytes(random);
    listener.bind(new InetSocketAddress("127.0.0.1", port));
    Thread.ofPlatform().daemon().start(this::serve);
  }

  private void fill(byte[] block, int number) {
    System.arraycopy(random, 0, block, 0, BLOCK);
    ByteBuffer stamps = ByteBuffer.wrap(block);
    for (int at = 0; at < BLOCK; at += STAMP_EVERY) {
      stamps.putInt(at, number).putInt(at + 4, at);
    }
  }

  private void serve() {
    while (!listener.isClosed()) {
      try (Socket client = listener.accept()) {
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII));
        int megabytes = Integer.parseInt(in.readLine().split(" ")[1].substring(1));
        while (!in.readLine().isEmpty()) {
          // the rest of the request's head
        }
        send(client.getOutputStream(), Math.min(megabytes, megabytesMax));
      } catch (IOException e) {
        continue; // the comparison sees it
      }
    }
  }

  private void send(OutputStream out, int megabytes) throws IOException {
    String head = "HTTP/1.0 200 OK\r\nContent-Length: " + (long) megabytes * BLOCK + "\r\n\r\n";
    out.write(head.getBytes(StandardCharsets.US_ASCII));
    byte[] block = new byte[BLOCK];
    for (int i = 0; i < megabytes; i++) {
      fill(block, i);
      out.write(block);
    }
  }

  /** The first byte that is not as it was sent, or where it ends too early or late; -1 for none. */
  long mismatch(InputStream in, int megabytes) throws IOException {
    byte[] expected = new byte[BLOCK];
    for (int i = 0; i < megabytes; i++) {
      fill(expected, i);
      byte[] got = in.readNBytes(BLOCK);
      int at = Arrays.mismatch(expected, got);
      if (at >= 0) {
        return (long) i * BLOCK + at;
      }
    }
    return in.read() < 0 ? -1 : (long) megabytes * BLOCK;
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
