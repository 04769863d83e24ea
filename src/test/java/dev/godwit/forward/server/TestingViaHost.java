package dev.godwit.forward.server;

import static org.assertj.core.api.Assumptions.assumeThat;

import dev.godwit.TestingPatience;
import dev.godwit.forward.TestingNamespace;
import dev.godwit.host.AgentFile;
import dev.godwit.host.TestingSshd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A host that is reached by {@code --via}: a real sshd in a namespace, and the agent behind it. The
 * command finds an {@code ssh} that goes there and needs nothing of whoever runs the test. Needs
 * the packaged jar.
 */
final class TestingViaHost implements AutoCloseable {
  private final Path jar = Path.of(System.getProperty(AgentFile.PROPERTY, "target/godwit.jar"));
  private final Path folder;
  private final TestingSshd sshd;

  TestingViaHost(TestingNamespace far) throws Exception {
    assumeThat(jar).as("packaged before").isRegularFile();
    folder = Files.createTempDirectory(Path.of("/tmp"), "godwit-");
    Path agents = folder.resolve("agent");
    sshd =
        far.call(() -> new TestingSshd(folder, Map.of("GODWIT_AGENT_FOLDER", agents.toString())));
    List<String> ssh = new ArrayList<>(far.inside("/usr/bin/ssh"));
    ssh.addAll(sshd.clientArguments());
    Path program = Files.createDirectory(folder.resolve("bin")).resolve("ssh");
    Files.writeString(program, "#!/bin/sh\nexec " + String.join(" ", ssh) + " \"$@\"\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
  }

  /** {@code godwit forward --via} this host. */
  TestingForward start(TestingNamespace near, String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of("--via", sshd.destination().text()));
    all.addAll(List.of(arguments));
    return TestingForward.startUnder(
        near,
        List.of("env", "PATH=" + folder.resolve("bin") + ":" + System.getenv("PATH")),
        List.of("-D" + AgentFile.PROPERTY + "=" + jar.toAbsolutePath()),
        all.toArray(String[]::new));
  }

  /** With SIGKILL, and waits until they are gone. */
  void killAgents() throws Exception {
    List<ProcessHandle> agents = sshd.agents().toList();
    if (agents.isEmpty()) {
      throw new IOException("no agent is there");
    }
    for (ProcessHandle agent : agents) {
      agent.destroyForcibly();
    }
    TestingPatience.await("their end", () -> agents.stream().noneMatch(ProcessHandle::isAlive));
  }

  /** Until those who were connected have left. */
  void awaitNoAgents() throws Exception {
    TestingPatience.await("the agents' end", () -> sshd.agents().findAny().isEmpty());
  }

  @Override
  public void close() throws Exception {
    sshd.close();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
