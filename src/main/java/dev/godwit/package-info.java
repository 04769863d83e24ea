/** The program's entry point. */
@NullMarked
package dev.godwit;

import org.jspecify.annotations.NullMarked;
