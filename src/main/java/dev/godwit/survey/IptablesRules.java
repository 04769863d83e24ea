package dev.godwit.survey;

import dev.godwit.survey.Ruleset.Action;
import dev.godwit.survey.Ruleset.Chain;
import dev.godwit.survey.Ruleset.Condition;
import dev.godwit.survey.Ruleset.Rule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the filter table as {@code iptables-save} prints it (iptables(8)). */
final class IptablesRules {
  private IptablesRules() {}

  static Ruleset read(String text) {
    Map<String, List<Rule>> rules = new LinkedHashMap<>();
    boolean drops = false;
    boolean isFilter = false;
    for (String line : text.split("\n", -1)) {
      if (line.startsWith("*")) {
        isFilter = line.equals("*filter");
      } else if (isFilter && line.startsWith(":")) {
        String[] words = line.substring(1).split(" ");
        rules.put(words[0], new ArrayList<>());
        drops |= words[0].equals("INPUT") && words.length > 1 && words[1].equals("DROP");
      } else if (isFilter && line.startsWith("-A ")) {
        List<String> words = Arrays.asList(line.split(" +"));
        rules.computeIfAbsent(words.get(1), name -> new ArrayList<>()).add(rule(words));
      }
    }
    boolean dropsAtEnd = drops;
    Map<String, Chain> chains = new LinkedHashMap<>();
    rules.forEach(
        (name, list) ->
            chains.put(name, new Chain(name, name.equals("INPUT") && dropsAtEnd, list)));
    return new Ruleset(rules.containsKey("INPUT") ? List.of("INPUT") : List.of(), chains);
  }

  private static Rule rule(List<String> words) {
    List<Condition> conditions = new ArrayList<>();
    Action action = Action.NOTHING;
    String target = "";
    boolean isNegated = false;
    for (int i = 2; i < words.size(); i++) {
      String value = i + 1 < words.size() ? words.get(i + 1) : "";
      switch (words.get(i)) {
        case "!" -> {
          isNegated = true;
          continue;
        }
        case "-p" -> {
          if ((value.equals("tcp") || value.equals("all")) == isNegated) {
            conditions.add(new Condition.Never());
          }
          i++;
        }
        case "-m" -> i++;
        case "--dport", "--dports" -> {
          conditions.add(new Condition.Ports(ranges(value), isNegated));
          i++;
        }
        case "--state", "--ctstate" -> {
          if (List.of(value.split(",")).contains("NEW") == isNegated) {
            conditions.add(new Condition.Never());
          }
          i++;
        }
        case "-i" -> {
          if (!value.equals("lo")) {
            conditions.add(new Condition.Unknown());
          } else if (!isNegated) {
            conditions.add(new Condition.Never());
          }
          i++;
        }
        case "--comment" -> {
          // One word, or several in quotes.
          i++;
          if (value.startsWith("\"") && !(value.length() > 1 && value.endsWith("\""))) {
            while (i + 1 < words.size() && !words.get(i).endsWith("\"")) {
              i++;
            }
          }
        }
        case "-j", "-g" -> {
          target = value;
          action =
              switch (value) {
                case "ACCEPT" -> Action.ACCEPT;
                case "DROP", "REJECT", "TARPIT" -> Action.DROP;
                case "RETURN" -> Action.RETURN;
                case "LOG", "NFLOG", "MARK", "CONNMARK" -> Action.NOTHING;
                default -> words.get(i).equals("-g") ? Action.GOTO : Action.JUMP;
              };
          i = words.size(); // what follows belongs to the target
        }
        default -> conditions.add(new Condition.Unknown());
      }
      isNegated = false;
    }
    return new Rule(conditions, action, target);
  }

  private static List<int[]> ranges(String text) {
    List<int[]> ranges = new ArrayList<>();
    for (String part : text.split(",")) {
      String[] ends = part.split(":", 2);
      ranges.add(new int[] {Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1])});
    }
    return ranges;
  }
}
