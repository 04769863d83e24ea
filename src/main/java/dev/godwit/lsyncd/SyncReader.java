package dev.godwit.lsyncd;

import dev.godwit.daemon.RulesException;
import dev.godwit.daemon.Words;
import dev.godwit.linux.Names;
import dev.godwit.linux.PathText;
import dev.godwit.mirror.rules.EngineLimits;
import dev.godwit.mirror.rules.MirrorArguments;
import dev.godwit.mirror.rules.MirrorRule;
import dev.godwit.sync.rules.Invocation;
import dev.godwit.sync.rules.Operand;
import dev.godwit.sync.rules.Surroundings;
import dev.godwit.sync.rules.SyncOption;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaClosure;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/**
 * {@code sync{}}: one directory and where it goes, as the words of a command line of {@code godwit
 * mirror}. Values become words as they are, never parts of one for a shell (H76).
 */
final class SyncReader {
  /** A day, in seconds. */
  private static final int DELAY_MAX = 86_400;

  /** As in /etc/services. */
  private static final Pattern SERVICE = Pattern.compile("[A-Za-z][A-Za-z0-9_-]*");

  /** In the place of a mode: commands are run. */
  private static final String ACTIONS = "actions";

  /** Keys that mean the same where commands are run. */
  static final Set<String> OF_ACTIONS =
      Set.of("delay", "exclude", "excludeFrom", "filter", "filterFrom", "source");

  /** Keys of {@code rsync} that are switches of sync with the same name. */
  static final Set<String> SWITCHES =
      Set.of(
          "acls",
          "archive",
          "backup",
          "checksum",
          "compress",
          "copy_dirlinks",
          "copy_links",
          "copy_unsafe_links",
          "delete_excluded",
          "dry_run",
          "executability",
          "existing",
          "group",
          "hard_links",
          "ipv4",
          "ipv6",
          "keep_dirlinks",
          "links",
          "omit_dir_times",
          "omit_link_times",
          "one_file_system",
          "owner",
          "perms",
          "prune_empty_dirs",
          "sparse",
          "times",
          "update",
          "whole_file",
          "xattrs");

  /** Switches that take away what {@code archive}, or lsyncd itself, asks for. */
  private static final Set<String> OF_ARCHIVE = Set.of("group", "links", "owner", "perms", "times");

  private static final String EXTRA = "_extra";

  /** What CVS leaves out, behind all other rules, as rsync has it. */
  static final String CVS = "cvs_exclude";

  /** Before a filter rule, as a word. */
  static final String FILTER = "--filter=";

  /** The same with a value. */
  static final Set<String> VALUES =
      Set.of(
          "backup_dir",
          "bwlimit",
          "chmod",
          "chown",
          "groupmap",
          "password_file",
          "rsh",
          "suffix",
          "usermap");

  /** Keys of {@code rsync} that change only how it is done there, and why they change nothing. */
  static final Map<String, String> ONLY_MANNER =
      Map.ofEntries(
          Map.entry("append", "files are exchanged as a whole"),
          Map.entry("append_verify", "files are exchanged as a whole"),
          Map.entry("binary", "rsync is not started"),
          Map.entry("inplace", "files are exchanged as a whole, so that nobody reads a part"),
          Map.entry("protect_args", "no shell ever sees names"),
          Map.entry("quiet", "only what a person should know is said"),
          Map.entry("rsync_path", "rsync is not started"),
          Map.entry(
              "temp_dir",
              "a file is written under a hidden name beside its place, so that it can be put there"
                  + " in one step"),
          Map.entry("timeout", "a lost connection is noticed within ten seconds"),
          Map.entry("verbose", "only what a person should know is said"));

  private static final byte[] COLON = {':'};

  /** A path that any host may have. */
  private static final byte[] HOST_PROBE = {'/'};

  private final LsyncdScript script;
  private final LsyncdProblems problems;
  private final Surroundings surroundings;
  private final @Nullable String delayForAll;
  private final int processesMax;
  private final List<Placed> mirrors = new ArrayList<>();

  /** One that was read before. */
  private record Placed(int line, MirrorRule rule) {}

  /**
   * @param script where the calls come from
   * @param processesMax how many commands of a sync run at a time, unless it says something else;
   *     0: one
   * @param delayForAll seconds that count instead of those of each sync; null: none
   */
  SyncReader(
      LsyncdScript script,
      LsyncdProblems problems,
      Surroundings surroundings,
      @Nullable String delayForAll,
      int processesMax) {
    this.script = script;
    this.problems = problems;
    this.surroundings = surroundings;
    this.delayForAll = delayForAll;
    this.processesMax = processesMax;
  }

  /**
   * Null when something is wrong, which is noted.
   *
   * @param number of the sync, from 1 on
   */
  @Nullable MirrorRule read(LsyncdScript.Call call, int number) {
    LuaTable all = LuaTables.inherited(call.argument());
    LuaValue mode = all.get(LsyncdScript.MODE_MARK);
    int line = call.line();
    KeyLines lines = script.linesOf(call);
    boolean isScript = false;
    boolean isRefused = false;
    for (Map.Entry<String, LuaValue> entry : LuaTables.named(all).entrySet()) {
      String key = entry.getKey();
      isScript |= ActionReader.isScript(key, entry.getValue());
      if (ActionReader.isLayer1(key, entry.getValue())
          || !mode.isnil() && ActionReader.isScript(key, entry.getValue())) {
        isRefused = true;
        refuseScript(lines.of(key), key, entry.getValue(), mode);
      }
    }
    if (isRefused) {
      return null;
    }
    if (mode.isnil() && !isScript) {
      problems.problem(
          line,
          "sync{} begins with default.rsync, default.rsyncssh or default.direct, or has commands:"
              + " onCreate and its like");
      return null;
    }
    return isScript
        ? new One(
                line, lines, ACTIONS, new ActionReader(script, all, problems, lines, processesMax))
            .read(all, number)
        : new One(line, lines, mode.tojstring(), null).read(all, number);
  }

  private void refuseScript(int line, String key, LuaValue value, LuaValue mode) {
    int where = value instanceof LuaClosure closure ? closure.p.linedefined : line;
    problems.problem(
        where,
        ActionReader.isLayer1(key, value)
            ? key
                + " is of layer 1, which acts on many changes at once: that is not possible. The"
                + " nearest are sync{ default.rsync, ... }, and a command for each change: onCreate,"
                + " onModify, onAttrib, onDelete, onMove, onStartup"
            : key
                + " in a sync{ default."
                + mode.tojstring()
                + " }: a mirror runs nothing. The nearest is a second sync{ source = ..., "
                + key
                + " = ... } of the same directory");
  }

  /** One {@code sync{}} on its way into words. */
  private final class One {
    private final int line;
    private final KeyLines lines;
    private final String mode;
    private final @Nullable ActionReader actions;
    private final List<byte[]> words = new ArrayList<>();
    private final List<byte[]> filters = new ArrayList<>();
    private final List<byte[]> shell = new ArrayList<>();
    private boolean isWrong;
    private boolean isWithoutCvs;
    private boolean isWithoutInit;
    private boolean isOnlyAtStart;
    private byte[] source = {};
    private byte[] target = {};
    private byte[] host = {};

    /** Of the key that is read; of all, when these are. */
    private int at;

    /**
     * @param mode as in {@code default.MODE}, or {@link #ACTIONS}
     * @param actions takes what says which commands are run; null in the modes
     */
    One(int line, KeyLines lines, String mode, @Nullable ActionReader actions) {
      this.line = line;
      this.lines = lines;
      this.at = line;
      this.mode = mode;
      this.actions = actions;
    }

    private void wrong(String text) {
      isWrong = true;
      problems.problem(at, text);
    }

    private void noEffect(String key, String why) {
      problems.remark(at, key + " has no effect: " + why);
    }

    @Nullable MirrorRule read(LuaTable all, int number) {
      // What default.rsync always gives to rsync; cp of default.direct keeps all it can.
      words.add(Names.of(mode.equals("direct") ? "-a" : "-rlt"));
      for (Map.Entry<String, LuaValue> entry : LuaTables.named(all).entrySet()) {
        at = lines.of(entry.getKey());
        key(entry.getKey(), entry.getValue());
      }
      at = line;
      if (delayForAll != null) {
        delay(LuaValue.valueOf(Double.parseDouble(delayForAll)));
      }
      if (!operands(all)) {
        return null;
      }
      try {
        MirrorRule rule = MirrorArguments.read(words).rule("Sync" + number, surroundings);
        List<String> said = new ArrayList<>(rule.words());
        if (!shell.isEmpty()) {
          rule.line().remoteShell = List.copyOf(shell);
          // No option of godwit mirror takes these: without them another port would be no change.
          shell.forEach(word -> said.add("ssh " + new String(word, StandardCharsets.ISO_8859_1)));
        }
        if (actions != null) {
          said.addAll(actions.words());
        }
        rule = rule.saying(said, actions == null ? null : actions.actions());
        boolean isRight = (!isWithoutCvs || hasNoRulesInTree(rule)) && isAlone(rule);
        return isRight && !isWrong ? rule : null;
      } catch (RulesException e) {
        for (String problem : e.problems()) {
          at = lines.of(OptionKeys.keyOf(problem));
          wrong(OptionKeys.inKeys(problem));
        }
        return null;
      }
    }

    /** What they leave out is protected on the target, too, so they cannot be left aside. */
    private boolean hasNoRulesInTree(MirrorRule rule) {
      String found = CvsIgnoreFiles.first(rule.source(), rule.filters());
      if (found != null) {
        wrong(
            "rsync.cvs_exclude: "
                + PathText.display(found)
                + " would change what takes part, and a mirror has no filter files in the tree. The"
                + " nearest are its patterns in exclude, and filter = '-C' with it, which is"
                + " cvs_exclude without these files");
      }
      return found == null;
    }

    /** Whether no other one goes to the same target, which has one mirror at a time. */
    private boolean isAlone(MirrorRule rule) {
      for (Placed other : mirrors) {
        if (rule.hasTargetOf(other.rule)) {
          wrong(
              "the sync{} of line "
                  + other.line
                  + " goes to "
                  + rule.to()
                  + " too, and each mirror has a target of its own, also with delete = false: of a"
                  + " name that both have, and of the target's own attributes, each would put right"
                  + " what the other has brought. The nearest are a folder in it for each, and one"
                  + " sync{} of a directory that has all sources in it");
          return false;
        }
      }
      mirrors.add(new Placed(line, rule));
      return true;
    }

    private void key(String key, LuaValue value) {
      if (actions != null && (actions.takes(key, value) || !OF_ACTIONS.contains(key))) {
        return;
      }
      boolean isSsh = mode.equals("rsyncssh");
      switch (key) {
        case LsyncdScript.MODE_MARK -> {}
        case "source" -> source = string(key, value);
        case "target" -> {
          if (isSsh) {
            wrong("default.rsyncssh has no target: write host and targetdir");
          } else {
            target = string(key, value);
          }
        }
        case "targetdir" -> target = isSsh ? string(key, value) : onlyWithSsh(key);
        case "host" -> host = isSsh ? string(key, value) : onlyWithSsh(key);
        case "delay" -> {
          if (delayForAll == null) {
            delay(value);
          }
        }
        case "delete" -> delete(value);
        case "exclude" -> each(key, value, "--exclude=");
        case "excludeFrom" -> each(key, value, "--exclude-from=");
        case "filter" -> each(key, value, FILTER);
        case "filterFrom" -> each(key, value, FILTER + "merge ");
        case "init" -> {
          if (!value.isboolean()) {
            wrong("init is true or false");
          }
          isWithoutInit = !value.toboolean();
        }
        case "rsync" -> {
          table(key, value, this::rsync);
          if (value instanceof LuaTable table && !table.get(EXTRA).isnil()) {
            at = lines.of("rsync." + EXTRA);
            extra(table.get(EXTRA)); // behind all that the other keys ask for, as lsyncd has it
          }
        }
        case "ssh" -> {
          if (isSsh) {
            ssh(value);
          } else {
            onlyWithSsh(key);
          }
        }
        case "xargs" -> {
          if (isSsh) {
            noEffect(key, "no program is started on the other host but Godwit's agent");
          } else {
            onlyWithSsh(key);
          }
        }
        case "maxProcesses" -> noEffect(key, "no processes are started for files");
        case "maxDelays" -> noEffect(key, SettingsReader.DELAYS);
        case "batchSizeLimit" -> noEffect(key, "changes are not put into groups by size");
        case "exitcodes" -> noEffect(key, "no processes are started for files");
        case "rsyncpath" -> noEffect(key, "rsync is not started");
        case "tunnel", "crontab", "rsyncBinary", "rsyncOps", "rsyncOpts" ->
            wrong(
                key
                    + " is not possible; "
                    + (key.equals("tunnel")
                        ? "ssh carries everything: use default.rsyncssh"
                        : key.equals("crontab")
                            ? "both sides are compared once a day anyway"
                            : "write rsync = { ... } with a key for each option"));
        default ->
            wrong(
                "there is no parameter "
                    + key
                    + " of default."
                    + mode
                    + "; see docs/coming-from-lsyncd.md for those that there are");
      }
    }

    private byte[] onlyWithSsh(String key) {
      wrong(key + " belongs to default.rsyncssh, this is default." + mode);
      return new byte[0];
    }

    private byte[] string(String key, LuaValue value) {
      if (!value.isstring() || LuaTables.bytes(value).length == 0) {
        wrong(
            key + " is a text, not " + (value.isstring() ? "an empty one" : LuaTables.text(value)));
        return new byte[0];
      }
      return LuaTables.bytes(value);
    }

    private void delay(LuaValue value) {
      double seconds = value.type() == LuaValue.TNUMBER ? value.todouble() : -1;
      if (seconds < 0 || seconds > DELAY_MAX) {
        wrong("delay is a number of seconds, up to " + DELAY_MAX);
      } else if (seconds > 0) {
        // The number of a time has six digits.
        words.add(
            Names.of(
                seconds < 1000
                    ? "--delay=" + Math.max(1, (long) (seconds * 1000)) + "ms"
                    : "--delay=" + (long) seconds + "s"));
      }
    }

    /** The text 'true' is refused: in lsyncd it is none of these, and removes nothing. */
    private void delete(LuaValue value) {
      if (value.isboolean()) {
        if (!value.toboolean()) {
          words.add(Names.of("--no-delete"));
        }
        return;
      }
      switch (LuaTables.text(value)) {
        case "startup" -> isOnlyAtStart = true;
        case "running" -> words.add(Names.of("--delete-when=running"));
        default -> wrong("delete is true, false, 'startup' or 'running'");
      }
    }

    /** A text, or a list of them. */
    private void each(String key, LuaValue value, String prefix) {
      if (value.type() == LuaValue.TNUMBER) {
        wrong(key + " is a text, or a list of texts, not " + LuaTables.text(value));
        return;
      }
      List<LuaValue> values =
          value instanceof LuaTable table ? LuaTables.list(table) : List.of(value);
      for (LuaValue one : values) {
        byte[] text = string(key, one);
        if (text.length > 0) {
          // Filters count before excludes, wherever they stand.
          (prefix.startsWith(FILTER) ? filters : words).add(joined(Names.of(prefix), text));
        }
      }
    }

    private interface Entry {
      void take(String key, LuaValue value);
    }

    private void table(String key, LuaValue value, Entry entry) {
      if (!(value instanceof LuaTable table)) {
        wrong(key + " is a table: " + key + " = { ... }");
        return;
      }
      for (Map.Entry<String, LuaValue> one : LuaTables.named(table).entrySet()) {
        at = lines.of(key + "." + one.getKey());
        entry.take(one.getKey(), one.getValue());
      }
      at = lines.of(key);
    }

    private void rsync(String key, LuaValue value) {
      String option = "--" + key.replace('_', '-');
      String manner = ONLY_MANNER.get(key);
      if (key.equals("ignore_times")) {
        if (value.toboolean()) {
          // Sent again in each audit, what is equal would count as drift.
          words.add(Names.of("--checksum"));
          problems.remark(at, "rsync.ignore_times compares contents, as rsync.checksum does");
        }
      } else if (key.equals(CVS)) {
        isWithoutCvs = value.toboolean();
      } else if (SWITCHES.contains(key)) {
        if (value.toboolean()) {
          words.add(Names.of(option));
        } else if (OF_ARCHIVE.contains(key)) {
          words.add(Names.of("--no-" + key));
          if (key.equals("times")) {
            words.add(Names.of("--checksum")); // else nobody knows what has changed
            problems.remark(at, "without rsync.times contents are compared, as with checksum");
          }
        }
      } else if (VALUES.contains(key)) {
        if (value.isboolean() && !value.toboolean()) {
          return;
        }
        byte[] text = string("rsync." + key, value);
        if (text.length > 0) {
          words.add(joined(Names.of(option + "="), text));
        }
      } else if (manner != null) {
        if (value.toboolean()) {
          noEffect("rsync." + key, manner);
        }
      } else if (!key.equals(EXTRA)) {
        wrong("there is no rsync." + key + "; _extra takes options of rsync by their own names");
      }
    }

    private void extra(LuaValue value) {
      List<LuaValue> all = value instanceof LuaTable table ? LuaTables.list(table) : List.of(value);
      List<byte[]> given = new ArrayList<>();
      for (LuaValue one : all) {
        byte[] word = string("rsync._extra", one);
        if (word.length > 0) {
          given.add(word);
        }
      }
      for (byte[] word : Invocation.oneByOne(given)) {
        SyncOption only = onlyManner(word);
        if (only != null) {
          noEffect(only.shown(), "it would change only how rsync does it");
        } else {
          words.add(word);
        }
      }
    }

    /** The option that a word is alone, when it changes nothing in the end; else null. */
    private @Nullable SyncOption onlyManner(byte[] word) {
      List<SyncOption> options = Invocation.options(List.of(word));
      return options.size() == 1 && EngineLimits.isOnlyManner(options.getFirst())
          ? options.getFirst()
          : null;
    }

    private void ssh(LuaValue value) {
      shell.add(Names.of("ssh"));
      table("ssh", value, this::ssh);
    }

    private void ssh(String key, LuaValue value) {
      switch (key) {
        case "binary" -> shell.set(0, string("ssh.binary", value));
        case "port" -> {
          shell.add(Names.of("-p"));
          shell.add(port(value));
        }
        case "identityFile" -> {
          shell.add(Names.of("-i"));
          shell.add(string("ssh.identityFile", value));
        }
        case "options" ->
            table(
                "ssh.options",
                value,
                (name, setting) -> {
                  shell.add(Names.of("-o"));
                  shell.add(joined(Names.of(name + "="), string("ssh.options." + name, setting)));
                });
        case "_extra" -> {
          if (value instanceof LuaTable table) {
            LuaTables.list(table).forEach(word -> shell.add(string("ssh._extra", word)));
          } else {
            wrong("ssh._extra is a list of texts");
          }
        }
        default ->
            wrong(
                "there is no ssh."
                    + key
                    + "; there are binary, port, identityFile, options and"
                    + " _extra");
      }
    }

    private byte[] port(LuaValue value) {
      byte[] text = string("ssh.port", value);
      String shown = Names.display(text);
      if (text.length > 0
          && Words.number(shown, Words.PORT_MAX) < 1
          && !SERVICE.matcher(shown).matches()) {
        wrong("ssh.port = " + shown + ": it is a number of 1 to " + Words.PORT_MAX);
      }
      return text;
    }

    /**
     * Whether there are both, so that what else is wrong can be said; what is missing is noted, and
     * what is there and wrong was before.
     */
    private boolean operands(LuaTable all) {
      if (actions != null) {
        target = new byte[] {'/'}; // commands have their own
      }
      boolean isFar = mode.equals("rsyncssh");
      if (source.length == 0 && all.get("source").isnil()) {
        wrong((actions == null ? "default." + mode : "sync{}") + " needs source");
      }
      String to = isFar ? "targetdir" : "target";
      if (target.length == 0 && all.get(to).isnil()) {
        wrong("default." + mode + " needs " + to);
      }
      if (source.length == 0 || target.length == 0 || isFar && !host(all)) {
        return false;
      }
      if (isWithoutInit) {
        words.add(Names.of("--changes-only"));
      }
      if (isOnlyAtStart) {
        words.add(Names.of(isWithoutInit ? "--no-delete" : "--delete-when=startup"));
      }
      words.addAll(1, filters);
      if (isWithoutCvs) {
        words.addAll(List.of(Names.of("-f"), Names.of("-C"))); // no filter of the file's own
      }
      words.add(Names.of("--"));
      // The content of the one goes into the other.
      words.add(joined(local(source), Names.of("/")));
      words.add(
          isFar
              ? joined(host, joined(COLON, target))
              : mode.equals("direct") ? local(target) : target);
      return true;
    }

    /** Together with a path it has to be read as what it is: as a host. */
    private boolean host(LuaTable all) {
      if (host.length == 0) {
        if (all.get("host").isnil()) {
          wrong("default.rsyncssh needs host");
        }
        return false;
      }
      String shown = "host = '" + Names.display(host) + "': ";
      try {
        Operand read = Operand.of(joined(host, joined(COLON, HOST_PROBE)));
        if (read.host() == null || !Arrays.equals(read.path(), HOST_PROBE)) {
          wrong(
              shown
                  + "it is a name or an address that ssh reaches, with USER@ before it or not: no"
                  + " path, no port (ssh = { port = ... }), and an IPv6 address in [ ]");
          return false;
        }
        return true;
      } catch (Operand.OperandException e) {
        wrong(
            shown
                + (Names.display(host).matches("(.*@)?-.*")
                    ? "a host or user may not start with '-'"
                    : "it is no host that ssh reaches: [USER@]HOST, an IPv6 address in [ ]"));
        return false;
      }
    }

    /** A path that no colon makes one of another host. */
    private byte[] local(byte[] path) {
      return path.length > 0 && path[0] == '/' ? path : joined(Names.of("./"), path);
    }
  }

  private static byte[] joined(byte[] one, byte[] other) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(one);
    all.writeBytes(other);
    return all.toByteArray();
  }
}
