package dev.godwit.service;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * One of several places where the services of a host can have their files, and the commands that
 * point them there and say where they are pointed. What runs uses the place that it was started at:
 * so it changes only while nothing runs.
 *
 * @param name what {@code where} writes when it is this one
 * @param command brings it about; may be run again
 * @param limit of either command
 */
public record Place(String name, List<String> command, List<String> where, Duration limit) {
  private static final int WORDS_MAX = 1000;
  private static final int TEXT_MAX = 32 * 1024;
  private static final int LIMIT_MILLIS_MAX = 3_600_000;

  public Place {
    command = List.copyOf(command);
    where = List.copyOf(where);
  }

  /** Asks on this host which place the services are pointed at. */
  public String now() throws IOException, InterruptedException {
    return CommandAbility.run(
        "which place the services use cannot be asked", where, Map.of(), limit);
  }

  /** Points the services here, which do not run, and asks whether they are. */
  void bring() throws IOException, InterruptedException {
    String unused =
        CommandAbility.run("the services cannot be pointed at " + name, command, Map.of(), limit);
    String now = now();
    if (!now.equals(name)) {
      throw new ServiceException(
          "the services are pointed at \"%s\" instead of \"%s\", although the command to do so has succeeded: %s"
              .formatted(now, name, String.join(" ", command)));
    }
  }

  /** Writes it for {@link #read}. */
  public void write(MessageWriter out) {
    out.text(name).texts(command).texts(where).u32((int) limit.toMillis());
  }

  /** The inverse of {@link #write}. */
  public static Place read(MessageReader in) throws WireException {
    return new Place(
        in.text(TEXT_MAX),
        in.texts(WORDS_MAX, TEXT_MAX),
        in.texts(WORDS_MAX, TEXT_MAX),
        Duration.ofMillis(in.count(LIMIT_MILLIS_MAX)));
  }
}
