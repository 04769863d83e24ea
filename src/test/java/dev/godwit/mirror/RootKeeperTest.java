package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.Names;
import dev.godwit.sync.copy.KnownTarget;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What a person hears of a memory that cannot be written. */
final class RootKeeperTest {
  @Test
  void h27_what_cannot_be_remembered_is_told_once_with_the_reason_and_what_to_do() {
    List<String> told = new ArrayList<>();
    AtomicInteger roots = new AtomicInteger();
    RootKeeper keeper =
        new RootKeeper(
            new RootStore(Path.of("/proc/nowhere/mirror")),
            new RootKey("null", Names.of("/a"), "null", Names.of("/b"), "/a -> /b"),
            () -> memory("ef53-" + roots.incrementAndGet() + "-h1-02"),
            told::add);
    keeper.tick();
    keeper.tick();
    keeper.end();
    assertThat(roots).as("each is another one").hasValue(4);
    assertThat(told)
        .singleElement()
        .asString()
        .startsWith("unable to remember which directories it mirrors: /proc/nowhere: ")
        .contains("cannot be made", "STATE_DIRECTORY names another folder");
  }

  private static RootMemory memory(String identity) {
    return new RootMemory(
        identity, true, true, Instant.EPOCH, List.of(), KnownTarget.NONE, List.of());
  }
}
