package dev.godwit.sync;

import dev.godwit.host.LocalHost;
import dev.godwit.linux.Names;
import java.nio.file.Path;
import java.util.List;

/** One pass from this host to this host, through channels. */
final class TestingCopy {
  private TestingCopy() {}

  static SyncResult run(Path source, Path target, SyncOptions options) throws Exception {
    try (LocalHost old = new LocalHost("old", List.of(new SyncSourceAbility()));
        LocalHost fresh = new LocalHost("new", List.of(new SyncTargetAbility()))) {
      return Sync.run(
          old,
          Names.of(source.toString()),
          fresh,
          Names.of(target.toString()),
          options,
          ProgressListener.NONE);
    }
  }
}
