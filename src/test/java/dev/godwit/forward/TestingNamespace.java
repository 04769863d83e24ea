package dev.godwit.forward;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Syscall;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/** A network namespace of a test's own, with loopback up; deleted at the end. */
public final class TestingNamespace implements AutoCloseable {
  private static final long SETNS = Syscall.number(308, 268);
  private static final long OPENAT = Syscall.number(257, 56);
  private static final int CLONE_NEWNET = 0x40000000;
  private static final AtomicInteger COUNT = new AtomicInteger();

  public final String name = "gwf-" + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet();

  public TestingNamespace() throws Exception {
    command("ip", "netns", "add", name);
    command("ip", "-n", name, "link", "set", "lo", "up");
  }

  /** Connects two namespaces: 10.9.0.1 and fd09::1 here, 10.9.0.2 and fd09::2 there. */
  public void connectTo(TestingNamespace other) throws Exception {
    connectTo(other, 9);
  }

  /** As {@link #connectTo(TestingNamespace)}, in the networks 10.{@code net} and fd0{@code net}. */
  public void connectTo(TestingNamespace other, int net) throws Exception {
    String here = "gw" + net + "a";
    String there = "gw" + net + "b";
    command(
        "ip",
        "-n",
        name,
        "link",
        "add",
        here,
        "type",
        "veth",
        "peer",
        "name",
        there,
        "netns",
        other.name);
    address(name, here, net, 1);
    address(other.name, there, net, 2);
  }

  private static void address(String namespace, String device, int net, int host) throws Exception {
    String four = "10." + net + ".0." + host + "/24";
    String six = "fd0" + net + "::" + host + "/64";
    command("ip", "-n", namespace, "addr", "add", four, "dev", device);
    command("ip", "-n", namespace, "-6", "addr", "add", six, "dev", device, "nodad");
    command("ip", "-n", namespace, "link", "set", device, "up");
  }

  /** Runs on a new thread in the namespace; threads that it starts are in it too. */
  public <T> T call(Callable<T> body) throws Exception {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .name("in " + name)
        .start(
            () -> {
              try {
                enter();
                result.complete(body.call());
              } catch (Throwable t) {
                result.completeExceptionally(t);
              }
            });
    try {
      return result.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      if (e.getCause() instanceof Error cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** Moves the calling thread here for good. */
  void enter() throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      long path = arena.allocateFrom("/run/netns/" + name).address();
      long fd = LinuxException.check(Syscall.call(OPENAT, -100, path, 0x80000, 0), "openat", name);
      LinuxException.check(Syscall.call(SETNS, fd, CLONE_NEWNET), "setns", name);
      dev.godwit.linux.Sockets.close((int) fd);
    }
  }

  /** A command line that runs in here. */
  public List<String> inside(String... command) {
    List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", name));
    all.addAll(Arrays.asList(command));
    return all;
  }

  public static String command(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + ": " + said);
    }
    return said;
  }

  @Override
  public void close() throws Exception {
    List<String> shared = sharedThreads();
    command("ip", "netns", "delete", name);
    assertThat(shared)
        .as("threads that later tests of this process share, and that are in %s for good", name)
        .isEmpty();
  }

  /**
   * Those that carry virtual threads are started by whoever needs one more, and inherit where he
   * is: what is in a namespace uses platform threads only.
   */
  private List<String> sharedThreads() throws IOException {
    Object here = Files.getAttribute(Path.of("/run/netns", name), "unix:ino");
    List<String> found = new ArrayList<>();
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
      for (Path thread : threads) {
        try {
          String called = Files.readString(thread.resolve("comm")).strip();
          if (called.startsWith("ForkJoinPool")
              && Objects.equals(Files.getAttribute(thread.resolve("ns/net"), "unix:ino"), here)) {
            found.add(called);
          }
        } catch (IOException e) {
          // It has ended.
        }
      }
    }
    return found;
  }
}
