package dev.godwit.sync.rules;

import dev.godwit.linux.Names;
import dev.godwit.sync.content.CompressionChoice;
import dev.godwit.sync.copy.CopyStatus;
import dev.godwit.sync.filter.FilterRule;
import dev.godwit.sync.filter.ShellPaths;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A command line of {@code godwit sync}, understood: what is copied from where to where, by which
 * rules, and what is told of it.
 *
 * @param topic what is asked for instead of a copy
 * @param helpTopic of {@code --help=TOPIC}
 * @param withoutEffect options that change nothing, in the words for the user
 * @param filters in the order in which they count
 * @param sourceHost as for ssh; null: this host
 * @param targetHost as for ssh; null: this host
 * @param sources paths on that host, at least one
 * @param target empty when the source's names are only listed
 * @param files the names of --files-from; null: there is no list, or it is on the other host
 * @param filesOnOtherHost the path of --files-from on the other host; null: none
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Invocation(
    Topic topic,
    String helpTopic,
    Rules rules,
    Telling telling,
    LineOptions line,
    List<String> withoutEffect,
    List<FilterRule> filters,
    @Nullable String sourceHost,
    @Nullable String targetHost,
    List<byte[]> sources,
    byte[] target,
    @Nullable List<byte[]> files,
    byte @Nullable [] filesOnOtherHost) {

  /** What a command line is for. */
  public enum Topic {
    COPY,
    HELP,
    VERSION,
    INFO_HELP,
    DEBUG_HELP
  }

  /** Whether no other host takes part. */
  public boolean isWithinOneHost() {
    return sourceHost == null && targetHost == null;
  }

  /**
   * Understands a command line. Files that it names are read.
   *
   * @throws UsageException with everything that is wrong with it
   */
  public static Invocation read(List<byte[]> arguments, Surroundings surroundings)
      throws UsageException {
    Problems problems = new Problems();
    Settings settings = new Settings(surroundings, problems);
    byte[] shell = surroundings.environment("RSYNC_RSH");
    if (shell != null && shell.length > 0) {
      settings.apply(new Setting(SyncOption.RSH, false, shell, "RSYNC_RSH"));
    }
    OptionParser line = OptionParser.parse(arguments, problems);
    for (Setting setting : line.settings) {
      settings.apply(setting);
    }
    try {
      return read(settings, line, surroundings, problems);
    } catch (UsageException e) {
      throw e.in(settings.telling.logFile, settings.rules.confineRoot);
    }
  }

  private static Invocation read(
      Settings settings, OptionParser line, Surroundings surroundings, Problems problems)
      throws UsageException {
    Topic topic = topic(settings, line.operands.isEmpty());
    if (topic != Topic.COPY) {
      problems.throwIfAny();
      return new Invocation(
          topic,
          Settings.text(settings.helpTopic),
          settings.rules.build(),
          settings.telling,
          settings.line,
          List.of(),
          List.of(),
          null,
          null,
          List.of(),
          new byte[0],
          null,
          null);
    }
    return new Reader(settings, line.operands, surroundings, problems).read();
  }

  /**
   * The options that a command line gives, those that are taken back left out. What cannot be
   * understood is passed over: {@link #read} tells it.
   */
  public static List<SyncOption> options(List<byte[]> arguments) {
    return OptionParser.parse(arguments, new Problems()).settings.stream()
        .filter(setting -> !setting.negated())
        .map(Setting::option)
        .toList();
  }

  /**
   * The same options, each one as a word of its own with its value: {@code -aB 700} as {@code -a}
   * and {@code -B=700}. Words that cannot be understood, or that are no options, are as they were,
   * and so are all others then.
   */
  public static List<byte[]> oneByOne(List<byte[]> arguments) {
    Problems problems = new Problems();
    OptionParser parser = OptionParser.parse(arguments, problems);
    if (!problems.isEmpty() || !parser.operands.isEmpty()) {
      return arguments;
    }
    return parser.settings.stream().map(Invocation::word).toList();
  }

  /** The same command line without some of its options. */
  public static List<byte[]> without(Set<SyncOption> options, List<byte[]> arguments) {
    OptionParser parser = OptionParser.parse(arguments, new Problems());
    List<byte[]> words = new ArrayList<>();
    for (Setting setting : parser.settings) {
      if (!options.contains(setting.option())) {
        words.add(word(setting));
      }
    }
    if (words.size() == parser.settings.size()) {
      return arguments;
    }
    words.add(Names.of("--"));
    words.addAll(parser.operands);
    return words;
  }

  private static byte[] word(Setting setting) {
    byte[] shown = Names.of(setting.shown());
    if (setting.negated() || !setting.option().takesArgument()) {
      return shown;
    }
    byte[] word = Arrays.copyOf(shown, shown.length + 1 + setting.value().length);
    word[shown.length] = '=';
    System.arraycopy(setting.value(), 0, word, shown.length + 1, setting.value().length);
    return word;
  }

  private static Topic topic(Settings settings, boolean isWithoutOperands) {
    if (settings.version) {
      return Topic.VERSION;
    }
    if (settings.infoHelp) {
      return Topic.INFO_HELP;
    }
    if (settings.debugHelp) {
      return Topic.DEBUG_HELP;
    }
    // -h alone is a question; with operands it is about figures.
    boolean isQuestion = isWithoutOperands && settings.telling.human > 1;
    return settings.help || isQuestion ? Topic.HELP : Topic.COPY;
  }

  /** Puts operands and options together. */
  private static final class Reader {
    private final Settings settings;
    private final List<byte[]> operands;
    private final Surroundings surroundings;
    private final Problems problems;
    private final List<byte[]> sources = new ArrayList<>();
    private @Nullable String sourceHost;
    private @Nullable String targetHost;
    private byte[] target = {};

    Reader(Settings settings, List<byte[]> operands, Surroundings surroundings, Problems problems) {
      this.settings = settings;
      this.operands = operands;
      this.surroundings = surroundings;
      this.problems = problems;
    }

    Invocation read() throws UsageException {
      Implications.apply(settings, operands.size() == 1, surroundings, problems);
      if (operands.isEmpty()) {
        problems.usage("a source and a target are needed: godwit sync [OPTION...] SRC... DST");
        problems.throwIfAny();
      }
      if (settings.filesFrom != null && operands.size() > 2) {
        problems.usage("--files-from needs exactly one SRC, in which the names are");
      }
      try {
        readOperands();
      } catch (Operand.OperandException e) {
        problems.usage(String.valueOf(e.getMessage()));
      }
      byte @Nullable [] elsewhere = filesElsewhere();
      List<byte[]> files = settings.filesFrom == null || elsewhere != null ? null : files();
      problems.throwIfAny();
      return new Invocation(
          Topic.COPY,
          "",
          settings.rules.build(),
          settings.telling,
          settings.line,
          withoutEffect(),
          List.copyOf(settings.filters),
          sourceHost,
          targetHost,
          List.copyOf(sources),
          target,
          files,
          elsewhere);
    }

    /** With what is said of a method of compression, where something is sent. */
    private List<String> withoutEffect() {
      List<String> all = new ArrayList<>(settings.withoutEffect);
      String note =
          CompressionChoice.of(
                  settings.rules.compress,
                  settings.rules.compressChoice,
                  settings.rules.compressLevel)
              .note();
      if (note != null && (sourceHost != null || targetHost != null)) {
        all.add(note);
      }
      if (settings.rules.detectRenames && !settings.delete) {
        all.add("--detect-renames has no effect without --delete: what would be renamed stays");
      }
      RsyncPath path = RsyncPath.of(settings.line);
      if (path != null && sourceHost == null && targetHost == null) {
        all.add(path + " has no effect within one host");
      } else if (path != null && !path.isForRsyncAlone() && path.before().isEmpty()) {
        all.add(path + " has no effect but where Godwit's agent cannot run, and rsync is driven");
      }
      return List.copyOf(all);
    }

    private void readOperands() throws Operand.OperandException {
      int sourceCount = Math.max(1, operands.size() - 1);
      for (int i = 0; i < sourceCount; i++) {
        addSource(operands.get(i), i == 0);
      }
      if (operands.size() < 2) {
        return;
      }
      byte[] text = operands.getLast();
      if (text.length == 0) {
        problems.usage("the target is empty; write \".\" for this directory");
      }
      Operand last = Operand.of(text);
      target = path(last);
      targetHost = last.host();
      if (targetHost != null && sourceHost != null) {
        problems.usage("the source and the target cannot both be on another host");
      } else if (targetHost != null && targetHost.isEmpty()) {
        problems.usage(Names.display(text) + ": there is no host before the ':'");
      }
    }

    /** On another host it means what it means to a shell there, unless that is not wanted. */
    private byte[] path(Operand operand) {
      return settings.secludedArguments && operand.host() != null
          ? ShellPaths.withoutHome(operand.path())
          : operand.path();
    }

    private void addSource(byte[] text, boolean isFirst) throws Operand.OperandException {
      if (text.length == 0) {
        problems.usage("a source is empty; write \".\" for this directory");
      }
      Operand operand = Operand.of(text);
      sources.add(path(operand));
      String host = operand.host();
      if (isFirst) {
        sourceHost = host;
        if (host != null && host.isEmpty()) {
          problems.usage(Names.display(text) + ": there is no host before the ':'");
        }
      } else if (host == null && sourceHost != null) {
        problems.usage(
            Names.display(text)
                + " is a path on this host, and the sources before it are on "
                + sourceHost
                + "; for that host put a ':' before it");
      } else if (host != null && sourceHost == null) {
        problems.usage(
            Names.display(text) + " is on another host, and the sources before it are on this one");
      } else if (host != null && !host.isEmpty() && !host.equals(sourceHost)) {
        problems.usage("all sources must be on one host, and " + host + " is not " + sourceHost);
      }
    }

    /** The list's path when it is on the other host. */
    private byte @Nullable [] filesElsewhere() {
      byte[] given = settings.filesFrom;
      if (given == null) {
        return null;
      }
      try {
        Operand operand = Operand.of(given);
        String host = operand.host();
        if (host == null) {
          return null;
        }
        String other = sourceHost == null ? targetHost : sourceHost;
        if (other == null) {
          problems.usage("--files-from cannot be on another host when the copy is on this one");
        } else if (!host.isEmpty() && !host.equals(other)) {
          problems.usage("--files-from names " + host + ", and the other host is " + other);
        }
        return operand.path();
      } catch (Operand.OperandException e) {
        problems.usage("--files-from=" + e.getMessage());
        return null;
      }
    }

    private List<byte[]> files() {
      byte[] given = settings.filesFrom;
      if (given == null) {
        return List.of();
      }
      try {
        return NameLists.names(
            surroundings.read(given, settings.rules.confineRoot),
            settings.rules.zeroTerminatedFilters,
            sourceHost == null);
      } catch (IOException e) {
        problems.add(
            CopyStatus.USAGE,
            "unable to read --files-from=" + Names.display(given) + ": " + e.getMessage());
        return List.of();
      }
    }
  }
}
