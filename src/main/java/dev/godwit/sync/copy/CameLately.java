package dev.godwit.sync.copy;

import dev.godwit.linux.Sha256;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The names that came lately to a target where nothing stood, from one session of a series to the
 * next: where a line is cut again and again, the names of a spool would all count as such that
 * stood (H27). Each is known by the first 8 bytes of the SHA-256 of its path.
 *
 * <p>About 80 bytes for each; those beyond the limit are as if they had stood. Pure; times are
 * System.nanoTime() and given by the caller. Not safe for threads.
 */
public final class CameLately {
  static final int NAMES_MAX = 20_000;

  /** In one message. */
  static final int TOLD_MAX = 1000;

  /**
   * One name.
   *
   * @param sum of its path
   * @param age since it came; a {@link RemovalWindow#LENGTH} at most
   */
  record Name(long sum, Duration age) {}

  /**
   * What a session is told of the ones before.
   *
   * @param isFollowed whether what comes from the beginning on is what happened at the source since
   *     the last one: it is no first copy
   */
  public record Told(boolean isFollowed, List<Name> names) {
    public static final Told NOTHING = new Told(false, List.of());

    public Told {
      names = List.copyOf(names);
    }

    void write(MessageWriter message) {
      message.bool(isFollowed);
      message.list(names, (m, one) -> m.u64(one.sum).u64(one.age.toMillis()));
    }

    static Told read(MessageReader reader) throws WireException {
      return new Told(reader.bool(), reader.list(NAMES_MAX, Told::name));
    }

    private static Name name(MessageReader reader) throws WireException {
      long sum = reader.u64();
      long age = reader.u64();
      if (age < 0 || age > RemovalWindow.LENGTH.toMillis()) {
        throw CompactReader.malformed("a name that came " + age + " ms ago");
      }
      return new Name(sum, Duration.ofMillis(age));
    }
  }

  /** When each came, in that order. */
  private final Map<Long, Long> names = new LinkedHashMap<>();

  /** What {@link SeriesTargetAbility#came} has told. */
  public void add(List<Long> sums, long now) {
    forget(now);
    for (Long sum : sums) {
      names.remove(sum); // a name that comes once more is the youngest
      names.put(sum, now);
    }
    Iterator<Long> oldest = names.keySet().iterator();
    for (int more = names.size() - NAMES_MAX; more > 0; more--) {
      oldest.next();
      oldest.remove();
    }
  }

  private void forget(long now) {
    Iterator<Long> oldest = names.values().iterator();
    while (oldest.hasNext() && now - oldest.next() > RemovalWindow.LENGTH.toNanos()) {
      oldest.remove();
    }
  }

  public void clear() {
    names.clear();
  }

  /** See {@link Told}. */
  public Told told(boolean isFollowed, long now) {
    forget(now);
    List<Name> all = new ArrayList<>(names.size());
    names.forEach((sum, came) -> all.add(new Name(sum, Duration.ofNanos(now - came))));
    return new Told(isFollowed, all);
  }

  static long sum(byte[] path) {
    return ByteBuffer.wrap(Sha256.ofJava().digest(path)).getLong();
  }
}
