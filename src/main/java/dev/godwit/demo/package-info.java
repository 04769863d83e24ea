/** The two-host lab and the watching client. */
@NullMarked
package dev.godwit.demo;

import org.jspecify.annotations.NullMarked;
