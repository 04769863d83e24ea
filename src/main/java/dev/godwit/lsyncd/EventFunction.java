package dev.godwit.lsyncd;

import dev.godwit.linux.Names;
import dev.godwit.mirror.actions.Action;
import dev.godwit.mirror.actions.ActionCommand;
import dev.godwit.mirror.actions.ActionException;
import dev.godwit.mirror.actions.FileEvent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaClosure;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Prototype;
import org.luaj.vm2.UpValue;

/**
 * A function of layer 2. It runs in the sandbox, where {@code spawn} does no more than to note its
 * arguments; these are what is run then, as they are, without a shell (H76).
 */
final class EventFunction implements ActionCommand {
  private static final String SCRIPT =
      ". Write what it does into a file that begins with #!/bin/sh, and spawn that: names are its"
          + " arguments";

  /** What such functions may call in lsyncd and not here, and what to do instead. */
  static final Map<String, String> REFUSED =
      Map.of(
          "spawnShell",
          "a shell would read names as commands" + SCRIPT,
          "terminate",
          "say at which exit status the process is to end: exitcodes = { [1] = 'die' }",
          "inlet",
          "each event is told by itself; to have many at once use default.rsync",
          "blanketEvent",
          "each event is told by itself; to have many at once use default.rsync");

  private final LuaSandbox sandbox;
  private final LuaClosure function;
  private final EventFields fields;
  private final LuaTable config;

  /**
   * @param config the keys of its {@code sync{}}
   */
  EventFunction(LuaSandbox sandbox, LuaClosure function, EventFields fields, LuaTable config) {
    this.sandbox = sandbox;
    this.function = function;
    this.fields = fields;
    this.config = config;
  }

  /** Why it cannot be used, as far as that can be seen before anything happens; null if it can. */
  @Nullable String refusal(Action action) {
    for (Map.Entry<String, String> refused : REFUSED.entrySet()) {
      if (mentions(function, refused.getKey(), seen())) {
        return refused.getKey() + " is not possible: " + refused.getValue();
      }
    }
    for (FileEvent sample : ActionReader.samples(action)) {
      try {
        List<List<byte[]>> calls = sandbox.spawned(function, tables(sample), line -> {});
        List<byte[]> unused = checked(sample, calls);
      } catch (ActionException e) {
        return e.getMessage();
      } catch (LuaSandbox.ScriptException e) {
        if (e.isNotPossible()) {
          return e.getMessage();
        }
        continue; // of a name that it was not made for: told when there is one
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return "ended before it was read";
      }
    }
    return null;
  }

  private static Set<Object> seen() {
    return Collections.newSetFromMap(new IdentityHashMap<>());
  }

  /** Whether a word is in a function, or in one that it calls by a name. */
  private static boolean mentions(LuaClosure function, String word, Set<Object> seen) {
    if (!seen.add(function)) {
      return false;
    }
    Set<LuaString> constants = new HashSet<>();
    collect(function.p, constants);
    if (constants.contains(LuaString.valueOf(word))) {
      return true;
    }
    List<LuaValue> known = new ArrayList<>();
    for (UpValue one : function.upValues) {
      LuaValue value = one == null ? LuaValue.NIL : one.getValue();
      known.add(value);
      if (value instanceof LuaTable table) {
        constants.forEach(name -> known.add(table.rawget(name)));
      }
    }
    return known.stream()
        .anyMatch(value -> value instanceof LuaClosure other && mentions(other, word, seen));
  }

  private static void collect(Prototype code, Set<LuaString> constants) {
    for (LuaValue constant : code.k) {
      if (constant instanceof LuaString text) {
        constants.add(text);
      }
    }
    for (Prototype inner : code.p) {
      collect(inner, constants);
    }
  }

  @Override
  public @Nullable List<byte[]> arguments(FileEvent event, Consumer<String> log)
      throws ActionException {
    try {
      return checked(event, sandbox.spawned(function, tables(event), log));
    } catch (LuaSandbox.ScriptException e) {
      throw new ActionException(String.valueOf(e.getMessage()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ActionException("it is ending", e);
    }
  }

  private List<LuaTable> tables(FileEvent event) {
    List<LuaTable> tables = new ArrayList<>();
    tables.add(fields.table(event, "o.", config));
    if (event.action() == Action.MOVE) {
      tables.add(fields.table(event, "d.", config));
    }
    return tables;
  }

  private @Nullable List<byte[]> checked(FileEvent event, List<List<byte[]>> calls)
      throws ActionException {
    if (calls.isEmpty()) {
      return null;
    }
    if (calls.size() > 1) {
      throw new ActionException("spawn was called more than once: an event has one process");
    }
    List<byte[]> call = calls.getFirst();
    List<String> words =
        call.stream().map(word -> new String(word, StandardCharsets.ISO_8859_1)).toList();
    if (words.isEmpty() || words.getFirst().isEmpty()) {
      throw new ActionException("spawn needs the event and a program");
    }
    if (words.size() > 1 && words.get(1).equals("<")) {
      throw new ActionException("spawn with \"<\" is not possible: a program has nothing to read");
    }
    String shell = Shells.in(words);
    if (shell != null) {
      throw new ActionException(shell + SCRIPT);
    }
    if (fields.isOfName(words.getFirst(), event)) {
      throw new ActionException(
          "the program would be what a name says: " + Names.display(call.getFirst()));
    }
    return call;
  }
}
