package dev.godwit.mirror;

/**
 * When a name of the source was changed. The time of an inode's last change is the kernel's own and
 * only ever goes forward, so one that is earlier than it was says that the file system is an older
 * state of itself (H30).
 *
 * @param path below the root, one char a byte; empty for the root
 * @param inode its number: another one is another file, and says nothing
 * @param changedNanos since 1970 (st_ctim)
 */
record Witness(String path, long inode, long changedNanos) {}
