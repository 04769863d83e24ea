package dev.godwit.check;

/** One look at the facts: a pure function. It tells all that it finds, good and bad. */
interface Look {
  void look(Facts facts, Findings findings);
}
