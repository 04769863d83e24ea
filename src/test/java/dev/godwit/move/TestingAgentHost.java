package dev.godwit.move;

import dev.godwit.demo.LabHost;
import dev.godwit.host.AgentFile;
import dev.godwit.host.ConnectedHost;
import dev.godwit.wire.Connection;
import dev.godwit.wire.ConnectionSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A host of the lab whose agent is started without ssh: what a move orders, without a move. */
final class TestingAgentHost extends ConnectedHost {
  private final Process agent;

  private TestingAgentHost(String name, Connection connection, Process agent) {
    super(name, connection);
    this.agent = agent;
  }

  static TestingAgentHost on(LabHost host) throws IOException {
    List<String> argv = new ArrayList<>(TestingMove.program());
    argv.add("agent");
    Process agent = host.command(argv).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    Connection connection =
        Connection.start(
            agent.getInputStream(),
            agent.getOutputStream(),
            host.name(),
            Connection::refuse,
            ConnectionSettings.of(AgentFile.of(TestingMove.jar()).sha256()));
    return new TestingAgentHost(host.name(), connection, agent);
  }

  @Override
  public void close() {
    connection.close();
    agent.descendants().forEach(ProcessHandle::destroyForcibly);
    agent.destroyForcibly();
  }
}
