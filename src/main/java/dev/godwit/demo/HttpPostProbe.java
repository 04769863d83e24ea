package dev.godwit.demo;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Posts notes with ids of its own, and remembers those that were acknowledged. */
final class HttpPostProbe implements Probe {
  private final int port;
  private final String name;
  private final Ledger ledger;
  private int count;

  HttpPostProbe(int port, String name, Ledger ledger) {
    this.port = port;
    this.name = name;
    this.ledger = ledger;
  }

  @Override
  public void ask(String address) throws IOException {
    String id = name + "-" + count++;
    byte[] body = (id + " a note that must not get lost\n").getBytes(StandardCharsets.US_ASCII);
    HttpExchange exchange = HttpExchange.make(address, port, "POST", "/notes", body);
    String answer = new String(exchange.body(), StandardCharsets.US_ASCII).strip();
    if (exchange.status() != 201 || !answer.equals(id)) {
      throw new IOException("POST of " + id + " was answered " + exchange.status() + " " + answer);
    }
    ledger.noteAcknowledged(id);
  }
}
