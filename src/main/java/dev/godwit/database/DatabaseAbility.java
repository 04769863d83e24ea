package dev.godwit.database;

import dev.godwit.host.Ability;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.time.Duration;

/** Answers questions about database files of this host; {@link DatabaseClient} asks. */
public final class DatabaseAbility implements Ability {
  static final String NAME = "database";
  static final int SEARCH = 1;
  static final int MEASURE = 2;
  static final int FOUND_MAX = 1000;
  static final int PATH_MAX = 64 * 1024;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException {
    MessageReader in = new MessageReader(argument);
    MessageWriter answer = new MessageWriter();
    int question = in.u8();
    String path = in.text(PATH_MAX);
    Duration lately = Duration.ofSeconds(in.count(86_400 * 365));
    in.end();
    switch (question) {
      case SEARCH ->
          answer.list(
              DataFiles.search(path).stream().limit(FOUND_MAX).toList(),
              (out, found) -> out.text(found.path()).u8(found.engine().ordinal()));
      case MEASURE -> {
        Amount amount = DataFiles.measure(path, lately);
        answer
            .u64(amount.files())
            .u64(amount.bytes())
            .u64(amount.changedFiles())
            .u64(amount.changedBytes());
      }
      default -> throw new WireException("malformed message: unknown question " + question);
    }
    answer.sendTo(channel);
  }
}
