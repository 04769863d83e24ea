package dev.godwit.sync.rules;

/** The names that {@code --debug} takes; all but FILTER are checked, and say nothing more. */
enum DebugFlag {
  ACL,
  BACKUP,
  BIND,
  CHDIR,
  CONNECT,
  CMD,
  DEL,
  DELTASUM,
  DUP,
  EXIT,
  FILTER,
  FLIST,
  FUZZY,
  GENR,
  HASH,
  HLINK,
  ICONV,
  IO,
  NSTR,
  OWN,
  PROTO,
  RECV,
  SEND,
  TIME
}
