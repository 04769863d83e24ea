package dev.godwit.mirror;

import java.util.Locale;

/** What a mirror is doing. */
public enum MirrorState {
  /** Looking at everything for the first time on this connection; changes are collected. */
  COPYING,
  /** Everything was looked at, changes follow as they happen. */
  LIVE,
  /** A host or the connection to it was lost; tries again by itself. */
  RECONNECTING,
  /** Nothing is applied on the target until it is resumed. */
  PAUSED,
  /** The source's root is not what it was; nothing was deleted; a person has to look (H27). */
  HALTED;

  /** As a status in JSON names it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** As people are told: a halt is loud. */
  String shown() {
    return this == HALTED ? name() : word();
  }
}
