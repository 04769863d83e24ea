package dev.godwit.mirror;

import dev.godwit.host.PartsKey;
import dev.godwit.linux.Names;
import java.util.List;

/**
 * A pair of source and target, to remember things of.
 *
 * @param sourceHost as it is said; "null" for this host
 * @param source path of the root
 * @param targetHost as it is said; "null" for this host
 * @param target path of the root
 * @param words the pair, for people
 */
public record RootKey(
    String sourceHost, byte[] source, String targetHost, byte[] target, String words) {
  /** A name for a file: the same for the same pair, another one for another. */
  String fileName() {
    return PartsKey.of(List.of(Names.of(sourceHost), source, Names.of(targetHost), target))
        + ".root";
  }
}
