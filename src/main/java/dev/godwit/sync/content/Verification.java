package dev.godwit.sync.content;

/**
 * How it is made sure that a file put together of old and new content is the source's. Either way
 * every byte of the file goes into it, on both sides, by another hash than the one that matched the
 * blocks (H48).
 */
public enum Verification {
  /**
   * By 128 bits of XXH3 under a key of the session that is not that of the blocks, for each group
   * of blocks, and SHA-256 over all groups. Nobody who wrote the content knew the key. Takes no
   * time that could be measured beside reading.
   */
  KEYED,

  /**
   * By 128 bits of SHA-256 under a key of the session for each group, and SHA-256 over all groups:
   * also against content made by somebody who knows the keys. About 1.5 GB/s a thread.
   */
  STRONG
}
