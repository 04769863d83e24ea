package dev.godwit.linux;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** SHA-256 (FIPS 180-4) by the quickest means that this host has. */
public final class Sha256 {
  private Sha256() {}

  /** A sum of nothing yet. One thread at a time. */
  public static MessageDigest start() {
    NativeSha256.Library library = NativeSha256.library();
    return library == null ? ofJava() : new NativeSha256(library);
  }

  /** The same by Java, for what is too small to load a library for. */
  public static MessageDigest ofJava() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }
}
