package dev.godwit.demo;

import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Namespaces;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The client that keeps asking: about 80 requests a second over several threads of this process
 * which live in the client's network namespace.
 *
 * <p>Open loop: a request is due at its time whether or not the one before has been answered, and
 * its latency counts from then. Nothing is tried twice, but for a command of the long-lived
 * connection that the server's BYE has crossed ({@link ImapLongProbe}).
 */
public final class WatchingClient implements AutoCloseable {
  public static final String HTTP_GET = "http_get";
  public static final String HTTP_POST = "http_post";
  public static final String IMAP = "imap";
  public static final String IMAP_LONG = "imap_long";

  private final long start = System.nanoTime();
  private final Ledger ledger = new Ledger();
  private final Map<String, Measurements> measurements = new LinkedHashMap<>();
  private final List<Thread> threads = new ArrayList<>();
  private final CountDownLatch entered;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final List<ImapLongProbe> longProbes = new ArrayList<>();
  private final String run = Long.toHexString(new SecureRandom().nextLong() >>> 36);
  private volatile String address;
  private volatile String newAddress;
  private volatile int repointed;
  private volatile boolean cannotEnter;

  /**
   * Starts asking.
   *
   * @param host whose network the client lives in
   * @param pages what may be asked for
   * @param address of the service, until {@link #repoint}
   */
  public WatchingClient(LabHost host, LabServices services, List<Page> pages, String address)
      throws LabException {
    this(host, services, pages, address, 1);
  }

  /**
   * The same, asking less.
   *
   * @param rarer the time between two requests is so many times longer
   */
  public WatchingClient(
      LabHost host, LabServices services, List<Page> pages, String address, int rarer)
      throws LabException {
    this.address = address;
    this.newAddress = address;
    record Worker(String protocol, Probe probe, int everyMs) {}
    List<Worker> workers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      workers.add(new Worker(HTTP_GET, new HttpGetProbe(services.pagePort(), pages, i), 80));
    }
    for (int i = 0; i < 2; i++) {
      workers.add(
          new Worker(
              HTTP_POST,
              new HttpPostProbe(LabServices.NOTES_PORT, "note-" + run + "-" + i, ledger),
              100));
    }
    if (services.hasMail()) {
      for (String user : MailUsers.WATCHED) {
        if (user.endsWith("-long")) {
          ImapLongProbe probe =
              new ImapLongProbe(LabServices.IMAP_PORT, user, user + "-" + run, ledger);
          longProbes.add(probe);
          workers.add(new Worker(IMAP_LONG, probe, 500));
        } else {
          workers.add(new Worker(IMAP, new ImapRoundProbe(user, user + "-" + run, ledger), 250));
        }
      }
    }
    entered = new CountDownLatch(workers.size());
    for (int i = 0; i < workers.size(); i++) {
      int number = i;
      Worker worker = workers.get(i);
      Measurements sums =
          measurements.computeIfAbsent(worker.protocol(), name -> new Measurements(name, start));
      long every = TimeUnit.MILLISECONDS.toNanos((long) worker.everyMs() * rarer);
      long first = start + every * i / workers.size(); // not all at the same moment
      threads.add(
          Thread.ofPlatform()
              .daemon()
              .name("client-" + worker.protocol() + "-" + i)
              .start(() -> keepAsking(number, host.pid(), worker.probe(), sums, first, every)));
    }
    try {
      entered.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (cannotEnter) {
      close();
      throw new LabException("the client cannot enter its network namespace; it takes root");
    }
  }

  /** Requests made from now on go there, as when a name's address has changed. */
  public void repoint(String to) {
    address = to;
    repointed = 0;
  }

  /**
   * One more of its users asks there from now on, and those who did already; the others have not
   * heard of it yet.
   *
   * @return whether there are others
   */
  public boolean repointOne(String to) {
    newAddress = to;
    repointed = Math.min(repointed + 1, threads.size());
    return repointed < threads.size();
  }

  public Ledger ledger() {
    return ledger;
  }

  /** Requests made so far. */
  public int requests() {
    return measurements.values().stream().mapToInt(Measurements::requests).sum();
  }

  /** How often the long-lived connection was ended by the server and made again. */
  public int reconnects() {
    return longProbes.stream().mapToInt(ImapLongProbe::reconnects).sum();
  }

  /** What was seen so far, by protocol. */
  public List<ProtocolResult> results() {
    return measurements.values().stream().map(Measurements::result).toList();
  }

  /** Makes no more requests and waits for the answers to those under way. */
  @Override
  public void close() {
    stop.countDown();
    for (Thread thread : threads) {
      try {
        thread.join(2L * Probe.TIMEOUT_MS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private void keepAsking(
      int number, long pid, Probe probe, Measurements sums, long first, long every) {
    try {
      Namespaces.enterNetwork(pid);
    } catch (LinuxException e) {
      cannotEnter = true;
      return;
    } finally {
      entered.countDown();
    }
    long due = first;
    while (stop.getCount() > 0) {
      long now = System.nanoTime();
      boolean early = false;
      while (now < due && stop.getCount() > 0 && !early) {
        early = probe.rest(due - now);
        now = System.nanoTime();
      }
      if (stop.getCount() == 0) {
        break;
      }
      long counted = early ? now : due;
      try {
        probe.ask(number < repointed ? newAddress : address);
        sums.answered(counted, System.nanoTime());
      } catch (IOException | RuntimeException e) {
        sums.failed(counted, System.nanoTime(), String.valueOf(e.getMessage()));
      }
      if (!early) {
        due += every;
      }
    }
    probe.end();
  }
}
