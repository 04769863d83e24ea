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
    return ask(question(DatabaseAbility.SEARCH).text(path))
        .list(DatabaseAbility.FOUND_MAX, DatabaseClient::readFound);
  }

  /**
   * How much lies below a path, and in files that have changed lately.
   *
   * @param lately up to now; whole seconds
   */
  public Amount measure(String path, Duration lately) throws IOException {
    MessageReader answer =
        ask(question(DatabaseAbility.MEASURE).text(path).u32((int) lately.toSeconds()));
    return new Amount(answer.u64(), answer.u64(), answer.u64(), answer.u64());
  }

  /** Which servers of a kind are installed there, in ascending order. */
  public List<ServerVersion> installed(Engine engine) throws IOException {
    return versions(ask(engine.write(question(DatabaseAbility.INSTALLED))));
  }

  /** Which server has written a data directory last; empty when the directory does not say. */
  public Optional<ServerVersion> writtenBy(Engine engine, String path) throws IOException {
    return versions(ask(engine.write(question(DatabaseAbility.WRITTEN_BY)).text(path))).stream()
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

  private static MessageWriter question(int question) {
    return new MessageWriter().u8(question);
  }

  private MessageReader ask(MessageWriter request) throws IOException {
    return new MessageReader(host.call(DatabaseAbility.NAME, request.toBytes()));
  }
}
