package dev.godwit.sync.filter;

/** What stands in a list of rules: a pattern, or the place of the rules that a directory has. */
sealed interface Node permits Rule, DirMerge {}
