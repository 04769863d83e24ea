package dev.godwit.move;

import dev.godwit.TestingPatience;
import dev.godwit.demo.LabHost;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * A real systemd as process 1 of a host of the lab, in process, mount and control group namespaces
 * of its own within the host's: the host's network and files outlive a reboot, as cables and disks
 * do. It starts nothing at boot but what a test has installed.
 *
 * <p>Its control groups are the only thing that the kernel does not end with it. They are removed
 * by {@link #close}, and those of tests that were killed before by the next boot.
 */
final class TestingSystemd implements AutoCloseable {
  private static final String PROGRAM = "/lib/systemd/systemd";
  private static final String GROUPS = "/media/godwit-lab-groups";
  private static final String GROUP = "godwit-lab-";
  private static final Duration BOOT_LIMIT = TestingPatience.LIMIT;
  private static final AtomicInteger COUNT = new AtomicInteger();

  /** Once for a host, on its own disk: a host on which nothing but systemd itself is installed. */
  private static final String INSTALL =
      """
      set -eu
      shopt -s nullglob
      rm -rf /etc/systemd/system /etc/rc?.d/S* /etc/init.d/*
      mkdir -p /etc/systemd/system /etc/systemd/system-generators
      for file in /lib/systemd/system-generators/*; do
        case ${file##*/} in
          systemd-sysv-generator) ;;
          *) ln -s /dev/null "/etc/systemd/system-generators/${file##*/}" ;;
        esac
      done
      for file in /lib/systemd/system/{sysinit,local-fs,sockets,timers,multi-user,graphical}.target.wants/*; do
        ln -sf /dev/null "/etc/systemd/system/${file##*/}"
      done
      ln -s /lib/systemd/system/multi-user.target /etc/systemd/system/default.target
      """;

  /** Argument: the folder of its control group. */
  private static final String BOOT =
      """
      set -eu
      echo $$ >"$1/cgroup.procs"
      exec unshare --cgroup --mount --pid --fork --kill-child --propagation private \\
        bash -c "$2" lab-boot
      """;

  /**
   * What is there before systemd is: no terminals and disks of the machine, and nothing of the
   * kernel to be set but the network.
   */
  private static final String FIRST =
      """
      set -eu
      mount -t proc proc /proc
      umount -R -l /sys/fs/cgroup
      mount -t cgroup2 cgroup /sys/fs/cgroup
      mount -t tmpfs -o mode=755 run /run
      mount -t tmpfs -o mode=1777 tmp /tmp
      mkdir /run/dev
      mount -t tmpfs -o mode=755 dev /run/dev
      cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty /run/dev
      ln -s /proc/self/fd /run/dev/fd
      for n in 0:stdin 1:stdout 2:stderr; do ln -s fd/${n%:*} /run/dev/${n#*:}; done
      ln -s null /run/dev/console
      mkdir /run/dev/pts /run/dev/shm
      mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts /run/dev/pts
      ln -s pts/ptmx /run/dev/ptmx
      mount -t tmpfs -o mode=1777 shm /run/dev/shm
      umount -R -l /dev
      mount --move /run/dev /dev
      rmdir /run/dev
      mount --bind /proc/sys /proc/sys
      mount --bind /proc/sys/net /proc/sys/net
      mount -o remount,bind,ro /proc/sys
      exec env -i PATH="$PATH" LANG=C.UTF-8 container=godwit-lab /lib/systemd/systemd --system
      """;

  private final LabHost host;
  private final String group;
  private Process holder;

  private TestingSystemd(LabHost host, String group, Process holder) {
    this.host = host;
    this.group = group;
    this.holder = holder;
  }

  /**
   * Boots a host; from now on its commands run and its paths lead where systemd is.
   *
   * <p>Where the machine has no systemd, or lets nobody have control groups, the test is skipped.
   */
  static TestingSystemd boot(LabHost host) throws IOException, InterruptedException {
    Assumptions.assumeTrue(Files.isExecutable(Path.of(PROGRAM)), "there is no " + PROGRAM);
    String group =
        "%s%d-%d".formatted(GROUP, ProcessHandle.current().pid(), COUNT.incrementAndGet());
    LabHost.Outcome mounted =
        host.run(
            "bash",
            "-c",
            "mkdir -p %1$s && { mountpoint -q %1$s || mount -t cgroup2 godwit-lab %1$s; } && mkdir %1$s/%2$s && rmdir %1$s/%2$s"
                .formatted(GROUPS, group));
    Assumptions.assumeTrue(
        mounted.succeeded(), "no control group can be made here: " + mounted.err());
    sweep(host.path(GROUPS));
    host.must("bash", "-c", INSTALL);
    Process holder = start(host, group);
    TestingSystemd systemd = new TestingSystemd(host, group, holder);
    boolean isUp = false;
    try {
      systemd.awaitUp();
      isUp = true;
    } finally {
      if (!isUp) {
        systemd.close();
      }
    }
    return systemd;
  }

  private static Process start(LabHost host, String group) throws IOException {
    Path folder = Path.of(GROUPS, group);
    Files.createDirectory(host.path(folder.toString()));
    return host.command(List.of("bash", "-c", BOOT, "lab-boot", folder.toString(), FIRST))
        .redirectErrorStream(true)
        .redirectOutput(host.path("/var/log/lab-boot").toFile())
        .start();
  }

  private void awaitUp() throws IOException, InterruptedException {
    long end = System.nanoTime() + BOOT_LIMIT.toNanos();
    Optional<Long> first = first();
    while (first.isEmpty()) {
      refuse(!holder.isAlive(), "it ended");
      refuse(System.nanoTime() > end, "it was not started");
      Thread.sleep(10);
      first = first();
    }
    host.enter(first.get());
    String state = state();
    while (!state.equals("running") && !state.equals("degraded")) {
      refuse(!holder.isAlive(), "it ended");
      refuse(
          System.nanoTime() > end,
          state + ", " + host.run("systemctl", "--no-pager", "list-jobs").out());
      Thread.sleep(20);
      state = state();
    }
  }

  private void refuse(boolean isBad, String why) throws IOException {
    if (isBad) {
      host.leave();
      throw new AssertionError(
          "systemd does not boot on %s: %s%n%s"
              .formatted(
                  host.name(),
                  why,
                  new String(host.readFile("/var/log/lab-boot"), StandardCharsets.UTF_8)));
    }
  }

  private String state() throws IOException {
    return host.run("systemctl", "is-system-running").out().strip();
  }

  /** systemd's number on the machine, when it has begun: in its own namespace it is 1. */
  private Optional<Long> first() {
    return holder
        .toHandle()
        .descendants()
        .map(ProcessHandle::pid)
        .filter(TestingSystemd::isFirst)
        .findFirst();
  }

  private static boolean isFirst(long pid) {
    Path process = Path.of("/proc/" + pid);
    try {
      boolean isOne =
          Files.readAllLines(process.resolve("status")).stream()
              .anyMatch(line -> line.matches("NSpid:\\s+[0-9]+\\s+[0-9]+\\s+1"));
      return isOne && Files.readString(process.resolve("comm")).strip().equals("systemd");
    } catch (IOException e) {
      return false; // it has ended
    }
  }

  /** Runs {@code systemctl} on the host; what it wrote, whatever its exit status. */
  String ctl(String... arguments) throws IOException {
    String[] argv = new String[arguments.length + 1];
    argv[0] = "systemctl";
    System.arraycopy(arguments, 0, argv, 1, arguments.length);
    LabHost.Outcome outcome = host.run(argv);
    return (outcome.out() + outcome.err()).strip();
  }

  /** The unit's state: {@code active}, {@code inactive}, {@code failed}. */
  String active(String unit) throws IOException {
    return ctl("show", "-p", "ActiveState", "--value", unit);
  }

  /** Writes a unit of the administrator's; systemd has read it when this returns. */
  void unit(String name, String text) throws IOException {
    unit("/etc/systemd/system/", name, text);
  }

  /** The same in another folder, which has a slash at its end. */
  void unit(String folder, String name, String text) throws IOException {
    host.writeFile(folder + name, text);
    host.must("systemctl", "daemon-reload");
  }

  /** Power off, without a word to anybody; and on again. */
  void reboot() throws IOException, InterruptedException {
    off();
    TestingBoot.forget(host);
    holder = start(host, group);
    awaitUp();
    TestingBoot.awaitGoneOn(host);
  }

  private void off() throws IOException, InterruptedException {
    host.leave();
    first().flatMap(ProcessHandle::of).ifPresent(ProcessHandle::destroyForcibly);
    if (!holder.waitFor(10, TimeUnit.SECONDS)) {
      holder.descendants().forEach(ProcessHandle::destroyForcibly);
      holder.destroyForcibly().waitFor();
    }
    remove(host.path(GROUPS).resolve(group));
  }

  /** Ends it, and everything that runs in it; the host is as the lab has made it. */
  @Override
  public void close() {
    try {
      off();
    } catch (IOException e) {
      throw new AssertionError("a systemd of the lab has left something: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Groups of tests that have ended. */
  private static void sweep(Path groups) throws IOException {
    try (DirectoryStream<Path> left = Files.newDirectoryStream(groups, GROUP + "*-*")) {
      for (Path each : left) {
        String owner = each.getFileName().toString().substring(GROUP.length()).split("-", 2)[0];
        if (owner.matches("[0-9]+") && ProcessHandle.of(Long.parseLong(owner)).isEmpty()) {
          remove(each);
        }
      }
    }
  }

  /** A group whose processes have ended; the kernel may need a moment to see that. */
  private static void remove(Path group) throws IOException {
    long end = System.nanoTime() + TestingPatience.LIMIT.toNanos();
    while (Files.exists(group)) {
      try (Stream<Path> all = Files.walk(group)) {
        for (Path folder :
            all.filter(Files::isDirectory).sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(folder);
        }
      } catch (NoSuchFileException e) {
        continue; // another test has swept it too
      } catch (IOException | java.io.UncheckedIOException e) {
        if (System.nanoTime() > end) {
          throw new IOException(group + " cannot be removed", e);
        }
      }
    }
  }
}
