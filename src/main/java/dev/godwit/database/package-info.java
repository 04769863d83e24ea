/**
 * Databases: which directories are those of a database, and what the last copy of one costs.
 *
 * <p>Start with {@link dev.godwit.database.Engine}.
 *
 * <p>Uses {@code host}, {@code wire} and {@code linux}.
 */
@NullMarked
package dev.godwit.database;

import org.jspecify.annotations.NullMarked;
