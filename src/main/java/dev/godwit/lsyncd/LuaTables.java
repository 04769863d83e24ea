package dev.godwit.lsyncd;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/** Tables of a script as lsyncd takes them. */
final class LuaTables {
  private static final int DEPTH_MAX = 20;

  private LuaTables() {}

  /** The entries with names, in the order of these. */
  static Map<String, LuaValue> named(LuaTable table) {
    Map<String, LuaValue> named = new TreeMap<>();
    for (LuaValue key : table.keys()) {
      if (key instanceof LuaString name) {
        named.put(name.tojstring(), table.get(key));
      }
    }
    return named;
  }

  /** The entries without names. */
  static List<LuaValue> list(LuaTable table) {
    List<LuaValue> list = new ArrayList<>();
    for (int i = 1; !table.get(i).isnil(); i++) {
      list.add(table.get(i));
    }
    return list;
  }

  /**
   * A table with all that the tables it names without a key say, and those that they name; what is
   * said nearer goes before, key by key also in {@code rsync} and {@code ssh}.
   */
  static LuaTable inherited(LuaTable table) {
    LuaTable all = new LuaTable();
    inherit(all, table, 0);
    return all;
  }

  private static void inherit(LuaTable into, LuaTable from, int depth) {
    for (Map.Entry<String, LuaValue> entry : named(from).entrySet()) {
      LuaValue known = into.get(entry.getKey());
      if (known.isnil()) {
        into.set(
            entry.getKey(),
            entry.getValue() instanceof LuaTable below ? copy(below) : entry.getValue());
      } else if (known instanceof LuaTable mine && entry.getValue() instanceof LuaTable theirs) {
        for (Map.Entry<String, LuaValue> inner : named(theirs).entrySet()) {
          if (mine.get(inner.getKey()).isnil()) {
            mine.set(inner.getKey(), inner.getValue());
          }
        }
      }
    }
    for (LuaValue parent : list(from)) {
      if (parent instanceof LuaTable above && depth < DEPTH_MAX) {
        inherit(into, above, depth + 1);
      }
    }
  }

  private static LuaTable copy(LuaTable table) {
    LuaTable copy = new LuaTable();
    for (LuaValue key : table.keys()) {
      copy.set(key, table.get(key));
    }
    return copy;
  }

  /** The bytes of a string or a number. */
  static byte[] bytes(LuaValue value) {
    LuaString text = value.checkstring();
    byte[] bytes = new byte[text.length()];
    text.copyInto(0, bytes, 0, bytes.length);
    return bytes;
  }

  /** For people, and for what is no name. */
  static String text(LuaValue value) {
    return value.isstring()
        ? new String(bytes(value), StandardCharsets.UTF_8)
        : "a " + value.typename();
  }
}
