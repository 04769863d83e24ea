package dev.godwit.sync.attributes;

/** The user's own rules for names of extended attributes (rsync's filter rules with 'x'). */
@FunctionalInterface
public interface XattrFilter {
  /** Whether the attribute of this name is neither copied nor removed here. */
  boolean excludes(byte[] name);

  /** The rule where the user has none: root copies all but system.*, others copy user.*. */
  static XattrFilter usual(Rights rights) {
    return name ->
        rights.isRoot()
            ? XattrChoice.begins(name, XattrChoice.SYSTEM)
            : !XattrChoice.begins(name, XattrChoice.USER);
  }
}
