package dev.godwit.sync.filter;

/**
 * The rules that the options gave, or one file, as they stand for the names of one directory.
 * Immutable.
 */
final class Layer {
  static final Layer[] NONE = {};

  final RuleList rules;
  final Anchor anchor;

  /** Of the rules, for that directory. */
  final long[] states;

  private Layer(RuleList rules, Anchor anchor, long[] states) {
    this.rules = rules;
    this.anchor = anchor;
    this.states = states;
  }

  Layer(RuleList rules, Anchor anchor, Place place) {
    this(rules, anchor, rules.start(place, anchor));
  }

  /** The same rules for a directory below. */
  Layer enter(byte[] name) {
    return rules.hasStates() ? new Layer(rules, anchor, rules.enter(states, name)) : this;
  }

  static Layer[] enter(Layer[] layers, byte[] name) {
    Layer[] below = layers;
    for (int i = 0; i < layers.length; i++) {
      Layer next = layers[i].enter(name);
      if (next != layers[i]) {
        if (below == layers) {
          below = layers.clone();
        }
        below[i] = next;
      }
    }
    return below;
  }

  /** What the rules of some layers take, in bytes, more or less. */
  static long memory(Layer[] layers) {
    long memory = 0;
    for (Layer layer : layers) {
      memory += layer.rules.memory();
    }
    return memory;
  }
}
