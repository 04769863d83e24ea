package dev.godwit.database;

import dev.godwit.host.Host;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** Asks a host about database files. Threads: safe. */
public final class DatabaseClient {
  private final Host host;

  public DatabaseClient(Host host) {
    this.host = host;
  }

  /** The data directories at or below a path, a few directories deep; none within another. */
  public List<Found> search(String path) throws IOException {
    return ask(DatabaseAbility.SEARCH, path, Duration.ZERO)
        .list(DatabaseAbility.FOUND_MAX, DatabaseClient::readFound);
  }

  /**
   * How much lies below a path, and in files that have changed lately.
   *
   * @param lately up to now; whole seconds
   */
  public Amount measure(String path, Duration lately) throws IOException {
    MessageReader answer = ask(DatabaseAbility.MEASURE, path, lately);
    return new Amount(answer.u64(), answer.u64(), answer.u64(), answer.u64());
  }

  private static Found readFound(MessageReader in) throws WireException {
    String path = in.text(DatabaseAbility.PATH_MAX);
    int engine = in.u8();
    if (engine >= Engine.values().length) {
      throw new WireException("malformed message: an unknown engine");
    }
    return new Found(path, Engine.values()[engine]);
  }

  private MessageReader ask(int question, String path, Duration lately) throws IOException {
    byte[] request =
        new MessageWriter().u8(question).text(path).u32((int) lately.toSeconds()).toBytes();
    return new MessageReader(host.call(DatabaseAbility.NAME, request));
  }
}
