package dev.godwit.mirror;

/**
 * What of a dirty path is to be looked at.
 *
 * @param tree all below it too
 * @param content the path's own content is compared although size and time are equal (H19)
 * @param treeContent so is the content of all below
 * @param doubt whether that is so whatever directory it is: changes in it may not have been told
 */
record Scope(boolean tree, boolean content, boolean treeContent, boolean doubt) {
  /** Owner, permissions and times of a name; its content only where these differ. */
  static final Scope NAME = new Scope(false, false, false, false);

  /** A name that was written, or that stands for another file now. */
  static final Scope CONTENT = new Scope(false, true, false, false);

  /** It is time to look at all below again; what changed lately is suspect. */
  static final Scope TREE = new Scope(true, false, false, true);

  /** A tree that has come to this place. */
  static final Scope NEW_TREE = new Scope(true, true, true, true);

  /** A directory got this name; if it is one that the target has, what changed in it is told. */
  static final Scope ARRIVAL = new Scope(true, true, true, false);

  /** A look failed: at the name, whose content may have been in doubt, or at something below. */
  static final Scope RETRY = new Scope(true, true, false, true);

  /** Of a single name. */
  static Scope of(boolean content) {
    return content ? CONTENT : NAME;
  }

  Scope and(Scope other) {
    return new Scope(
        tree | other.tree,
        content | other.content,
        treeContent | other.treeContent,
        doubt | other.doubt);
  }
}
