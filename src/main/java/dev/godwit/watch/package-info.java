/**
 * Names that changed: fanotify, inotify, scan.
 *
 * <p>Uses {@code linux}.
 */
@NullMarked
package dev.godwit.watch;

import org.jspecify.annotations.NullMarked;
