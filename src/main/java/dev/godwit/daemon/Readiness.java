package dev.godwit.daemon;

import dev.godwit.linux.LinuxException;
import dev.godwit.linux.UnixSockets;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the service manager is told of this process, by sd_notify(3). Says nothing when nobody asked
 * for it. Any thread.
 */
public final class Readiness {
  private final @Nullable String address;
  private final @Nullable Duration watchdog;

  private Readiness(@Nullable String address, @Nullable Duration watchdog) {
    this.address = address;
    this.watchdog = watchdog;
  }

  /**
   * @param environment of this process: {@code NOTIFY_SOCKET}, {@code WATCHDOG_USEC}
   */
  public static Readiness of(Map<String, String> environment) {
    String address = environment.get("NOTIFY_SOCKET");
    String micros = environment.get("WATCHDOG_USEC");
    boolean isSocket = address != null && (address.startsWith("/") || address.startsWith("@"));
    Duration limit = null;
    if (micros != null && micros.matches("[1-9][0-9]{0,17}")) {
      limit =
          Duration.ofNanos(Math.multiplyExact(1000L, Math.min(Long.parseLong(micros), 1L << 50)));
    }
    return new Readiness(isSocket ? address : null, limit);
  }

  /** How often {@link #alive} is to be said at least; null when nobody waits for it. */
  public @Nullable Duration aliveEvery() {
    return watchdog == null || address == null ? null : watchdog.dividedBy(2);
  }

  /** The process does what it is there for. */
  public void ready() throws LinuxException {
    tell("READY=1");
  }

  /** It has begun to end. */
  public void stopping() throws LinuxException {
    tell("STOPPING=1");
  }

  /** It is not stuck. */
  public void alive() throws LinuxException {
    tell("WATCHDOG=1");
  }

  /** A line that `systemctl status` shows. */
  public void status(String line) throws LinuxException {
    tell("STATUS=" + line.replace('\n', ' '));
  }

  private void tell(String text) throws LinuxException {
    if (address != null) {
      UnixSockets.sendDatagram(address, text.getBytes(StandardCharsets.UTF_8));
    }
  }
}
