package dev.godwit.survey;

import java.util.List;

/**
 * Scripts that start and stop something: those of SysV, and what an administrator wrote.
 *
 * @param hasSystemd whether systemd runs this host
 */
public record Launchers(boolean hasSystemd, List<Launcher> launchers) {
  public Launchers {
    launchers = List.copyOf(launchers);
  }

  /**
   * A script.
   *
   * @param state the verb that tells the state: {@code status} or {@code state}
   * @param words the absolute paths and dotted names that stand in it
   */
  public record Launcher(String path, String state, List<String> words) {
    public Launcher {
      words = List.copyOf(words);
    }
  }
}
