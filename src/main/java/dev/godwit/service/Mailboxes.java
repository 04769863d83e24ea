package dev.godwit.service;

import dev.godwit.service.Conversation.Refusal;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What an IMAP client remembers of a user's mailboxes: were UIDVALIDITY or the UIDs others on the
 * new host, each client would load every mail again (RFC 3501, 2.3.1.1).
 */
public record Mailboxes(String user, List<Mailbox> all) {
  private static final int MAILBOXES_MAX = 100_000;
  private static final int TEXT_MAX = 64 * 1024 * 1024;

  /**
   * One mailbox.
   *
   * @param uids as ranges in ascending order: {@code 1:5,7}
   */
  public record Mailbox(String name, long uidValidity, long uidNext, String uids) {}

  public Mailboxes {
    all = List.copyOf(all);
  }

  /** Asks this host's server; changes nothing. */
  static Mailboxes of(Check.Imap check, Duration limit) throws IOException {
    try (ImapLogin login = ImapLogin.open(check, limit)) {
      List<Mailbox> all = new ArrayList<>();
      for (String name : login.mailboxes()) {
        ImapLogin.Selected selected = login.select(name, true);
        all.add(
            new Mailbox(
                name, selected.uidValidity(), selected.uidNext(), ranges(login.search("ALL"))));
      }
      return new Mailboxes(check.user(), all);
    } catch (Refusal e) {
      throw new ServiceException("check %s: %s".formatted(check.display(), e.said), e);
    }
  }

  static String ranges(List<Long> uids) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < uids.size(); ) {
      int end = i;
      while (end + 1 < uids.size() && uids.get(end + 1) == uids.get(end) + 1) {
        end++;
      }
      text.append(text.isEmpty() ? "" : ",").append(uids.get(i));
      if (end > i) {
        text.append(':').append(uids.get(end));
      }
      i = end + 1;
    }
    return text.toString();
  }

  /**
   * What differs on the other host. A mail that came later has a UID from UIDNEXT on and is no
   * difference.
   *
   * @return a line for each, for people; empty when a client notices nothing
   */
  public List<String> differencesTo(Mailboxes later) {
    return differencesTo(later, false);
  }

  /** As {@link #differencesTo}, where mails may have been removed since then. */
  public List<String> differencesAfter(Mailboxes later) {
    return differencesTo(later, true);
  }

  private List<String> differencesTo(Mailboxes later, boolean mayLack) {
    Map<String, Mailbox> there =
        later.all.stream().collect(Collectors.toMap(Mailbox::name, m -> m, (a, b) -> a));
    List<String> differences = new ArrayList<>();
    for (Mailbox here : all) {
      Mailbox other = there.get(here.name());
      if (other == null) {
        differences.add("%s of %s is missing".formatted(here.name(), user));
      } else if (other.uidValidity() != here.uidValidity()) {
        differences.add(
            "%s of %s has UIDVALIDITY %d instead of %d"
                .formatted(here.name(), user, other.uidValidity(), here.uidValidity()));
      } else if (!isSame(below(other.uids(), here.uidNext()), here.uids(), mayLack)) {
        differences.add(
            "%s of %s has other UIDs: %s instead of %s"
                .formatted(
                    here.name(),
                    user,
                    shown(below(other.uids(), here.uidNext())),
                    shown(here.uids())));
      } else if (other.uidNext() < here.uidNext()) {
        differences.add(
            "%s of %s has UIDNEXT %d, which was %d: a UID would be used twice"
                .formatted(here.name(), user, other.uidNext(), here.uidNext()));
      }
    }
    return differences;
  }

  /**
   * @param mayLack whether some of those before may be missing now
   */
  private static boolean isSame(String now, String before, boolean mayLack) {
    if (!mayLack || now.equals(before)) {
      return now.equals(before);
    }
    NavigableMap<Long, Range> known = new TreeMap<>();
    ranges(before).forEach(range -> known.put(range.from(), range));
    return ranges(now).stream()
        .allMatch(
            range -> {
              Map.Entry<Long, Range> around = known.floorEntry(range.from());
              return around != null && range.to() <= around.getValue().to();
            });
  }

  private record Range(long from, long to) {
    @Override
    public String toString() {
      return from == to ? Long.toString(from) : from + ":" + to;
    }
  }

  private static List<Range> ranges(String text) {
    return Arrays.stream(text.split(","))
        .filter(each -> !each.isEmpty())
        .map(each -> each.split(":"))
        .map(ends -> new Range(Long.parseLong(ends[0]), Long.parseLong(ends[ends.length - 1])))
        .toList();
  }

  /** The ranges without what is from this UID on; 0: the server did not say, so all. */
  private static String below(String ranges, long end) {
    return end == 0
        ? ranges
        : ranges(ranges).stream()
            .filter(range -> range.from() < end)
            .map(range -> new Range(range.from(), Math.min(range.to(), end - 1)).toString())
            .collect(Collectors.joining(","));
  }

  private static String shown(String ranges) {
    return ranges.isEmpty()
        ? "none"
        : ranges.length() > 60 ? ranges.substring(0, 60) + "…" : ranges;
  }

  /** One line for people. */
  public String summary() {
    return "%d mailboxes of %s".formatted(all.size(), user);
  }

  /** As text, to be kept. */
  public String text() {
    MessageWriter out = new MessageWriter();
    write(out);
    return Base64.getEncoder().encodeToString(out.toBytes());
  }

  /** The inverse of {@link #text}. */
  public static Mailboxes parse(String text) throws WireException {
    return read(new MessageReader(Base64.getDecoder().decode(text)));
  }

  void write(MessageWriter out) {
    out.text(user)
        .list(all, (w, m) -> w.text(m.name()).u64(m.uidValidity()).u64(m.uidNext()).text(m.uids()));
  }

  static Mailboxes read(MessageReader in) throws WireException {
    return new Mailboxes(
        in.text(TEXT_MAX),
        in.list(
            MAILBOXES_MAX, r -> new Mailbox(r.text(TEXT_MAX), r.u64(), r.u64(), r.text(TEXT_MAX))));
  }
}
