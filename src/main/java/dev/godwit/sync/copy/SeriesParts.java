package dev.godwit.sync.copy;

import dev.godwit.sync.content.RateLimiter;

/**
 * What the source's sides of a series of copies have in common.
 *
 * @param overseer asked while they list
 */
record SeriesParts(Parts parts, Crew crew, RateLimiter limiter, Lister.Overseer overseer) {}
