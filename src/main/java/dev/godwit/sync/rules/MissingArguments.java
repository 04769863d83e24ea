package dev.godwit.sync.rules;

/** What a source argument, or a name of a list of files, that does not exist means. */
public enum MissingArguments {
  /** It is an error; the rest is copied. */
  ERROR,
  /** Nothing. */
  IGNORE,
  /** It is removed from the target. */
  DELETE
}
