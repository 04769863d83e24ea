package dev.godwit.mirror;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.godwit.linux.Sha256;
import dev.godwit.sync.filter.FilterRule;
import dev.godwit.sync.rules.Rules;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What decides which names of a source are watched and compared, in a word that can be kept: equal
 * for equal decisions.
 */
final class NameChoice {
  /** Of a mirror that leaves nothing out. */
  static final String ALL = "all";

  private static final int HEX_LENGTH = 32;

  private NameChoice() {}

  static String of(MirrorJob job) {
    List<FilterRule> filters = job.filters();
    MirrorManner manner = job.manner();
    Rules rules = manner.rules();
    boolean isAll =
        filters.isEmpty()
            && !manner.isChangesOnly()
            && rules.sizeMax == Long.MAX_VALUE
            && rules.sizeMin <= 0
            && rules.trash == null
            && rules.backupDirectory == null;
    if (isAll) {
      return ALL;
    }
    MessageDigest sum = Sha256.start();
    for (FilterRule filter : filters) {
      put(sum, filter.kind().name().getBytes(UTF_8));
      filter.texts().forEach(text -> put(sum, text));
    }
    put(sum, (rules.sizeMax + " " + rules.sizeMin + " " + manner.isChangesOnly()).getBytes(UTF_8));
    put(sum, rules.trash);
    put(sum, rules.backupDirectory);
    return HexFormat.of().formatHex(sum.digest()).substring(0, HEX_LENGTH);
  }

  private static void put(MessageDigest sum, byte @Nullable [] text) {
    if (text != null) {
      sum.update(text);
    }
    sum.update((byte) 0); // in no text
  }
}
