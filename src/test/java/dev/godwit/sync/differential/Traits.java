package dev.godwit.sync.differential;

/** What kinds of things the trees of one case have; most cases have a few of them only. */
record Traits(
    boolean oddNames,
    boolean links,
    boolean hardLinks,
    boolean specials,
    boolean modes,
    boolean owners,
    boolean times,
    boolean acls,
    boolean xattrs,
    boolean holes,
    boolean largeFiles,
    boolean filterFiles) {

  static Traits of(Dice dice) {
    int percent = dice.pick(10, 30, 30, 60, 100);
    return new Traits(
        dice.chance(percent / 2),
        dice.chance(percent),
        dice.chance(percent),
        dice.chance(percent / 2),
        dice.chance(percent),
        dice.chance(percent / 2),
        dice.chance(percent),
        dice.chance(percent / 3),
        dice.chance(percent / 3),
        dice.chance(percent / 3),
        dice.chance(percent / 2),
        dice.chance(percent / 2));
  }
}
