package dev.godwit.stage;

import dev.godwit.host.Ability;
import dev.godwit.host.Processes;
import dev.godwit.host.RuntimeDirectory;
import dev.godwit.host.ThisProgram;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Sysctl;
import dev.godwit.wire.Channel;
import dev.godwit.wire.ChannelStreams;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Puts up a stage on this host and carries the bytes between its first process and whoever asked,
 * for as long as that one keeps the channel. Whatever ends the channel takes the stage down: its
 * processes, mounts and network go with its first process, in the kernel; its folders on disk are
 * removed here.
 */
public final class StageAbility implements Ability {
  static final String NAME = "stage";

  private static final int HEAP_MEGABYTES = 64;
  private static final Duration END_LIMIT = Duration.ofSeconds(5);

  /** Where these forbid or allow to listen, they are to do so on the stage too. */
  private static final List<String> SETTINGS =
      List.of(
          "net/ipv4/ip_nonlocal_bind",
          "net/ipv6/ip_nonlocal_bind",
          "net/ipv6/bindv6only",
          "net/ipv4/ip_unprivileged_port_start",
          "net/core/somaxconn");

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean takesDown() {
    return true;
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException, InterruptedException {
    StageRequest asked = StageRequest.read(new MessageReader(argument));
    StageRequest request = new StageRequest(asked.move(), asked.roots(), addresses(), settings());
    int unused = tidy(request);
    Path log = log(request);
    List<String> argv =
        new ArrayList<>(
            List.of("unshare", "--mount", "--net", "--pid", "--ipc", "--fork", "--kill-child"));
    argv.addAll(ThisProgram.command(HEAP_MEGABYTES, "stage"));
    Process process = Processes.piped(argv, log);
    try {
      MessageReader answer = begin(process, request, log);
      new MessageWriter().texts(answer.texts(10_000, 64 * 1024)).sendTo(channel);
      carry(channel, process, log);
    } finally {
      end(process);
      unused = tidy(request);
    }
  }

  private static Path log(StageRequest request) throws IOException {
    return RuntimeDirectory.of(request.move()).resolve("rehearsal.log");
  }

  /**
   * Removes what a stage leaves on disk.
   *
   * @return how many folders there were beside the trees
   */
  static int tidy(StageRequest request) throws IOException {
    Files.deleteIfExists(log(request));
    return DiskFolders.remove(request.roots(), request.move());
  }

  private static MessageReader begin(Process process, StageRequest request, Path log)
      throws IOException {
    try {
      MessageWriter message = new MessageWriter();
      request.write(message);
      StageProcess.write(process.getOutputStream(), message);
      byte[] bytes = StageProcess.read(new DataInputStream(process.getInputStream()));
      MessageReader answer = new MessageReader(bytes);
      if (answer.u8() != StageProcess.READY) {
        throw new WireException(answer.text(64 * 1024));
      }
      return answer;
    } catch (LinuxException | EOFException e) {
      throw new IOException("a rehearsal cannot be put up here: " + lastWords(log), e);
    } catch (WireException e) {
      throw e;
    } catch (IOException e) {
      throw new IOException(
          "a rehearsal cannot be put up here: %s: %s".formatted(e.getMessage(), lastWords(log)), e);
    }
  }

  /** Returns when the channel has ended, in whichever way. */
  private static void carry(Channel channel, Process process, Path log)
      throws InterruptedException {
    CountDownLatch ending = new CountDownLatch(1);
    Thread back =
        Thread.ofPlatform()
            .daemon()
            .name("godwit stage output")
            .start(() -> carryBack(channel, process, log, ending));
    try (OutputStream out = process.getOutputStream()) {
      byte[] buffer = new byte[64 * 1024];
      InputStream in = ChannelStreams.in(channel);
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        out.write(buffer, 0, count);
        out.flush();
      }
      ending.countDown(); // before its input ends, for then it does, too
    } catch (IOException e) {
      // The channel or the process has ended, and with either of them the stage.
    }
    ending.countDown();
    process.waitFor(END_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    end(process);
    back.join(END_LIMIT);
  }

  /** Does not finish the channel: that means that nothing of the stage is left. */
  private static void carryBack(Channel channel, Process process, Path log, CountDownLatch ending) {
    try {
      process.getInputStream().transferTo(ChannelStreams.out(channel));
      // It ends in order when it was told to through the channel, which is still to be finished.
      boolean isInOrder =
          process.waitFor(END_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
              && process.exitValue() == 0
              && ending.await(END_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
      if (!isInOrder) {
        channel.fail("the rehearsal's process has ended: " + lastWords(log));
      }
    } catch (IOException e) {
      return; // whoever asked has gone, and the other direction ends
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void end(Process process) throws InterruptedException {
    Processes.kill(process);
    process.waitFor();
  }

  /** All but the loopback ones, which every network has. */
  private static List<String> addresses() throws IOException {
    List<String> addresses = new ArrayList<>();
    for (NetworkInterface each : NetworkInterface.networkInterfaces().toList()) {
      each.inetAddresses()
          .filter(address -> !address.isLoopbackAddress() && !address.isLinkLocalAddress())
          .map(InetAddress::getHostAddress)
          .map(text -> text.replaceFirst("%.*", ""))
          .forEach(addresses::add);
    }
    return addresses;
  }

  private static List<StageRequest.Setting> settings() throws IOException {
    List<StageRequest.Setting> settings = new ArrayList<>();
    for (String file : SETTINGS) {
      Path path = Path.of("/proc/sys", file);
      if (Files.exists(path)) {
        settings.add(new StageRequest.Setting(file, Sysctl.read(path)));
      }
    }
    return settings;
  }

  private static String lastWords(Path log) {
    try {
      List<String> lines = Files.readAllLines(log);
      return lines.isEmpty() ? "it said nothing" : lines.getLast();
    } catch (IOException e) {
      return "its log cannot be read: " + e.getMessage();
    }
  }
}
