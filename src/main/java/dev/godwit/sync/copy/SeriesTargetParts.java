package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.TemporaryNames;
import dev.godwit.sync.attributes.Owners;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the target's sides of a series of copies have in common.
 *
 * @param root of the target; nobody else writes below it
 * @param sums which sums of files are compared; null for none
 * @param lacking told of names whose whole content the target needs
 * @param tells whether each name is told at which something was done
 */
record SeriesTargetParts(
    Parts parts,
    Owners owners,
    Crew crew,
    DirectoryHandle root,
    Custody custody,
    TemporaryNames temporaries,
    @Nullable FileSums sums,
    Consumer<byte[]> lacking,
    boolean tells) {
  /** The same for one of the copies. */
  SeriesTargetParts with(Consumer<byte[]> other, boolean isTold) {
    return new SeriesTargetParts(
        parts, owners, crew, root, custody, temporaries, sums, other, isTold);
  }
}
