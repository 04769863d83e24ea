package dev.godwit.database;

import dev.godwit.host.Ability;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;

/** Answers questions about database files of this host; {@link DatabaseClient} asks. */
public final class DatabaseAbility implements Ability {
  static final String NAME = "database";
  static final int SEARCH = 1;
  static final int MEASURE = 2;
  static final int INSTALLED = 3;
  static final int WRITTEN_BY = 4;
  static final int VERSIONS_MAX = 100;
  static final int PRODUCT_MAX = 64;
  static final int FOUND_MAX = 1000;
  static final int PATH_MAX = 64 * 1024;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException, InterruptedException {
    MessageReader in = new MessageReader(argument);
    MessageWriter answer = new MessageWriter();
    int question = in.u8();
    switch (question) {
      case SEARCH ->
          answer.list(
              DataFiles.search(in.text(PATH_MAX)).stream().limit(FOUND_MAX).toList(),
              (out, found) -> found.engine().write(out.text(found.path())));
      case MEASURE -> {
        String path = in.text(PATH_MAX);
        Amount amount = DataFiles.measure(path, Duration.ofSeconds(in.count(86_400 * 365)));
        answer
            .u64(amount.files())
            .u64(amount.bytes())
            .u64(amount.changedFiles())
            .u64(amount.changedBytes());
      }
      case INSTALLED -> versions(answer, ServerVersions.installed(Engine.read(in), Path.of("/")));
      case WRITTEN_BY -> {
        Engine engine = Engine.read(in);
        versions(answer, ServerVersions.ofData(engine, in.text(PATH_MAX)).stream().toList());
      }
      default -> throw new WireException("malformed message: unknown question " + question);
    }
    in.end();
    answer.sendTo(channel);
  }

  private static void versions(MessageWriter answer, Collection<ServerVersion> versions) {
    answer.list(
        versions.stream().limit(VERSIONS_MAX).toList(),
        (out, one) -> out.text(one.product()).u32(one.major()).u32(one.minor()));
  }
}
