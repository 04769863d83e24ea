package dev.godwit.sync.rules;

import dev.godwit.host.SshOptions;
import dev.godwit.linux.Names;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code --rsync-path} says. rsync gives it to the far user's shell, in front of its own
 * arguments, so it is also how people say as whom, or how, the far side shall run: {@code sudo
 * rsync}. That is never left out: the agent is started by the same words, and where they are more
 * than words, it is not started at all.
 */
public final class RsyncPath {
  private final String text;
  private final List<String> words;

  private RsyncPath(byte[] given) {
    this.text = Names.display(given);
    this.words = List.of(new String(given, StandardCharsets.ISO_8859_1).strip().split("[ \\t]+"));
  }

  /** Null when the option was not given. */
  public static @Nullable RsyncPath of(LineOptions line) {
    return line.rsyncPath.length == 0 ? null : new RsyncPath(line.rsyncPath);
  }

  /**
   * Whether it is something that only a shell understands, or that does not end with an rsync: then
   * nothing but an rsync can be started by it.
   */
  public boolean isForRsyncAlone() {
    if (!words.stream().allMatch(SshOptions::isPlain) || words.getFirst().contains("=")) {
      return true;
    }
    String last = words.getLast();
    return words.size() > 1 && !last.equals("rsync") && !last.endsWith("/rsync");
  }

  /** The words that stand before rsync: what runs there, runs by them. */
  public List<String> before() {
    return isForRsyncAlone() ? List.of() : words.subList(0, words.size() - 1);
  }

  @Override
  public String toString() {
    return SyncOption.RSYNC_PATH.shown() + "=" + text;
  }
}
