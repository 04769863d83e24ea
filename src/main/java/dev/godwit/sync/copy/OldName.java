package dev.godwit.sync.copy;

/**
 * The name that the target may have a file under that was renamed at the source.
 *
 * @param path below the root
 * @param isExchanged whether what stands under the new name gets the old one instead of going: the
 *     two have exchanged their names, or are in a circle of files that did
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record OldName(byte[] path, boolean isExchanged) {}
