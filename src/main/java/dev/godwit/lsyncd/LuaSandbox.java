package dev.godwit.lsyncd;

import com.sun.management.ThreadMXBean;
import dev.godwit.linux.Names;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.Globals;
import org.luaj.vm2.LoadState;
import org.luaj.vm2.Lua;
import org.luaj.vm2.LuaClosure;
import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaFunction;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;
import org.luaj.vm2.compiler.LuaC;
import org.luaj.vm2.lib.BaseLib;
import org.luaj.vm2.lib.Bit32Lib;
import org.luaj.vm2.lib.DebugLib;
import org.luaj.vm2.lib.MathLib;
import org.luaj.vm2.lib.OsLib;
import org.luaj.vm2.lib.StringLib;
import org.luaj.vm2.lib.TableLib;
import org.luaj.vm2.lib.VarArgFunction;

/**
 * Runs a configuration in Lua: variables, loops, functions, strings, tables, numbers, the time and
 * the environment, and nothing that reaches a file, a process, a network or Java. Instructions,
 * time, the length of strings and what all of them take are bounded: a file that asks for too much
 * memory must not end the mirrors that run.
 */
final class LuaSandbox {
  /** Far more than a configuration with a thousand directories takes. */
  static final long INSTRUCTIONS_MAX = 20_000_000;

  private static final long SECONDS_MAX = 20;

  /** Of a string: one instruction could fill the memory, and that would end the process. */
  private static final int STRING_BYTES_MAX = 1 << 20;

  /** Of all that a script makes. */
  private static final long MADE_BYTES_MAX = 256L << 20;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int STACK_BYTES = 16 << 20;

  private static final List<String> NOT_IN_BASE =
      List.of("dofile", "load", "loadfile", "loadstring", "require", "collectgarbage", "print");

  /** Of Lua, and not to be had here. */
  private static final List<String> FILES =
      List.of(
          "close", "input", "lines", "open", "output", "popen", "read", "tmpfile", "type", "write");

  private static final List<String> PROCESSES =
      List.of("execute", "exit", "remove", "rename", "setlocale", "tmpname");

  private static final List<String> TIME = List.of("clock", "date", "difftime", "time");

  /** How LuaJ tells what it did not expect: a sign, or one of {@link #WORDS}, as a letter too. */
  private static final Pattern SYMBOL = Pattern.compile("unexpected symbol (\\d{1,9}) \\((.*)\\)$");

  /** Where an error of a script that runs was, as LuaJ begins its text: without a second colon. */
  private static final Pattern PLACE = Pattern.compile("^(:\\d{1,9}) ");

  /** In LuaJ's order. */
  private static final List<String> WORDS =
      List.of(
          "and",
          "break",
          "do",
          "else",
          "elseif",
          "end",
          "false",
          "for",
          "function",
          "goto",
          "if",
          "in",
          "local",
          "nil",
          "not",
          "or",
          "repeat",
          "return",
          "then",
          "true",
          "until",
          "while",
          "..",
          "...",
          "==",
          ">=",
          "<=",
          "~=",
          "::",
          "the end of the file",
          "a number",
          "a name",
          "a string");

  private static final int WORDS_FROM = 257;

  private final LsyncdScript script = new LsyncdScript(this);
  private final String text;
  private final String name;
  private final UnaryOperator<@Nullable String> environment;
  private Consumer<String> said;
  private final Counting counting = new Counting();

  /** What {@code spawn} was called with in the function that runs; null while none does. */
  private @Nullable List<List<byte[]>> spawned;

  /** The name that was read last of those that are not set, and in which line of the script. */
  private @Nullable String missing;

  private int missingLine;

  /** Whether a function has not come to its end in time, and may still run. */
  private boolean isStuck;

  private LuaSandbox(
      byte[] text,
      String name,
      UnaryOperator<@Nullable String> environment,
      Consumer<String> said) {
    this.text = new String(text, StandardCharsets.ISO_8859_1);
    this.name = name;
    this.environment = environment;
    this.said = said;
  }

  /** A configuration that could not be run; the message says where and why. */
  static final class ScriptException extends Exception {
    private static final long serialVersionUID = 1;

    ScriptException(String message, @Nullable Throwable cause) {
      super(message, cause);
    }

    /** Whether it is for something that cannot be had here, whatever it is called with. */
    boolean isNotPossible() {
      return getCause() instanceof NotPossible;
    }
  }

  /** What lsyncd has and this has not was called. */
  private static final class NotPossible extends LuaError {
    private static final long serialVersionUID = 1;

    NotPossible(String message) {
      super(message);
    }
  }

  /** Not an exception, so that pcall does not catch it. */
  private static final class LimitReached extends Error {
    private static final long serialVersionUID = 1;

    LimitReached(String message) {
      super(message, null, false, false);
    }
  }

  /**
   * Runs a configuration.
   *
   * @param name of the file, for messages
   * @param environment what {@code os.getenv} finds
   * @param said what the script says by {@code print} and {@code log}
   */
  static LsyncdScript run(
      byte[] text, String name, UnaryOperator<@Nullable String> environment, Consumer<String> said)
      throws ScriptException, InterruptedException {
    LuaSandbox sandbox = new LuaSandbox(text, name, environment, said);
    sandbox.limited(sandbox::run);
    return sandbox.script;
  }

  /** The configuration, one char a byte. */
  String text() {
    return text;
  }

  /**
   * Calls a function of the configuration, for an event.
   *
   * @param told what the function says by {@code print} and {@code log}
   * @return what it called {@code spawn} with, without the event; nothing is run here
   */
  synchronized List<List<byte[]>> spawned(
      LuaClosure function, List<LuaTable> events, Consumer<String> told)
      throws ScriptException, InterruptedException {
    List<List<byte[]>> calls = new ArrayList<>();
    said = told;
    spawned = calls;
    counting.begin();
    try {
      limited(() -> function.invoke(events.toArray(LuaValue[]::new)));
      return calls;
    } finally {
      spawned = null;
    }
  }

  /** Runs a part of the configuration within the limits. */
  private void limited(Callable<Varargs> part) throws ScriptException, InterruptedException {
    if (isStuck) {
      throw new ScriptException(name + ": a function still runs", null);
    }
    FutureTask<Varargs> run = new FutureTask<>(part);
    // Deep recursion ends in an error of its own, not in one of this thread's.
    Thread thread = new Thread(null, run, "lsyncd configuration", STACK_BYTES);
    thread.setDaemon(true);
    thread.start();
    try {
      Varargs unused = run.get(SECONDS_MAX, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      isStuck = true;
      throw new ScriptException(
          name + ": it runs for more than " + SECONDS_MAX + " s; nothing of it is used", e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new ScriptException(told(cause), cause);
    }
  }

  private String told(Throwable cause) {
    return switch (cause) {
      case LuaError error -> cleaned(name, error) + unset(error);
      case LimitReached limit -> name + ":" + counting.line() + ": " + limit.getMessage();
      case StackOverflowError _ -> name + ":" + counting.line() + ": functions call too deep";
      default -> name + ": it cannot be run: " + cause;
    };
  }

  /** LuaJ tells that something was nil, and not what. */
  private String unset(LuaError error) {
    return missing != null
            && missingLine == counting.line()
            && String.valueOf(error.getMessage()).contains("nil")
        ? ": '" + missing + "' is not set"
        : "";
  }

  /** LuaJ adds a stack to its messages. */
  private static String cleaned(String name, LuaError error) {
    String text = String.valueOf(error.getMessage()).lines().findFirst().orElse("");
    String prefix = "@" + name;
    text = text.startsWith(prefix) ? name + text.substring(prefix.length()) : text;
    text = SYMBOL.matcher(text).replaceFirst(found -> "unexpected symbol near " + symbol(found));
    return text.startsWith(name)
        ? name + PLACE.matcher(text.substring(name.length())).replaceFirst("$1: ")
        : name + ": " + text;
  }

  private static String symbol(MatchResult found) {
    int number = Integer.parseInt(found.group(1));
    boolean isWord = number >= WORDS_FROM && number < WORDS_FROM + WORDS.size();
    return isWord ? WORDS.get(number - WORDS_FROM) : found.group(2);
  }

  /** Notes which name was read and is not set. */
  private final class NotedGlobals extends Globals {
    @Override
    public LuaValue get(LuaValue key) {
      LuaValue value = super.get(key);
      if (value.isnil() && key.isstring()) {
        missing = key.tojstring();
        missingLine = counting.line();
      }
      return value;
    }
  }

  /** An environment with the words of the language alone. */
  private static Globals base(Globals globals) {
    // Libraries note themselves there; the library that would load others is not.
    LuaTable loaded = new LuaTable();
    loaded.set("loaded", new LuaTable());
    globals.set("package", loaded);
    globals.load(new BaseLib());
    return globals;
  }

  private Varargs run() {
    Globals globals = base(new NotedGlobals());
    LuaValue base = globals;
    NOT_IN_BASE.forEach(word -> base.set(word, LuaValue.NIL));
    globals.load(new TableLib());
    globals.load(new MathLib());
    globals.load(new Bit32Lib());
    globals.load(new StringLib());
    LuaTable string = globals.get("string").checktable();
    string.set("dump", LuaValue.NIL);
    string.set("rep", bounded("string.rep", string.get("rep"), LuaSandbox::repeated));
    string.set("gsub", bounded("string.gsub", string.get("gsub"), LuaSandbox::substituted));
    LuaValue plain = string.get("format");
    LuaValue format = function(args -> LuaFormat.format(args, plain));
    string.set("format", bounded("string.format", format, LuaSandbox::together));
    LuaTable table = globals.get("table").checktable();
    table.set("concat", bounded("table.concat", table.get("concat"), LuaSandbox::concatenated));
    // Of lsyncd, not of Lua.
    string.set(
        "ends",
        function(args -> LuaValue.valueOf(args.checkjstring(1).endsWith(args.checkjstring(2)))));
    string.set(
        "starts",
        function(args -> LuaValue.valueOf(args.checkjstring(1).startsWith(args.checkjstring(2)))));
    LoadState.install(globals);
    LuaC.install(globals);
    globals.undumper = null; // no compiled chunks
    globals.set("os", os());
    LuaTable io = new LuaTable();
    FILES.forEach(word -> refuse(io, word, "io." + word));
    globals.set("io", io);
    NOT_IN_BASE.stream()
        .filter(word -> !List.of("collectgarbage", "print").contains(word))
        .forEach(word -> refuse(globals, word, word));
    lsyncd(globals);
    // Last: its hook counts, but no script can see it.
    counting.call(LuaValue.valueOf("debug"), globals);
    globals.set("debug", LuaValue.NIL);
    globals.set("package", LuaValue.NIL);
    InputStream input = new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1));
    LuaValue chunk = globals.load(input, "@" + name, "t", globals);
    LuaValue settings = globals.get("settings");
    Varargs result = chunk.invoke();
    if (globals.get("settings") != settings) {
      throw new LuaError(
          name + ": settings is called, not assigned: write settings{ ... } without the '='");
    }
    return result;
  }

  /**
   * A function that makes a string, which stays within bounds.
   *
   * @param most how long it may become at most, by what the function is given
   */
  private static LuaValue bounded(String name, LuaValue makes, ToLongFunction<Varargs> most) {
    return function(
        args -> {
          check(name, most.applyAsLong(args));
          return makes.invoke(args);
        });
  }

  private static void check(String name, long bytes) {
    if (bytes > STRING_BYTES_MAX) {
      throw new LuaError(name + ": a string of " + bytes + " bytes is too long");
    }
  }

  private static long repeated(Varargs args) {
    return (long) args.checkstring(1).length() * Math.max(0, args.checkint(2));
  }

  private static long together(Varargs args) {
    long bytes = 0;
    for (int i = 1; i <= args.narg(); i++) {
      bytes += bytesOf(args.arg(i));
    }
    return bytes;
  }

  /**
   * Each char may be a match, and an empty one be between all; what is found may be put in, too.
   */
  private static long substituted(Varargs args) {
    long longest = 1;
    if (args.arg(3) instanceof LuaTable table) {
      for (LuaValue key : table.keys()) {
        longest = Math.max(longest, bytesOf(table.rawget(key)));
      }
    } else {
      longest = Math.max(longest, bytesOf(args.arg(3)));
    }
    return (args.checkstring(1).length() + 1L) * (longest + 1);
  }

  private static long concatenated(Varargs args) {
    LuaTable table = args.checktable(1);
    long between = bytesOf(args.arg(2));
    long bytes = 0;
    long last = args.optlong(4, table.length());
    for (long i = args.optlong(3, 1); i <= last && bytes <= STRING_BYTES_MAX; i++) {
      bytes += between + bytesOf(table.get((int) i));
    }
    return bytes;
  }

  private static long bytesOf(LuaValue value) {
    return value.isstring() ? value.strvalue().length() : 0;
  }

  private LuaTable os() {
    Globals aside = base(new Globals());
    aside.load(new OsLib());
    LuaValue all = aside.get("os");
    LuaTable os = new LuaTable();
    TIME.forEach(word -> os.set(word, all.get(word)));
    PROCESSES.forEach(word -> refuse(os, word, "os." + word));
    os.set(
        "getenv",
        function(
            args -> {
              String value = environment.apply(args.checkjstring(1));
              return value == null ? LuaValue.NIL : LuaValue.valueOf(value);
            }));
    return os;
  }

  /** Says why there is no such function, where one would only find nothing. */
  private static void refuse(LuaTable table, String word, String shown) {
    table.set(
        word,
        function(
            args -> {
              throw new NotPossible(
                  shown
                      + " is not possible: a configuration reaches no files and no other code, and"
                      + " starts no commands");
            }));
  }

  /** What lsyncd gives a configuration. */
  private void lsyncd(Globals globals) {
    LuaTable modes = new LuaTable();
    for (String mode : LsyncdScript.MODES) {
      LuaTable table = new LuaTable();
      table.set(LsyncdScript.MODE_MARK, mode);
      modes.set(mode, table);
    }
    globals.set("default", modes);
    LuaTable settings = new LuaTable();
    LuaTable callable = new LuaTable();
    callable.set(
        "__call",
        function(
            args -> {
              LuaTable given = argument(args.arg(2), "settings");
              script.settings().add(new LsyncdScript.Call(counting.line(), given));
              // settings.x can be read afterwards, as in lsyncd.
              for (LuaValue key : given.keys()) {
                settings.set(key, given.get(key));
              }
              return LuaValue.NIL;
            }));
    settings.setmetatable(callable);
    globals.set("settings", settings);
    globals.set(
        "sync",
        function(
            args -> {
              LuaTable given = argument(args.arg(1), "sync");
              script.syncs().add(new LsyncdScript.Call(counting.line(), given));
              return given;
            }));
    LuaValue says =
        function(
            args -> {
              StringBuilder line = new StringBuilder();
              for (int i = 1; i <= args.narg(); i++) {
                line.append(i == 1 ? "" : "\t").append(shown(args.arg(i)));
              }
              said.accept(line.toString());
              return LuaValue.NIL;
            });
    globals.set("print", says);
    globals.set("log", says);
    globals.set("spawn", function(this::spawn));
    for (String word : List.of("spawnShell", "terminate")) {
      globals.set(
          word,
          function(
              args -> {
                throw new LuaError(word + " is not possible: " + EventFunction.REFUSED.get(word));
              }));
    }
    globals.set("lsyncd_version", "2.2.3");
  }

  /** It may have names of files in it, which may have anything in them. */
  private static String shown(LuaValue value) {
    return Names.display(value.isstring() ? LuaTables.bytes(value) : Names.of(value.tojstring()));
  }

  private Varargs spawn(Varargs args) {
    if (spawned == null) {
      throw new LuaError("spawn is for the functions of onCreate and the like");
    }
    List<byte[]> words = new ArrayList<>();
    for (int i = 2; i <= args.narg(); i++) {
      words.add(LuaTables.bytes(args.arg(i)));
    }
    spawned.add(words);
    return LuaValue.NIL;
  }

  private static LuaTable argument(LuaValue value, String function) {
    if (!(value instanceof LuaTable table)) {
      throw new LuaError(function + " needs a table: " + function + "{ ... }");
    }
    return table;
  }

  private interface Body {
    Varargs call(Varargs args);
  }

  private static LuaFunction function(Body body) {
    return new VarArgFunction() {
      @Override
      public Varargs invoke(Varargs args) {
        return body.call(args);
      }
    };
  }

  /** Counts instructions, and knows the line that runs. */
  private static final class Counting extends DebugLib {
    private static final LuaValue[] NO_STACK = {};

    private final Deque<Frame> frames = new ArrayDeque<>();
    private long left = INSTRUCTIONS_MAX;

    /** What the thread had made before. */
    private long madeBefore = -1;

    private int lastLine = 1;

    private static final class Frame {
      /** Null for what is not of the script. */
      final @Nullable LuaClosure closure;

      final LuaValue[] stack;
      int at;

      Frame(@Nullable LuaClosure closure, LuaValue[] stack) {
        this.closure = closure;
        this.stack = stack;
      }
    }

    /** Another part of the script is run. */
    void begin() {
      left = INSTRUCTIONS_MAX;
      madeBefore = -1;
      frames.clear();
    }

    @Override
    public void onCall(LuaFunction function) {
      frames.push(new Frame(null, NO_STACK));
    }

    @Override
    public void onCall(LuaClosure closure, Varargs args, LuaValue[] stack) {
      frames.push(new Frame(closure, stack));
    }

    @Override
    public void onInstruction(int at, Varargs args, int top) {
      if (--left < 0) {
        int unused = line(); // kept for the message: the frames are gone by then
        throw new LimitReached(
            "it runs for more than " + INSTRUCTIONS_MAX + " instructions; nothing of it is used");
      }
      Frame frame = frames.peek();
      if (frame != null) {
        frame.at = at;
        bound(frame);
      }
    }

    /** Of what the next instruction makes, and of what all have made. */
    private void bound(Frame frame) {
      LuaClosure closure = frame.closure;
      int code = closure == null ? 0 : closure.p.code[frame.at];
      boolean isConcatenation = closure != null && Lua.GET_OPCODE(code) == Lua.OP_CONCAT;
      if (isConcatenation) {
        long bytes = 0;
        for (int i = Lua.GETARG_B(code); i <= Lua.GETARG_C(code); i++) {
          bytes += bytesOf(frame.stack[i]);
        }
        check("..", bytes);
      }
      if (!isConcatenation && left % 16 != 0) {
        return;
      }
      long made = THREADS.getCurrentThreadAllocatedBytes();
      madeBefore = madeBefore < 0 ? made : madeBefore;
      if (made - madeBefore > MADE_BYTES_MAX) {
        int unused = line();
        throw new LimitReached("it takes too much memory, or too long; nothing of it is used");
      }
    }

    @Override
    public void onReturn() {
      frames.poll();
    }

    /** Of the script, that runs or ran last. */
    int line() {
      for (Frame frame : frames) {
        LuaClosure closure = frame.closure;
        if (closure != null && frame.at < closure.p.lineinfo.length) {
          lastLine = closure.p.lineinfo[frame.at];
          return lastLine;
        }
      }
      return lastLine;
    }
  }
}
