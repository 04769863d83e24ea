/**
 * {@code godwit mirror} and {@code godwit lsyncd} as they are started: the command line, the hosts,
 * the background, what is said. Their lines are read by {@code mirror.rules} and {@code lsyncd},
 * because they take sync's options and lsyncd's.
 */
@NullMarked
package dev.godwit.cli.mirror;

import org.jspecify.annotations.NullMarked;
