/** One file per command: parses, prints, calls one thing below. */
@NullMarked
package dev.godwit.cli;

import org.jspecify.annotations.NullMarked;
