package dev.godwit.journal;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One step of a run.
 *
 * @param undo how to take it back by hand
 * @param tookMicros -1 until it has ended
 * @param outcome null until it has ended
 */
public record Step(
    long id,
    long run,
    String name,
    String undo,
    Instant started,
    long tookMicros,
    @Nullable Outcome outcome,
    @Nullable String message) {}
