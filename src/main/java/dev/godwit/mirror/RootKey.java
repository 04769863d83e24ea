package dev.godwit.mirror;

import dev.godwit.linux.Names;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
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
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (byte[] part : List.of(Names.of(sourceHost), source, Names.of(targetHost), target)) {
        digest.update(part);
        digest.update((byte) 0);
      }
      return HexFormat.of().formatHex(digest.digest(), 0, 12) + ".root";
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }
}
