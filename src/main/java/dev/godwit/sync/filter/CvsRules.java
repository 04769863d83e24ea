package dev.godwit.sync.filter;

import dev.godwit.linux.Names;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What CVS leaves out: rsync(1), --cvs-exclude. A list of its own: a "!" in the user's files clears
 * this one alone.
 */
final class CvsRules {
  /** The constant part; these rules are perishable. */
  private static final String ALWAYS =
      "RCS SCCS CVS CVS.adm RCSLOG cvslog.* tags TAGS .make.state .nse_depinfo"
          + " *~ #* .#* ,* _$* *$ *.old *.bak *.BAK *.orig *.rej .del-*"
          + " *.a *.olb *.o *.obj *.so *.exe *.Z *.elc *.ln core"
          + " .svn/ .git/ .hg/ .bzr/";

  private static final int FILE = RuleFlags.CVS | RuleFlags.BARE | RuleFlags.WORDS;

  private CvsRules() {}

  /**
   * @param flags of each of the rules
   */
  static List<Node> read(int flags, FilterSettings settings, Budget budget) throws FilterException {
    int rules = flags & ~RuleFlags.XATTR | RuleFlags.AT_ROOT;
    List<Node> nodes = new ArrayList<>();
    add(nodes, rules | RuleFlags.PERISHABLE, Names.of(ALWAYS), "the rules of CVS", budget);
    byte[] home = settings.environment().value("HOME");
    if (home != null && home.length > 0) {
      byte[] path = Place.concat(home, Names.of("/.cvsignore"));
      MergeFile file = ifReadable(path, settings, budget);
      if (file != null) {
        budget.spend(file);
        add(nodes, rules, file.content(), file.shown(), budget);
      }
    }
    byte[] ignored = settings.environment().value("CVSIGNORE");
    if (ignored != null) {
      add(nodes, rules, ignored, "$CVSIGNORE", budget);
    }
    return nodes;
  }

  /** As with rsync, there are no rules in a file that cannot be read: nobody has named it. */
  private static @Nullable MergeFile ifReadable(
      byte[] path, FilterSettings settings, Budget budget) {
    try {
      return RuleFiles.find(path, budget.bytesLeft(), settings.confineRoot());
    } catch (FilterException e) {
      return null;
    }
  }

  private static void add(List<Node> nodes, int flags, byte[] content, String shown, Budget budget)
      throws FilterException {
    RuleLines lines = new RuleLines(content, FILE, false);
    for (byte[] text = lines.next(); text != null; text = lines.next()) {
      RuleText rule = RuleText.parseBare(text, FILE, new Origin(shown, lines.number()));
      if (rule.kind() == RuleText.Kind.CLEAR) {
        nodes.clear();
      } else {
        Rule added = new Rule(flags, rule.argument());
        budget.spend(added);
        nodes.add(added);
      }
    }
  }
}
