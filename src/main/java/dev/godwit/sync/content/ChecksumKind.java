package dev.godwit.sync.content;

import com.dynatrace.hash4j.hashing.Hashing;
import dev.godwit.linux.Sha256;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A kind of checksum, by the name that {@code --checksum-choice} of rsync(1) gives it; SHA-256 and
 * SHA-512 are Godwit's own additions. XXH3, XXH64, MD4, MD5 and SHA-1 can be made to collide by who
 * chooses the content.
 */
public enum ChecksumKind {
  XXH128("xxh128", 16, null),
  XXH3("xxh3", 8, null),
  XXH64("xxh64", 8, null),
  MD5("md5", 16, "MD5"),
  MD4("md4", 16, null),
  SHA1("sha1", 20, "SHA-1"),
  SHA256("sha256", 32, null),
  SHA512("sha512", 64, "SHA-512"),

  /** No checksum at all. */
  NONE("none", 1, null);

  /** What is used when nothing else is asked for, as with rsync. */
  public static final ChecksumKind USUAL = XXH128;

  private final String text;
  private final int bytes;

  /** Of {@link MessageDigest}; null where that is not how it is made. */
  private final @Nullable String algorithm;

  ChecksumKind(String text, int bytes, @Nullable String algorithm) {
    this.text = text;
    this.bytes = bytes;
    this.algorithm = algorithm;
  }

  /** As in options. */
  public String text() {
    return text;
  }

  /** Of the checksum; the kind without one counts as one byte, as rsync prints it. */
  public int bytes() {
    return bytes;
  }

  /** What {@code %C} of {@code --out-format} is for what has no checksum: as wide as one. */
  public String blank() {
    return " ".repeat(2 * bytes);
  }

  /**
   * A checksum of this kind, of nothing yet.
   *
   * @throws IllegalStateException when the kind is {@link #NONE}
   */
  public Checksum start() {
    return switch (this) {
      case XXH128 -> new Checksum.Xx128(Hashing.xxh3_128());
      case XXH3 -> new Checksum.Xx64(Hashing.xxh3_64());
      case XXH64 -> new Checksum.Xx64(Hashing.xxh64());
      case MD4 -> new Checksum.OfDigest(new Md4());
      case SHA256 -> new Checksum.OfDigest(Sha256.start());
      case MD5, SHA1, SHA512 -> new Checksum.OfDigest(digest());
      case NONE -> throw new IllegalStateException("there is no checksum of the kind none");
    };
  }

  private MessageDigest digest() {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has " + algorithm, e);
    }
  }

  /** The kind of that name, in capitals or not; null when there is none. */
  static @Nullable ChecksumKind named(String name) {
    String small = name.toLowerCase(Locale.ROOT);
    if (small.equals("xxhash")) {
      return XXH64;
    }
    for (ChecksumKind kind : values()) {
      if (kind.text.equals(small)) {
        return kind;
      }
    }
    return null;
  }
}
