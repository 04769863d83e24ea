package dev.godwit.lsyncd;

import dev.godwit.mirror.actions.Action;
import dev.godwit.mirror.actions.ActionCommand;
import dev.godwit.mirror.actions.Actions;
import dev.godwit.mirror.actions.FileEvent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaClosure;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/**
 * What a {@code sync{}} of layers 2 and 3 says: the commands for changes, as argument lists. What
 * cannot be said so is refused with its line, the reason and what to do.
 */
final class ActionReader {
  /** Keys of layer 1, which act on many changes at once. */
  private static final Set<String> LAYER_1 = Set.of("action", "collect", "full", "prepare");

  private static final String SCRIPT =
      ". Write it into a file of its own that begins with #!/bin/sh, and name that with the"
          + " variables: there they are \"$1\", \"$2\"";

  private final LsyncdScript script;
  private final LuaTable all;
  private final LsyncdProblems problems;
  private final KeyLines lines;
  private final EventFields fields;
  private final Map<Action, ActionCommand> commands = new EnumMap<>(Action.class);
  private final Map<Integer, Actions.Verdict> verdicts = new HashMap<>();
  private final List<String> words = new ArrayList<>();
  private int processesMax;

  /** Of the key that is read. */
  private int line;

  /**
   * @param all the keys of the {@code sync{}}, those that it inherits too
   * @param processesMax unless it says something else; 0: one
   */
  ActionReader(
      LsyncdScript script,
      LuaTable all,
      LsyncdProblems problems,
      KeyLines lines,
      int processesMax) {
    this.script = script;
    this.all = all;
    this.problems = problems;
    this.lines = lines;
    this.processesMax = Math.max(1, processesMax);
    this.fields = new EventFields(text("source"), text("target"));
  }

  private String text(String key) {
    LuaValue value = all.get(key);
    return value.isstring() ? bytesOf(value) : "";
  }

  /** A string of Lua, one char a byte. */
  private static String bytesOf(LuaValue text) {
    return new String(LuaTables.bytes(text), StandardCharsets.ISO_8859_1);
  }

  /** The action of a key; null when it is none. */
  static @Nullable Action action(String key) {
    for (Action action : Action.values()) {
      if (action.key().equals(key)) {
        return action;
      }
    }
    return null;
  }

  /** Whether a key has lsyncd do something by itself that is not one of its modes. */
  static boolean isScript(String key, LuaValue value) {
    return action(key) != null || isLayer1(key, value);
  }

  /** Whether a key is of layer 1. */
  static boolean isLayer1(String key, LuaValue value) {
    return LAYER_1.contains(key) || key.equals("init") && value.isfunction();
  }

  /** Takes a key that means something where commands are run; false when it is none of those. */
  boolean takes(String key, LuaValue value) {
    line = lines.of(key);
    Action action = action(key);
    if (action != null) {
      command(action, value);
      return true;
    }
    switch (key) {
      case "target" -> {
        if (!value.isstring()) {
          wrong("target is a text, not " + LuaTables.text(value));
        }
      }
      case "maxProcesses" -> {
        if (value.isinttype() && value.toint() >= 1) {
          processesMax = value.toint();
        } else {
          wrong("maxProcesses is a number from 1 on");
        }
      }
      case "exitcodes" -> exitCodes(value);
      case "init" ->
          problems.remark(line, key + " has no effect: nothing is done at the start but onStartup");
      case "maxDelays" -> problems.remark(line, key + " has no effect: " + SettingsReader.DELAYS);
      default -> {
        if (!SyncReader.OF_ACTIONS.contains(key) && !key.equals("checkgauge") && !isGauged(key)) {
          wrong(
              "there is no parameter "
                  + key
                  + " where commands are run; what functions are to read is named in checkgauge");
        }
        return false;
      }
    }
    return true;
  }

  /** Whether a key is there for functions to read, and was said to be. */
  private boolean isGauged(String key) {
    return all.get("checkgauge") instanceof LuaTable gauge && !gauge.get(key).isnil();
  }

  private void wrong(String text) {
    problems.problem(line, text);
  }

  private void command(Action action, LuaValue value) {
    String key = action.key();
    if (value instanceof LuaClosure function) {
      EventFunction command = new EventFunction(script.sandbox(), function, fields, all);
      String refusal = command.refusal(action);
      if (refusal != null) {
        problems.problem(function.p.linedefined, key + ": " + refusal);
      }
      commands.put(action, command);
      words.add(key + "\n" + script.sandbox().text());
    } else if (value.type() == LuaValue.TSTRING) {
      String text = bytesOf(value);
      try {
        commands.put(action, CommandWords.read(text, action == Action.MOVE, fields));
        words.add(key + "=" + text);
      } catch (CommandWords.NotWords e) {
        wrong(
            key
                + " is the command "
                + LuaTables.text(value)
                + ": "
                + e.getMessage()
                + ", and no shell is started here"
                + SCRIPT);
      }
    } else {
      wrong(key + " is a command or a function, not " + LuaTables.text(value));
    }
  }

  private void exitCodes(LuaValue value) {
    if (!(value instanceof LuaTable table)) {
      wrong("exitcodes is a table: exitcodes = { [0] = 'ok', [1] = 'again', [2] = 'die' }");
      return;
    }
    for (LuaValue code : table.keys()) {
      if (code.isinttype()) {
        String meant = LuaTables.text(table.get(code)).toUpperCase(Locale.ROOT);
        verdicts.put(
            code.toint(),
            switch (meant) {
              case "AGAIN" -> Actions.Verdict.AGAIN;
              case "DIE" -> Actions.Verdict.DIE;
              default -> Actions.Verdict.OK;
            });
        words.add("exitcode " + code.toint() + "=" + meant);
      }
    }
  }

  /** What all its keys say together. */
  Actions actions() {
    return new Actions(commands, verdicts, processesMax);
  }

  /** The same, to see whether it has changed. */
  List<String> words() {
    List<String> said = new ArrayList<>(words);
    said.add("target=" + text("target"));
    said.add("maxProcesses=" + processesMax);
    return said;
  }

  /** One of each kind, to see what is made of it before anything happens. */
  static List<FileEvent> samples(Action action) {
    String to = action == Action.MOVE ? "other name.txt" : "";
    return action == Action.STARTUP
        ? List.of(new FileEvent(action, "", "", true))
        : List.of(
            new FileEvent(action, "directory/a name.txt", to, false),
            new FileEvent(action, "directory/a name", to, true));
  }
}
