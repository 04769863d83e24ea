package dev.godwit.demo;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * One HTTP request on a connection of its own.
 *
 * @param status as answered
 * @param body all of it
 */
record HttpExchange(int status, byte[] body) {
  private static final int BODY_BYTES_MAX = 1 << 20;

  static HttpExchange make(String address, int port, String method, String path, byte[] body)
      throws IOException {
    try (Socket socket = new Socket()) {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(Probe.TIMEOUT_MS);
      socket.connect(new InetSocketAddress(address, port), Probe.TIMEOUT_MS);
      String head =
          "%s %s HTTP/1.1\r\nHost: mail.demo.example\r\nConnection: close\r\n%s\r\n"
              .formatted(
                  method, path, body.length > 0 ? "Content-Length: " + body.length + "\r\n" : "");
      byte[] start = head.getBytes(StandardCharsets.US_ASCII);
      byte[] all = new byte[start.length + body.length];
      System.arraycopy(start, 0, all, 0, start.length);
      System.arraycopy(body, 0, all, start.length, body.length);
      socket.getOutputStream().write(all);
      InputStream in = new BufferedInputStream(socket.getInputStream());
      String[] words = line(in).split(" ", 3);
      if (words.length < 2) {
        throw new IOException("the answer is not HTTP");
      }
      int length = -1;
      for (String header = line(in); !header.isEmpty(); header = line(in)) {
        if (header.regionMatches(true, 0, "content-length:", 0, 15)) {
          length = Integer.parseInt(header.substring(15).trim());
        }
      }
      if (length < 0 || length > BODY_BYTES_MAX) {
        throw new IOException("the answer has no usable length");
      }
      byte[] answer = in.readNBytes(length);
      if (answer.length < length) {
        throw new EOFException(
            "the answer ends after " + answer.length + " of " + length + " bytes");
      }
      return new HttpExchange(Integer.parseInt(words[1]), answer);
    }
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder text = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new EOFException("the connection ended before the answer did");
      }
      if (c != '\r') {
        text.append((char) c);
      }
    }
    return text.toString();
  }
}
