/**
 * Which names take part in a copy: the filter rules of rsync(1), whole.
 *
 * <p>{@link dev.godwit.sync.filter.Filters} reads the rules of the options; a walk over a tree
 * takes a {@link dev.godwit.sync.filter.FilterScope} along, which reads the merge files of a
 * directory through that directory's handle. {@code ShellPaths} lists directories for the wildcards
 * of a path on another host. Everything else is bytes in, answer out.
 *
 * <p>Below them: {@code RuleText} is the syntax of one rule, {@code RuleReader} makes a list of
 * them, {@code Rule} is one pattern and {@code Glob} its machine. {@code Place} and {@code Anchor}
 * say where a path begins that a pattern sees; {@code Layer} is a list of rules in one directory.
 */
@NullMarked
package dev.godwit.sync.filter;

import org.jspecify.annotations.NullMarked;
