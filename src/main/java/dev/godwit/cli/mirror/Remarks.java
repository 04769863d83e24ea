package dev.godwit.cli.mirror;

import dev.godwit.cli.Terminal;
import java.util.List;

/**
 * Tells what is said of a configuration that can be obeyed. It is read several times, at the start
 * and on each SIGHUP: what was said of it last time is not said again.
 */
final class Remarks {
  private final Terminal terminal;
  private List<String> last = List.of();

  Remarks(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Any thread. */
  synchronized void tell(List<String> remarks) {
    for (String remark : remarks) {
      if (!last.contains(remark)) {
        terminal.note("godwit: " + remark);
      }
    }
    last = List.copyOf(remarks);
  }
}
