package dev.godwit.database;

/** A data directory that was found on a host. */
public record Found(String path, Engine engine) {}
