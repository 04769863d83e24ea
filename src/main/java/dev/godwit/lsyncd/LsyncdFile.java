package dev.godwit.lsyncd;

import dev.godwit.daemon.RulesException;
import dev.godwit.mirror.rules.MirrorRule;
import dev.godwit.mirror.rules.MirrorRules;
import dev.godwit.sync.rules.Surroundings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Reads a configuration of lsyncd. */
public final class LsyncdFile {
  private static final int FILE_BYTES_MAX = 4 << 20;
  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

  private LsyncdFile() {}

  /**
   * What a configuration says.
   *
   * @param isDaemon whether it is to go on in the background
   * @param remarks what has no effect, for people
   */
  public record Read(MirrorRules rules, boolean isDaemon, List<String> remarks) {
    public Read {
      remarks = List.copyOf(remarks);
    }
  }

  /**
   * The content of a file that may be a configuration, without the mark of UTF-8 before it, which
   * Lua passes over, too.
   *
   * @throws RulesException for people
   */
  public static byte[] content(Path file) throws RulesException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(FILE_BYTES_MAX + 1);
      if (bytes.length > FILE_BYTES_MAX) {
        throw new RulesException(List.of(file + ": it is larger than 4 MiB"));
      }
      int length = BYTE_ORDER_MARK.length;
      boolean isMarked =
          bytes.length >= length && Arrays.equals(bytes, 0, length, BYTE_ORDER_MARK, 0, length);
      return isMarked ? Arrays.copyOfRange(bytes, length, bytes.length) : bytes;
    } catch (NoSuchFileException e) {
      throw new RulesException(List.of(file + ": no such file"));
    } catch (IOException e) {
      throw new RulesException(List.of("unable to read " + file + ": " + e.getMessage()));
    }
  }

  /**
   * Runs a configuration and understands what it has asked for.
   *
   * @param content Lua
   * @param file where it comes from, for messages
   * @param line what lsyncd's command line says beside it
   * @throws RulesException with every problem, each with its line
   */
  public static Read read(byte[] content, Path file, LsyncdLine line, Surroundings surroundings)
      throws RulesException {
    LsyncdProblems problems = new LsyncdProblems(file);
    UnaryOperator<@Nullable String> environment =
        name -> {
          byte[] value = surroundings.environment(name);
          return value == null ? null : new String(value, StandardCharsets.UTF_8);
        };
    LsyncdScript script;
    List<String> said = new ArrayList<>();
    try {
      script = LuaSandbox.run(content, file.toString(), environment, said::add);
    } catch (LuaSandbox.ScriptException e) {
      throw new RulesException(List.of(String.valueOf(e.getMessage())));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RulesException(List.of(file + ": ended before it was read"));
    }
    SettingsReader settings = new SettingsReader(script, problems);
    script.settings().forEach(settings::read);
    SyncReader syncs =
        new SyncReader(script, problems, surroundings, line.delay(), settings.processesMax);
    List<MirrorRule> rules = new ArrayList<>();
    for (LsyncdScript.Call call : script.syncs()) {
      MirrorRule rule = syncs.read(call, rules.size() + 1);
      if (rule != null) {
        rules.add(rule);
      }
    }
    if (rules.stream().anyMatch(rule -> rule.actions() == null)) {
      settings.hasMirror();
    }
    problems.throwIfAny();
    if (rules.isEmpty()) {
      throw new RulesException(
          List.of(file + ": nothing to mirror: there is no sync{ ... } in it"));
    }
    List<String> remarks = new ArrayList<>(said);
    remarks.addAll(problems.remarks());
    if (line.hasLog()) {
      remarks.add("-log has no effect: " + SettingsReader.SAID);
    }
    boolean insists = line.insists() || settings.insists;
    Path statusFile = line.statusFile() == null ? settings.statusFile : line.statusFile();
    return new Read(
        new MirrorRules(
            rules,
            null,
            null,
            line.pidFile() == null ? settings.pidFile : line.pidFile(),
            line.logFile() == null ? settings.logFile : line.logFile(),
            MirrorRules.STOP_LIMIT,
            insists,
            insists,
            statusFile == null
                ? null
                : new MirrorRules.LsyncdStatus(
                    statusFile, settings.statusInterval, filters(rules))),
        settings.isDaemon && !line.staysInFront(),
        remarks);
  }

  /** What lsyncd's status file calls filtering: the rules of {@code filter}, not the excludes. */
  private static Map<String, List<String>> filters(List<MirrorRule> rules) {
    Map<String, List<String>> filters = new HashMap<>();
    for (MirrorRule rule : rules) {
      filters.put(
          rule.name(),
          rule.words().stream()
              .filter(word -> word.startsWith(SyncReader.FILTER))
              .map(word -> word.substring(SyncReader.FILTER.length()))
              .toList());
    }
    return filters;
  }
}
