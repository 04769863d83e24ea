package dev.godwit.mirror.actions;

/** What a command is run for. */
public enum Action {
  STARTUP("onStartup"),
  CREATE("onCreate"),
  MODIFY("onModify"),
  ATTRIB("onAttrib"),
  DELETE("onDelete"),
  MOVE("onMove");

  private final String key;

  Action(String key) {
    this.key = key;
  }

  /** The key that configurations have for it. */
  public String key() {
    return key;
  }
}
