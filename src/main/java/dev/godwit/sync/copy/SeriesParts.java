package dev.godwit.sync.copy;

import dev.godwit.linux.FileStatus;
import dev.godwit.sync.content.RateLimiter;
import org.jspecify.annotations.Nullable;

/**
 * What the source's sides of a series of copies have in common.
 *
 * @param overseer asked while they list
 * @param target where a link that is followed may lead to it: which directory it is; else null
 * @param sums which sums of files the target wants; null for none
 * @param sumsInVain run when it wants no more of them, since most files are not the same
 */
record SeriesParts(
    Parts parts,
    Crew crew,
    RateLimiter limiter,
    Overseer overseer,
    @Nullable FileStatus target,
    @Nullable FileSums sums,
    Runnable sumsInVain) {}
