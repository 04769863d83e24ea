package dev.godwit.mirror;

/**
 * What is known of a place below a source's root where something is mounted, or was (H25).
 *
 * @param path below the root, one char a byte (ISO 8859-1)
 * @param identity of the mount that takes part there, see {@code watch.Root}; empty when none was
 *     seen, or when what is mounted there takes no part
 */
public record KnownMount(String path, String identity) {}
