package dev.godwit.survey;

import dev.godwit.survey.Ruleset.Action;
import dev.godwit.survey.Ruleset.Chain;
import dev.godwit.survey.Ruleset.Condition;
import dev.godwit.survey.Ruleset.Rule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads what {@code nft --json list ruleset} prints (libnftables-json(5)). */
final class NftRules {
  private final Map<String, JsonNode> sets = new HashMap<>();
  private final Map<String, Boolean> drops = new HashMap<>();
  private final Map<String, List<Rule>> rules = new LinkedHashMap<>();
  private final List<String> bases = new ArrayList<>();

  private NftRules() {}

  /**
   * @throws tools.jackson.core.JacksonException when it is no JSON
   */
  static Ruleset read(String json) {
    NftRules reader = new NftRules();
    JsonNode items = JsonMapper.shared().readTree(json).path("nftables");
    for (JsonNode item : items) {
      JsonNode set = item.path("set");
      if (set.isObject()) {
        reader.sets.put(name(set, set.path("name").asString("")), set.path("elem"));
      }
    }
    for (JsonNode item : items) {
      if (item.path("chain").isObject()) {
        reader.chain(item.path("chain"));
      } else if (item.path("rule").isObject()) {
        reader.rule(item.path("rule"));
      }
    }
    Map<String, Chain> chains = new LinkedHashMap<>();
    reader.rules.forEach(
        (name, list) ->
            chains.put(name, new Chain(name, reader.drops.getOrDefault(name, false), list)));
    return new Ruleset(List.copyOf(reader.bases), chains);
  }

  private static String name(JsonNode node, String name) {
    return node.path("family").asString("") + " " + node.path("table").asString("") + " " + name;
  }

  private void chain(JsonNode chain) {
    String name = name(chain, chain.path("name").asString(""));
    rules.putIfAbsent(name, new ArrayList<>());
    String hook = chain.path("hook").asString("");
    boolean sees = hook.equals("input") || hook.equals("prerouting");
    boolean family = List.of("ip", "inet").contains(chain.path("family").asString(""));
    if (sees && family && chain.path("type").asString("").equals("filter")) {
      bases.add(name);
      drops.put(name, chain.path("policy").asString("accept").equals("drop"));
    }
  }

  private void rule(JsonNode rule) {
    String chain = name(rule, rule.path("chain").asString(""));
    List<Condition> conditions = new ArrayList<>();
    Action action = Action.NOTHING;
    String target = "";
    for (JsonNode part : rule.path("expr")) {
      String key = part.propertyNames().stream().findFirst().orElse("");
      JsonNode value = part.path(key);
      switch (key) {
        case "match" -> conditions.addAll(condition(rule, value));
        case "accept" -> action = Action.ACCEPT;
        case "drop", "reject" -> action = Action.DROP;
        case "return" -> action = Action.RETURN;
        case "jump", "goto" -> {
          action = key.equals("jump") ? Action.JUMP : Action.GOTO;
          target = name(rule, value.path("target").asString(""));
        }
        case "counter", "log", "comment", "mangle", "notrack" -> {} // decide nothing
        default -> {
          // A limit, a map of verdicts, a match of iptables that has no words of its own.
          conditions.add(new Condition.Unknown());
          if (key.equals("vmap")) {
            action = Action.RETURN;
          }
        }
      }
    }
    rules
        .computeIfAbsent(chain, name -> new ArrayList<>())
        .add(new Rule(conditions, action, target));
  }

  private List<Condition> condition(JsonNode rule, JsonNode match) {
    JsonNode left = match.path("left");
    JsonNode right = match.path("right");
    boolean isNegated = match.path("op").asString("").equals("!=");
    JsonNode payload = left.path("payload");
    if (payload.isObject()) {
      String protocol = payload.path("protocol").asString("");
      String field = payload.path("field").asString("");
      if (field.equals("dport") && (protocol.equals("tcp") || protocol.equals("th"))) {
        List<int[]> ranges = ranges(rule, right);
        return List.of(
            ranges == null ? new Condition.Unknown() : new Condition.Ports(ranges, isNegated));
      }
      if (List.of("udp", "icmp", "icmpv6", "sctp", "igmp", "ip6").contains(protocol)) {
        return List.of(new Condition.Never());
      }
      if (field.equals("protocol") || field.equals("nexthdr")) {
        return protocolIs(right, isNegated);
      }
      return List.of(new Condition.Unknown());
    }
    JsonNode ct = left.path("ct");
    if (ct.path("key").asString("").equals("state")) {
      return words(right).contains("new") != isNegated ? List.of() : List.of(new Condition.Never());
    }
    JsonNode meta = left.path("meta");
    return switch (meta.path("key").asString("")) {
      case "l4proto" -> protocolIs(right, isNegated);
      case "iif", "iifname" -> {
        boolean isLoopback = words(right).equals(List.of("lo"));
        yield isLoopback
            ? isNegated ? List.of() : List.of(new Condition.Never())
            : List.of(new Condition.Unknown());
      }
      case "nfproto" ->
          words(right).contains("ipv6") != isNegated ? List.of(new Condition.Never()) : List.of();
      default -> List.of(new Condition.Unknown());
    };
  }

  private static List<Condition> protocolIs(JsonNode right, boolean isNegated) {
    List<String> words = words(right);
    boolean isTcp = words.contains("tcp") || words.contains("6");
    return isTcp != isNegated ? List.of() : List.of(new Condition.Never());
  }

  /** Null when they are not known. */
  private @org.jspecify.annotations.Nullable List<int[]> ranges(JsonNode rule, JsonNode right) {
    JsonNode elements = right;
    if (right.isString() && right.asString().startsWith("@")) {
      JsonNode set = sets.get(name(rule, right.asString().substring(1)));
      if (set == null) {
        return null;
      }
      elements = set;
    } else if (right.has("set")) {
      elements = right.path("set");
    }
    List<int[]> ranges = new ArrayList<>();
    for (JsonNode element : elements.isArray() ? elements : List.of(elements)) {
      JsonNode value = element.has("elem") ? element.path("elem").path("val") : element;
      JsonNode range = value.path("range");
      if (value.isInt()) {
        ranges.add(new int[] {value.asInt(), value.asInt()});
      } else if (range.isArray() && range.size() == 2) {
        ranges.add(new int[] {range.get(0).asInt(), range.get(1).asInt()});
      } else {
        return null;
      }
    }
    return ranges;
  }

  private static List<String> words(JsonNode node) {
    JsonNode list = node.has("set") ? node.path("set") : node;
    List<String> words = new ArrayList<>();
    for (JsonNode word : list.isArray() ? list : List.of(list)) {
      words.add(word.asString(""));
    }
    return words;
  }
}
