package dev.godwit.sync.filter;

/**
 * Where the path that anchored rules see begins: at the transfer's root; or above it, or below it,
 * at the directory of the file that the rules are from.
 *
 * @param above the path to the transfer's root, with a '/' at its end; empty unless above
 * @param below how many bytes of a path from the transfer's root on are not seen
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Anchor(byte[] above, int below) {
  static final Anchor ROOT = new Anchor(Place.NO_PATH, 0);

  /** In a directory that nothing is in. */
  static final Anchor NOWHERE = new Anchor(new byte[] {0, '/'}, 0);
}
