package dev.godwit.sync.attributes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.sync.copy.Change;
import dev.godwit.sync.rules.Rules;
import dev.godwit.sync.rules.RulesText;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a listing carries, what it costs at most, and what a peer could do with it. */
class AttributesTest {
  private static final byte[] ONE = Names.of("one");
  private static final byte[] OTHER = Names.of("other");

  /** In memory, where attributes may be as large as the kernel has them. */
  private Path folder;

  private DirectoryHandle root;
  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);

  @BeforeEach
  void two_files() throws Exception {
    folder = Files.createTempDirectory(Path.of("/dev/shm"), "godwit-attributes");
    Files.createFile(folder.resolve("one"));
    Files.createFile(folder.resolve("other"));
    root = DirectoryHandle.open(Names.of(folder.toString()));
  }

  @AfterEach
  void nothing_is_left() throws Exception {
    root.close();
    TestingPrograms.out(folder, "rm", "-rf", folder.toString());
  }

  private static Rules rules() {
    Rules.Builder rules = new Rules.Builder().archive();
    rules.acls = true;
    rules.xattrs = true;
    return rules.build();
  }

  private Attributes read(byte[] name) throws LinuxException {
    FileStatus status = Objects.requireNonNull(root.status(name));
    return new AttributeReader(rules(), Rights.of(rules()), null, 022).read(root, name, status);
  }

  private static Attributes overTheWire(Attributes attributes) throws WireException {
    MessageWriter message = new MessageWriter();
    attributes.write(message, true);
    assertThat(message.length()).isLessThanOrEqualTo(attributes.wireBytes());
    MessageReader reader = new MessageReader(message.toBytes());
    Attributes read = Attributes.read(reader);
    reader.end();
    return read;
  }

  private byte[] value(int bytes) {
    byte[] value = new byte[bytes];
    random.nextBytes(value);
    return value;
  }

  @Test
  void large_values_are_known_by_their_sums_and_asked_for_when_they_differ() throws Exception {
    for (String name : List.of("a", "b", "c")) {
      root.setXattr(ONE, Names.of("trusted." + name), value(40_000));
    }
    Attributes wanted = overTheWire(read(ONE));
    Xattrs xattrs = Objects.requireNonNull(wanted.xattrs());
    assertThat(xattrs.size()).isEqualTo(3);
    List<String> large = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      if (xattrs.get(i).value() == null) {
        large.add(Names.display(xattrs.get(i).name()));
      }
    }
    assertThat(large).as("too much to be carried along").hasSize(2);
    assertThat(wanted.wireBytes()).isLessThan(Channel.MESSAGE_BYTES_MAX);

    AttributeKeeper keeper =
        new AttributeKeeper(rules(), Rights.of(rules()), Owners.local(rules()), null, 022);
    FileStatus existing = Objects.requireNonNull(root.status(OTHER));
    assertThat(keeper.differences(root, OTHER, wanted, existing, false) & Change.XATTR).isNotZero();
    List<String> asked = new ArrayList<>();
    try (FileHandle inode = root.openPath(OTHER, existing)) {
      assertThat(
              keeper.adjust(
                  inode,
                  wanted,
                  existing,
                  Change.XATTR,
                  attribute -> {
                    asked.add(Names.display(attribute));
                    return root.xattr(ONE, attribute);
                  }))
          .isEmpty();
    }
    assertThat(asked).isEqualTo(large);
    assertThat(keeper.differences(root, OTHER, wanted, existing, false) & Change.XATTR).isZero();
    byte[] changed = Objects.requireNonNull(root.xattr(OTHER, Names.of("trusted.c")));
    changed[39_999]++;
    root.setXattr(OTHER, Names.of("trusted.c"), changed);
    assertThat(keeper.differences(root, OTHER, wanted, existing, false) & Change.XATTR).isNotZero();
  }

  /** Where rsync leaves lists alone, a right would go to whoever has the number on the target. */
  @Test
  void h11_with_map_acls_lists_are_mapped_by_number_too() throws Exception {
    Acl list =
        Objects.requireNonNull(
            new Acl.Builder()
                .add(Acl.USER_OBJ, -1, 6)
                .add(Acl.USER, 7, 5)
                .add(Acl.USER, 9, 4)
                .add(Acl.GROUP_OBJ, -1, 4)
                .add(Acl.GROUP, 7, 1)
                .add(Acl.MASK, -1, 7)
                .add(Acl.OTHER, -1, 0)
                .build());
    Attributes source =
        Attributes.of(FileStatus.NONE.as(0100644, 7, 7, 0), 0100670, list, null, null);
    for (boolean mapsAcls : new boolean[] {false, true}) {
      Rules.Builder builder = RulesText.copy(rules());
      builder.owner = true;
      builder.group = true;
      builder.acls = true;
      builder.numericIds = true;
      builder.userMap = "7:20";
      builder.groupMap = "7:30";
      builder.mapAcls = mapsAcls;
      Rules rules = builder.build();
      Attributes mapped =
          new AttributeKeeper(rules, Rights.of(rules), Owners.local(rules), null, 022)
              .mapped(source);
      assertThat(List.of(mapped.uid(), mapped.gid())).containsExactly(20, 30);
      assertThat(mapped.acl())
          .hasToString(
              mapsAcls
                  ? "u::6,u:9:4,u:20:5,g::4,g:30:1,m::7,o::0"
                  : "u::6,u:7:5,u:9:4,g::4,g:7:1,m::7,o::0");
    }
  }

  @Test
  void h40_more_attributes_than_a_message_takes_are_refused() throws Exception {
    for (int i = 0; i <= Xattrs.COUNT_MAX; i++) {
      root.setXattr(ONE, Names.of("trusted." + i), new byte[0]);
    }
    assertThatThrownBy(() -> read(ONE))
        .isInstanceOf(LinuxException.class)
        .hasMessageContaining("E2BIG");
    root.removeXattr(ONE, Names.of("trusted.0"));
    Attributes most = read(ONE);
    assertThat(most.wireBytes()).isLessThan(Channel.MESSAGE_BYTES_MAX);
    assertThat(Objects.requireNonNull(overTheWire(most).xattrs()).size())
        .isEqualTo(Xattrs.COUNT_MAX);
  }

  @Test
  void attributes_arrive_as_they_were_sent() throws Exception {
    for (int i = 0; i < 200; i++) {
      Attributes sent = random();
      Attributes arrived = overTheWire(sent);
      assertThat(arrived.owned(0, 0, null, null)).as("seed " + seed).isNotNull();
      assertThat(new Object[] {arrived.mode(), arrived.uid(), arrived.gid(), arrived.acl()})
          .as("seed " + seed)
          .isEqualTo(new Object[] {sent.mode(), sent.uid(), sent.gid(), sent.acl()});
      assertThat(bytes(arrived)).as("seed " + seed).isEqualTo(bytes(sent));
    }
  }

  private static byte[] bytes(Attributes attributes) {
    MessageWriter message = new MessageWriter();
    attributes.write(message, true);
    return message.toBytes();
  }

  private Attributes random() throws Exception {
    int[] types = {0100000, 0040000, 0120000, 0020000, 0060000, 0010000, 0140000};
    int type = types[random.nextInt(types.length)];
    boolean isDirectory = type == 0040000;
    boolean isDevice = type == 0020000 || type == 0060000;
    return new Attributes(
        type | random.nextInt(010000),
        random.nextInt(Integer.MAX_VALUE),
        random.nextInt(Integer.MAX_VALUE),
        random.nextLong(),
        random.nextInt(1_000_000_000),
        random.nextLong(),
        random.nextInt(1_000_000_000),
        isDevice ? random.nextLong() : 0,
        type == 0120000 ? null : list(),
        isDirectory ? list() : null,
        xattrs());
  }

  private @Nullable Acl list() {
    return random.nextBoolean()
        ? null
        : new Acl.Builder()
            .add(Acl.USER_OBJ, 0, random.nextInt(8))
            .add(Acl.USER, random.nextInt(1000), random.nextInt(8))
            .add(Acl.GROUP_OBJ, 0, random.nextInt(8))
            .add(Acl.MASK, 0, random.nextInt(8))
            .add(Acl.OTHER, 0, random.nextInt(8))
            .build();
  }

  private @Nullable Xattrs xattrs() throws Exception {
    List<byte[]> names = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      names.add(Names.of("user." + i));
    }
    int bytes = random.nextInt(10) == 0 ? random.nextInt(50_000) : random.nextInt(20);
    return Xattrs.read(names, names, name -> value(bytes));
  }

  @Test
  void h40_a_peer_s_lies_are_found_before_anything_is_done() throws Exception {
    for (int i = 0; i < 10_000; i++) {
      byte[] message = bytes(random());
      if (message.length > 2000) {
        continue;
      }
      for (int k = random.nextInt(3); k >= 0; k--) {
        message[random.nextInt(Math.min(message.length, 100))] = (byte) random.nextInt();
      }
      try {
        Attributes lie = Attributes.read(new MessageReader(message));
        assertThat(lie.uid()).as("seed " + seed).isNotEqualTo(-1);
        assertThat(lie.gid()).isNotEqualTo(-1);
        assertThat(lie.mtimeNanos()).isBetween(0, 999_999_999);
        assertThat(lie.permissions()).isBetween(0, 07777);
        assertThat(overTheWire(lie)).isNotNull();
      } catch (WireException e) {
        assertThat(e).hasMessageContaining("malformed message");
      }
    }
  }

  @Test
  void h40_attributes_that_nobody_asked_for_are_not_taken() throws Exception {
    Rules.Builder builder = new Rules.Builder().archive();
    builder.superUser = false;
    builder.xattrs = true;
    Rules rules = builder.build();
    List<byte[]> names =
        List.of(
            Names.of("user.good"),
            Names.of("trusted.bad"),
            Names.of("security.capability"),
            Names.of("system.posix_acl_access"),
            Names.of("user.rsync.%stat"));
    Attributes lie =
        Attributes.of(
            FileStatus.NONE.as(0100644, 0, 0, 0),
            0100644,
            list(),
            null,
            Xattrs.read(names, names, name -> new byte[] {1}));
    AttributeKeeper keeper =
        new AttributeKeeper(rules, Rights.of(rules), Owners.local(rules), null, 022);
    try (FileHandle inode = root.openPath(ONE)) {
      assertThat(keeper.dress(inode, lie, inode.status(), null, null, name -> null)).isEmpty();
      assertThat(inode.xattrs()).containsExactly(Names.of("user.good"));
    }
    FileStatus existing = Objects.requireNonNull(root.status(ONE));
    assertThat(keeper.differences(root, ONE, lie, existing, false) & Change.XATTR).isZero();
  }

  @Test
  void a_filter_of_the_user_s_own_decides_alone() throws Exception {
    root.setXattr(ONE, Names.of("user.a"), value(1));
    root.setXattr(ONE, Names.of("user.b"), value(1));
    root.setXattr(ONE, Names.of("trusted.c"), value(1));
    XattrFilter filter = name -> Names.display(name).equals("user.b");
    FileStatus status = Objects.requireNonNull(root.status(ONE));
    Attributes wanted =
        new AttributeReader(rules(), Rights.of(rules()), filter, 022).read(root, ONE, status);
    Xattrs xattrs = Objects.requireNonNull(wanted.xattrs());
    assertThat(xattrs.size()).isEqualTo(2);
    assertThat(xattrs.indexOf(Names.of("user.b"))).isNegative();

    root.setXattr(OTHER, Names.of("user.b"), value(1));
    AttributeKeeper keeper =
        new AttributeKeeper(rules(), Rights.of(rules()), Owners.local(rules()), filter, 022);
    try (FileHandle inode = root.openPath(OTHER)) {
      keeper.adjust(inode, wanted, inode.status(), Change.XATTR, name -> null);
      assertThat(inode.xattrs())
          .as("what is excluded is not removed")
          .containsExactlyInAnyOrder(Names.of("user.a"), Names.of("user.b"), Names.of("trusted.c"));
    }
  }
}
