/**
 * {@code godwit sync}: what the user types and what is printed of a copy, in rsync's forms.
 *
 * <p>Start with {@link dev.godwit.cli.sync.SyncCommand}. What options mean is in {@code
 * sync.rules}.
 */
@NullMarked
package dev.godwit.cli.sync;

import org.jspecify.annotations.NullMarked;
