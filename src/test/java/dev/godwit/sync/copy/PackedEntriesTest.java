package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Names;
import dev.godwit.sync.attributes.Attributes;
import dev.godwit.sync.filter.FilterRule;
import dev.godwit.sync.filter.Filters;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PackedEntriesTest {
  private final Random random = new Random(5);

  /** Any numbers at all: what is kept is what was given. */
  private SourceEntry entry(int number, boolean isDirectory) {
    String name = Integer.toString(number * 7, 36) + "\u00e9".repeat(random.nextInt(3));
    Item.Kind kind = isDirectory ? Item.Kind.DIRECTORY : Item.Kind.values()[random.nextInt(5)];
    if (!isDirectory && kind == Item.Kind.DIRECTORY) {
      kind = Item.Kind.FILE;
    }
    int type =
        switch (kind) {
          case FILE -> 0100000;
          case DIRECTORY -> 0040000;
          case SYMLINK -> 0120000;
          case DEVICE -> 0020000;
          case SPECIAL -> 0010000;
        };
    FileStatus status =
        new FileStatus(
            type | random.nextInt(07777),
            random.nextInt(),
            random.nextInt(3),
            random.nextLong(),
            random.nextLong(),
            random.nextInt(1_000_000_000),
            random.nextInt(5),
            random.nextInt(1_000_000_000),
            random.nextLong(),
            random.nextInt(),
            random.nextLong(),
            7,
            random.nextInt(2),
            random.nextInt(),
            Long.MAX_VALUE,
            random.nextLong(),
            random.nextInt());
    Attributes attributes = Attributes.of(status);
    if (random.nextInt(3) == 0 && kind == Item.Kind.FILE) { // --chmod
      FileStatus other = status.as(0100600, random.nextInt(5), 6, 0);
      attributes = Attributes.of(other);
    }
    return new SourceEntry(
        Names.of(name),
        kind,
        status,
        attributes,
        null,
        kind == Item.Kind.SYMLINK ? Names.of("to " + number) : Paths.NONE,
        random.nextBoolean(),
        null,
        random.nextBoolean(),
        random.nextBoolean(),
        random.nextBoolean(),
        number);
  }

  private List<SourceEntry> some(int others, int directories) {
    List<SourceEntry> all = new ArrayList<>();
    for (int i = 0; i < others + directories; i++) {
      all.add(entry(i, i >= others));
    }
    return all;
  }

  private static List<String> shown(List<SourceEntry> entries) {
    // Arrays are not equal when their bytes are.
    return entries.stream()
        .map(
            one ->
                Names.display(one.name())
                    + one.kind()
                    + one.status()
                    + one.attributes()
                    + Names.display(one.linkText())
                    + one.followed()
                    + one.removed()
                    + one.implied()
                    + one.absolute()
                    + one.place())
        .toList();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 63, 64, 65, 1000})
  void what_was_added_is_there_and_is_found(int others) throws Exception {
    List<SourceEntry> all = some(others, 70);
    all.sort(Listing::compare);
    PackedEntries packed = new PackedEntries((name, place) -> null);
    packed.addAll(all);
    assertThat(shown(packed)).isEqualTo(shown(all));
    Listing listing = listing(packed);
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      order.add(i);
    }
    Collections.shuffle(order, random);
    for (int i : order) {
      assertThat(listing.indexOf(all.get(i).name())).isEqualTo(i);
      assertThat(shown(List.of(packed.get(i)))).isEqualTo(shown(List.of(all.get(i))));
    }
    for (String name : List.of("", "0", "zzz", "!", "\u00e9")) {
      assertThat(listing.has(Names.of(name)))
          .isEqualTo(all.stream().anyMatch(e -> Names.display(e.name()).equals(name)));
    }
  }

  private static Listing listing(List<SourceEntry> entries) throws Exception {
    return new Listing(
        new SourceDirectory(
            Paths.NONE, List.of(), Filters.of(List.<FilterRule>of(), false).source(), true),
        Filters.of(List.<FilterRule>of(), false).source(),
        entries,
        true,
        true,
        List.of(),
        List.of(),
        null,
        false);
  }

  @Test
  void very_many_come_out_in_order_and_are_packed() {
    List<SourceEntry> all = some(2 * EntryGatherer.RUN + 1000, 500);
    List<SourceEntry> mixed = new ArrayList<>(all);
    Collections.shuffle(mixed, random);
    EntryGatherer gatherer = new EntryGatherer((name, place) -> null);
    mixed.forEach(gatherer::add);
    all.sort(Listing::compare);
    List<SourceEntry> sorted = gatherer.sorted();
    assertThat(sorted).isInstanceOf(PackedEntries.class);
    assertThat(shown(sorted)).isEqualTo(shown(all));
  }
}
