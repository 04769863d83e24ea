package dev.godwit.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Connections that have said a byte each, and heard one, and are silent since: the memory of the
 * relay's processes, without the kernel's own for the sockets, which is the same for all. Pages
 * that several of them share count once; that others of this machine have them as well, as each JVM
 * has the program of the JVM, makes nothing smaller (Pss would: it depends on what else runs).
 */
record IdleLoad(int connections) implements RelayLoad {
  static final Figure EACH = new Figure("KB each", false);
  static final Figure BASE = new Figure("MB base", false);
  static final Figure COUNT = new Figure("held", true);

  /**
   * Until what a start, or many connections at once, leaves behind is given back: the JVM looks for
   * what its compiler needs no more every 5 s, and then every 2 s.
   */
  private static final long SETTLE_MILLIS = 12_000;

  @Override
  public List<Figure> figures() {
    return List.of(EACH, BASE, COUNT);
  }

  @Override
  public int server() {
    return RelayServers.ECHO;
  }

  @Override
  public Map<String, Double> run(Way way, boolean brief) throws IOException, InterruptedException {
    if (brief) {
      return Map.of(); // it starts with nothing
    }
    int count = Math.min(connections, way.connectionsMax());
    Thread.sleep(SETTLE_MILLIS);
    double base = memory_bytes(way.group());
    List<SocketChannel> open = new ArrayList<>();
    try {
      ByteBuffer one = ByteBuffer.allocateDirect(1);
      for (int i = 0; i < count; i++) {
        SocketChannel channel = SocketChannel.open();
        open.add(channel);
        channel.connect(new InetSocketAddress("127.0.0.1", way.port()));
        channel.write(one.clear().put((byte) i).flip());
        if (channel.read(one.clear()) != 1 || one.get(0) != (byte) i) {
          throw new IOException("connection " + i + " of " + count + " was not answered");
        }
      }
      Thread.sleep(SETTLE_MILLIS);
      double full = memory_bytes(way.group());
      Map<String, Double> figures = new LinkedHashMap<>();
      figures.put(EACH.name(), (full - base) / count / 1024);
      figures.put(BASE.name(), base / 1e6);
      figures.put(COUNT.name(), (double) count);
      return figures;
    } finally {
      for (SocketChannel channel : open) {
        channel.close();
      }
    }
  }

  /**
   * Of those of its processes that do not end meanwhile: what each has for itself, and once the
   * most that one of them shares, as they are processes of one program.
   */
  static double memory_bytes(RunGroup group) throws IOException {
    long own_kb = 0;
    long shared_kb = 0;
    for (String process : group.processes()) {
      List<String> shares = shares(process);
      own_kb += kb(shares, "Private_");
      shared_kb = Math.max(shared_kb, kb(shares, "Shared_"));
    }
    return (own_kb + shared_kb) * 1024.0;
  }

  private static long kb(List<String> shares, String kind) {
    long kb = 0;
    for (String line : shares) {
      if (line.startsWith(kind) && !line.startsWith(kind + "Hugetlb")) {
        kb += Long.parseLong(line.substring(line.indexOf(':') + 1).replace("kB", "").strip());
      }
    }
    return kb;
  }

  private static List<String> shares(String process) {
    try {
      return Files.readAllLines(Path.of("/proc", process, "smaps_rollup"));
    } catch (IOException e) {
      return List.of(); // it has ended
    }
  }
}
