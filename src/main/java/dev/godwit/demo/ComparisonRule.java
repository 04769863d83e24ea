package dev.godwit.demo;

import java.util.regex.Pattern;

/**
 * What may be different between old, which has followed new up to some moment, and new, which has
 * gone on serving. Everything that no rule names must be the same in every respect.
 */
enum ComparisonRule {
  /** Type, content, owner, mode, lists and attributes, time to the nanosecond, hard links. */
  SAME,
  /** The notes file: it is appended to, so what old has must be how new begins. */
  BEGINS_SAME,
  /** A folder in which files come and go: as SAME but for its time; new may have more folders. */
  FOLDER,
  /**
   * A mail of a user who was logged in: dovecot renames it (from new/ to cur/, flags after the
   * name); it must be there under some such name, and be SAME.
   */
  MAIL,
  /** Dovecot's own index and list files, and files being written: new has its own by now. */
  SERVICE_STATE;

  private static final Pattern LIVE_MAILBOX =
      Pattern.compile(Pattern.quote(Fill.MAIL) + "/(watch-[a-z]+|probe)(/.*)?", Pattern.DOTALL);
  private static final Pattern MAIL_FILE = Pattern.compile(".*/(new|cur)/[^/]+", Pattern.DOTALL);
  private static final Pattern STATE_FILE =
      Pattern.compile(".*/(dovecot[^/]*|maildirfolder|subscriptions|tmp/[^/]+)", Pattern.DOTALL);

  static ComparisonRule of(TreeListing.Entry entry) {
    String path = entry.path();
    boolean folder = entry.type().equals("d");
    if (path.equals(Fill.NOTES + "/notes.log")) {
      return BEGINS_SAME;
    }
    if (path.equals(Fill.MAIL) && folder) {
      return FOLDER; // a mailbox is made at its first login
    }
    if (!LIVE_MAILBOX.matcher(path).matches()) {
      return SAME;
    }
    if (folder) {
      return FOLDER;
    }
    if (STATE_FILE.matcher(path).matches()) {
      return SERVICE_STATE;
    }
    return MAIL_FILE.matcher(path).matches() ? MAIL : SAME;
  }

  /** The name under which both hosts know the entry; for a mail, without folder and flags. */
  static String key(TreeListing.Entry entry) {
    if (of(entry) != MAIL) {
      return entry.path();
    }
    int name = entry.path().lastIndexOf('/');
    int box = entry.path().lastIndexOf('/', name - 1);
    int flags = entry.path().indexOf(":2,", name);
    return entry.path().substring(0, box)
        + "/mail"
        + entry.path().substring(name, flags < 0 ? entry.path().length() : flags);
  }
}
