package dev.godwit.lsyncd;

import java.util.ArrayList;
import java.util.List;
import org.luaj.vm2.LuaTable;

/**
 * What a configuration has asked for while it ran.
 *
 * @param settings in the order of the calls
 * @param syncs in the order of the calls
 * @param sandbox in which it ran, and in which its functions run
 */
record LsyncdScript(List<Call> settings, List<Call> syncs, LuaSandbox sandbox) {
  /** The modes that lsyncd brings along, by the name behind {@code default}. */
  static final List<String> MODES = List.of("rsync", "rsyncssh", "direct");

  /** In a mode's own table: which one it is. */
  static final String MODE_MARK = "\0mode";

  /**
   * A call of {@code settings} or {@code sync}.
   *
   * @param line of the file
   */
  record Call(int line, LuaTable argument) {}

  LsyncdScript(LuaSandbox sandbox) {
    this(new ArrayList<>(), new ArrayList<>(), sandbox);
  }

  /** Where the keys of a call stand. */
  KeyLines linesOf(Call call) {
    return new KeyLines(sandbox.text(), call.line());
  }
}
