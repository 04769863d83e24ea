package dev.godwit.forward.server;

import dev.godwit.forward.rules.ForwardDefaults;
import dev.godwit.forward.rules.ForwardRule;
import dev.godwit.forward.rules.ForwardRules;
import dev.godwit.forward.rules.RuleBuilder;
import java.util.List;

/** Rules in few words. */
final class TestingRules {
  private TestingRules() {}

  /** One rule, of keys as a file of rules has them, each with its value. */
  static ForwardRule rule(String name, String... keysAndValues) {
    RuleBuilder builder = new RuleBuilder(name);
    for (int i = 0; i < keysAndValues.length; i += 2) {
      builder.add(keysAndValues[i], keysAndValues[i + 1]);
    }
    return builder.build();
  }

  /** With nothing besides. */
  static ForwardRules rules(ForwardRule... rules) {
    return new ForwardRules(List.of(rules), 0, ForwardDefaults.DRAIN_LIMIT, null, null);
  }
}
