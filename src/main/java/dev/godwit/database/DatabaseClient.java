package dev.godwit.database;

import dev.godwit.host.Host;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Asks a host about database files. Threads: safe. */
public final class DatabaseClient {
  private final Host host;

  public DatabaseClient(Host host) {
    this.host = host;
  }

  /** The data directories at or below a path, a few directories deep; none within another. */
  public List<Found> search(String path) throws IOException {
    // The engine does not matter.
    return ask(DatabaseAbility.SEARCH, path, Duration.ZERO, Engine.MARIADB)
        .list(DatabaseAbility.FOUND_MAX, DatabaseClient::readFound);
  }

  /**
   * How much lies below a path, and in files that have changed lately.
   *
   * @param lately up to now; whole seconds
   */
  public Amount measure(String path, Duration lately) throws IOException {
    MessageReader answer = ask(DatabaseAbility.MEASURE, path, lately, Engine.MARIADB);
    return new Amount(answer.u64(), answer.u64(), answer.u64(), answer.u64());
  }

  /** Which servers of a kind are installed there, in ascending order. */
  public List<ServerVersion> installed(Engine engine) throws IOException {
    return versions(ask(DatabaseAbility.INSTALLED, "/", Duration.ZERO, engine));
  }

  /** Which server has written a data directory last; empty when the directory does not say. */
  public Optional<ServerVersion> writtenBy(Engine engine, String path) throws IOException {
    return versions(ask(DatabaseAbility.WRITTEN_BY, path, Duration.ZERO, engine)).stream()
        .findFirst();
  }

  private static List<ServerVersion> versions(MessageReader answer) throws IOException {
    return answer.list(
        DatabaseAbility.VERSIONS_MAX,
        in ->
            new ServerVersion(
                in.text(DatabaseAbility.PRODUCT_MAX), in.count(10_000), in.count(10_000)));
  }

  private static Found readFound(MessageReader in) throws WireException {
    return new Found(in.text(DatabaseAbility.PATH_MAX), Engine.read(in));
  }

  private MessageReader ask(int question, String path, Duration lately, Engine engine)
      throws IOException {
    MessageWriter request =
        new MessageWriter().u8(question).text(path).u32((int) lately.toSeconds());
    engine.write(request);
    return new MessageReader(host.call(DatabaseAbility.NAME, request.toBytes()));
  }
}
