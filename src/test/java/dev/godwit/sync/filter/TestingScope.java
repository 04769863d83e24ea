package dev.godwit.sync.filter;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Names;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Asks filters about paths of a tree that there is not; fine without per-directory files. */
final class TestingScope {
  static final byte[] ROOT = Names.of("/home/me");

  private TestingScope() {}

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  static List<FilterRule> rules(String... texts) {
    List<FilterRule> rules = new ArrayList<>();
    for (String text : texts) {
      rules.add(FilterRule.of(FilterRule.Kind.RULE, bytes(text)));
    }
    return rules;
  }

  static Filters filters(String... texts) throws FilterException {
    return Filters.of(rules(texts), false);
  }

  /** Whether rules hide a path; a directory's ends with '/'. */
  static boolean hides(String path, String... texts) throws Exception {
    return excludes(filters(texts).source(ROOT), path);
  }

  /** Whether rules protect a path. */
  static boolean protects(String path, String... texts) throws Exception {
    return excludes(filters(texts).target(ROOT), path);
  }

  /** Whether a pattern matches a path; what is above it is not asked. */
  static boolean matches(String pattern, String path) throws Exception {
    return hides(path, "- " + pattern);
  }

  /**
   * @param scope of the root
   */
  static boolean excludes(FilterScope scope, String path) throws Exception {
    boolean isDirectory = path.endsWith("/");
    String[] names = path.split("/", -1);
    int last = isDirectory ? names.length - 2 : names.length - 1;
    FilterScope at = scope;
    try (DirectoryHandle unused = DirectoryHandle.open(Names.of("/"))) {
      for (int i = 0; i < last; i++) {
        at = at.enter(bytes(names[i]), unused);
      }
    }
    return at.excludes(bytes(names[last]), isDirectory);
  }
}
