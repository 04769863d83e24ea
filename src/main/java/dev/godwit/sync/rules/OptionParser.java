package dev.godwit.sync.rules;

import dev.godwit.linux.Names;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes a command line apart as popt(3) does it for rsync: clusters of letters, values attached or
 * in the next argument, options after operands, {@code --} before operands that look like options.
 * What the options mean is not known here.
 */
final class OptionParser {
  private static final byte[] NO_VALUE = {};

  final List<Setting> settings = new ArrayList<>();
  final List<byte[]> operands = new ArrayList<>();
  private final List<byte[]> arguments;
  private final Problems problems;
  private int at;

  private OptionParser(List<byte[]> arguments, Problems problems) {
    this.arguments = arguments;
    this.problems = problems;
  }

  /**
   * @param problems gets what cannot be understood, all of it
   */
  static OptionParser parse(List<byte[]> arguments, Problems problems) {
    OptionParser parser = new OptionParser(arguments, problems);
    parser.run();
    return parser;
  }

  private void run() {
    while (at < arguments.size()) {
      byte[] argument = arguments.get(at++);
      if (argument.length < 2 || argument[0] != '-') {
        operands.add(argument);
      } else if (argument[1] != '-') {
        letters(argument);
      } else if (argument.length == 2) {
        operands.addAll(arguments.subList(at, arguments.size()));
        return;
      } else {
        word(argument);
      }
    }
  }

  private void letters(byte[] cluster) {
    for (int i = 1; i < cluster.length; i++) {
      SyncOption option = OptionTable.byLetter(cluster[i]);
      String shown = "-" + Names.display(new byte[] {cluster[i]});
      if (option == null) {
        problems.usage(shown + ": unknown option" + where(cluster));
        continue;
      }
      if (!option.takesArgument()) {
        settings.add(new Setting(option, false, NO_VALUE, shown));
        continue;
      }
      int from = i + 1;
      if (from < cluster.length && cluster[from] == '=') {
        from++;
      }
      byte[] value =
          i + 1 < cluster.length ? Arrays.copyOfRange(cluster, from, cluster.length) : next(shown);
      if (value != null) {
        settings.add(new Setting(option, false, value, shown));
      }
      return;
    }
  }

  private static String where(byte[] cluster) {
    String text = new String(cluster, StandardCharsets.ISO_8859_1).substring(1);
    if (cluster.length > 3 && OptionTable.byName(text) != null) {
      return " in " + Names.display(cluster) + "; did you mean -" + Names.display(cluster) + "?";
    }
    return cluster.length > 2 ? " in " + Names.display(cluster) : "";
  }

  private void word(byte[] argument) {
    int equals = 2;
    while (equals < argument.length && argument[equals] != '=') {
      equals++;
    }
    boolean hasValue = equals < argument.length;
    String name = new String(argument, 2, equals - 2, StandardCharsets.ISO_8859_1);
    String shown = Names.display(Arrays.copyOf(argument, equals));
    boolean negated = false;
    SyncOption option = OptionTable.byName(name);
    if (option == null && name.startsWith("no-")) {
      option = OptionTable.byNegatedName(name.substring(3));
      negated = true;
    }
    if (option == null) {
      problems.usage(shown + ": " + whyNone(name));
      return;
    }
    // The options whose value may be left out.
    boolean maySkip = option == SyncOption.HELP || option == SyncOption.KEEP_AGENT && !negated;
    byte[] value = NO_VALUE;
    if (hasValue) {
      if (!maySkip && (negated || !option.takesArgument())) {
        problems.usage(Names.display(argument) + ": option does not take an argument");
        return;
      }
      value = Arrays.copyOfRange(argument, equals + 1, argument.length);
    } else if (option.takesArgument() && !negated) {
      byte[] following = next(shown);
      if (following == null) {
        return;
      }
      value = following;
    }
    settings.add(new Setting(option, negated, value, shown));
  }

  private static String whyNone(String name) {
    if (name.startsWith("no-") && OptionTable.byName(name.substring(3)) != null) {
      return "--" + name.substring(3) + " cannot be taken back";
    }
    String nearest = OptionTable.nearest(name);
    return nearest == null ? "unknown option" : "unknown option; the nearest one is " + nearest;
  }

  private byte @Nullable [] next(String shown) {
    if (at == arguments.size()) {
      problems.usage(shown + ": missing argument");
      return null;
    }
    return arguments.get(at++);
  }
}
