package dev.godwit.demo;

import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.CRC32;

/** Gets pages of the site, one connection each, and compares what comes with what was written. */
final class HttpGetProbe implements Probe {
  private final int port;
  private final List<Page> pages;
  private final SplittableRandom random;

  HttpGetProbe(int port, List<Page> pages, long seed) {
    this.port = port;
    this.pages = pages;
    this.random = new SplittableRandom(seed);
  }

  @Override
  public void ask(String address) throws IOException {
    Page page = pages.get(random.nextInt(pages.size()));
    HttpExchange exchange = HttpExchange.make(address, port, "GET", page.path(), new byte[0]);
    if (exchange.status() != 200) {
      throw new IOException("GET " + page.path() + " was answered " + exchange.status());
    }
    CRC32 crc = new CRC32();
    crc.update(exchange.body());
    if (exchange.body().length != page.size() || crc.getValue() != page.crc()) {
      throw new IOException("GET " + page.path() + " gave other content than was written");
    }
  }
}
