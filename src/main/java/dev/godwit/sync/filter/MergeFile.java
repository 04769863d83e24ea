package dev.godwit.sync.filter;

import org.jspecify.annotations.Nullable;

/**
 * A file of rules, read.
 *
 * @param shown its path, escaped
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record MergeFile(byte[] content, String shown) {

  /** Where a rule's file is looked for. */
  @FunctionalInterface
  interface Finder {
    /** Reads a file by the path that a rule has; null when there is none. */
    @Nullable MergeFile find(byte[] path, int bytesMax) throws FilterException;
  }
}
