package dev.godwit.sync.copy;

import dev.godwit.sync.filter.FilterRule;
import dev.godwit.sync.rules.Rules;
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
 */
@SuppressWarnings("ArrayRecordComponent") // paths are bytes; requests are never compared
public record CopyRequest(
    Rules rules,
    List<byte[]> sources,
    byte[] target,
    @Nullable List<byte[]> files,
    List<FilterRule> filters) {
  public CopyRequest {
    sources = List.copyOf(sources);
    files = files == null ? null : List.copyOf(files);
    filters = List.copyOf(filters);
  }
}
