package dev.godwit.sync.rules;

import dev.godwit.linux.Names;
import java.io.IOException;
import java.time.ZonedDateTime;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An environment, a clock and files that a test decides. */
public final class TestingSurroundings implements Surroundings {
  public final Map<String, String> environment = new HashMap<>();
  public final Map<String, String> files = new HashMap<>();
  ZonedDateTime now = ZonedDateTime.parse("2026-11-20T11:05:30+01:00[Europe/Berlin]");

  @Override
  public byte @Nullable [] environment(String name) {
    String value = environment.get(name);
    return value == null ? null : Names.of(value);
  }

  @Override
  public ZonedDateTime now() {
    return now;
  }

  @Override
  public byte[] read(byte[] path, byte @Nullable [] confineRoot) throws IOException {
    String content = files.get(Names.display(path));
    if (content == null) {
      throw new IOException("No such file or directory");
    }
    return Names.of(content);
  }
}
