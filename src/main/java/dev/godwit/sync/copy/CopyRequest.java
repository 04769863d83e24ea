package dev.godwit.sync.copy;

import dev.godwit.linux.PathText;
import dev.godwit.sync.filter.FilterException;
import dev.godwit.sync.filter.FilterRule;
import dev.godwit.sync.filter.FilterSettings;
import dev.godwit.sync.filter.Filters;
import dev.godwit.sync.rules.Rules;
import dev.godwit.sync.rules.RulesText;
import dev.godwit.sync.rules.UsageException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is to be copied where.
 *
 * @param sources as the user wrote them, at least one; with a trailing '/' the content of a
 *     directory, without it the directory itself; all on one host
 * @param target as the user wrote it; empty when the source's names are only listed
 * @param files names below the only source (--files-from); null: no such list
 * @param filters in the user's order
 * @param remoteOptions what a side on another host is asked on top, as options of the command line
 *     (-M); of the rules it gets what does not concern this side alone. Within one host the target
 *     is asked
 */
@SuppressWarnings("ArrayRecordComponent") // paths are bytes; requests are never compared
public record CopyRequest(
    Rules rules,
    List<byte[]> sources,
    byte[] target,
    @Nullable List<byte[]> files,
    List<FilterRule> filters,
    List<byte[]> remoteOptions) {
  public CopyRequest {
    sources = List.copyOf(sources);
    files = files == null ? null : List.copyOf(files);
    filters = List.copyOf(filters);
    remoteOptions = List.copyOf(remoteOptions);
  }

  /** Without anything that is asked of another host alone. */
  public CopyRequest(
      Rules rules,
      List<byte[]> sources,
      byte[] target,
      @Nullable List<byte[]> files,
      List<FilterRule> filters) {
    this(rules, sources, target, files, filters, List.of());
  }

  /**
   * The same with what is in the files of rules that are named: they are this host's, and far sides
   * get what is in them.
   *
   * @param standardInput what a file "-" is read from; null: there is none
   */
  public CopyRequest resolved(@Nullable InputStream standardInput) throws CopyException {
    try {
      FilterSettings settings = rules.filterSettings();
      Filters read =
          Filters.of(filters, standardInput == null ? settings : settings.reading(standardInput));
      return new CopyRequest(rules, sources, target, files, read.resolved(), remoteOptions);
    } catch (FilterException e) {
      throw CopyException.of(e);
    }
  }

  /** The same of what these paths stand for. */
  CopyRequest withSources(List<byte[]> others) {
    return new CopyRequest(rules, others, target, files, filters, remoteOptions);
  }

  /**
   * Whether files go from the source, and, by their words, one argument names what another one
   * leads to as well.
   */
  boolean removesWhatItReadsTwice() {
    if (!rules.removeSourceFiles) {
      return false;
    }
    List<String> clean = new ArrayList<>();
    for (byte[] source : sources) {
      StringBuilder path = new StringBuilder();
      for (String name : PathText.of(source).split("/", -1)) {
        if (name.equals("..")) {
          return sources.size() > 1; // that may be anywhere
        }
        if (!name.isEmpty() && !name.equals(".")) {
          path.append(name).append('/');
        }
      }
      clean.add(path.toString());
    }
    Collections.sort(clean); // what is in another one comes right after it
    for (int i = 1; i < clean.size(); i++) {
      if (clean.get(i).startsWith(clean.get(i - 1))) {
        return true;
      }
    }
    return false;
  }

  /**
   * What is asked of the target where both are on one host: the same, and what -M adds.
   *
   * @throws CopyException when that cannot be obeyed
   */
  CopyRequest forOtherSide() throws CopyException {
    if (remoteOptions.isEmpty() && !rules.mungeLinks) {
      return this;
    }
    try {
      Rules.Builder kept = RulesText.copy(rules);
      kept.mungeLinks = false; // links are munged by the target, and given back by the source
      Rules others = RulesText.with(kept.build(), remoteOptions);
      return new CopyRequest(others, sources, target, files, filters);
    } catch (UsageException e) {
      throw new CopyException(CopyStatus.USAGE, "--remote-option: " + e.getMessage());
    }
  }

  /** The same to another place. */
  CopyRequest withTarget(byte[] other) {
    return new CopyRequest(rules, sources, other, files, filters, remoteOptions);
  }
}
