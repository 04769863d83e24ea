/**
 * A stage for a rehearsal: processes on a host that see all of its files and may write everywhere,
 * while what they write is gone with them; in a network of their own.
 *
 * <p>Start with {@link dev.godwit.stage.StageHost}, which is the stage as one more host; {@link
 * dev.godwit.stage.StageAbility} starts it, {@link dev.godwit.stage.Scenery} is how its view of the
 * files is put together.
 *
 * <p>Uses {@code host}, {@code wire} and {@code linux}.
 */
@NullMarked
package dev.godwit.stage;

import org.jspecify.annotations.NullMarked;
