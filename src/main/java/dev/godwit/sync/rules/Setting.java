package dev.godwit.sync.rules;

/**
 * One option as it was given.
 *
 * @param negated as {@code --no-NAME}
 * @param value its argument; empty when it takes none
 * @param shown how the user wrote it, without the value: {@code --cc}, {@code -B}
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Setting(SyncOption option, boolean negated, byte[] value, String shown) {}
