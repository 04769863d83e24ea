package dev.godwit.sync.attributes;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.Handle;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;

/**
 * Makes directories whose names have random attributes out of few values, so that two of them often
 * agree in some and differ in others.
 */
final class TestingAttributeTree {
  private static final int[] MODES = {
    0644, 0755, 0600, 0640, 0664, 04755, 02755, 06711, 01777, 0777, 0400, 0111, 0
  };
  private static final int[] IDS = {0, 0, 5, 7, 1000};
  private static final long SECONDS = 1_000_000_000;

  /** cap_net_raw+ep, as setcap(8) writes it. */
  private static final String CAPABILITY = "0100000200200000000000000000000000000000";

  private final DirectoryHandle directory;
  private final Random random;
  private final boolean asRoot;
  private final int modes;

  private TestingAttributeTree(
      DirectoryHandle directory, Random random, boolean asRoot, int modes) {
    this.modes = modes;
    this.directory = directory;
    this.random = random;
    this.asRoot = asRoot;
  }

  /**
   * Fills a directory.
   *
   * @param types what each name stands for: f, d, l, p or c
   * @param share how many of 10 names are made
   * @param modes which bits of a mode may be there
   * @param asRoot whether there may be owners, devices and attributes that take root
   */
  static void fill(Path folder, Random random, String types, int share, boolean asRoot, int modes)
      throws LinuxException {
    try (DirectoryHandle directory = DirectoryHandle.open(Names.of(folder.toString()))) {
      TestingAttributeTree tree = new TestingAttributeTree(directory, random, asRoot, modes);
      for (int i = 0; i < types.length(); i++) {
        if (random.nextInt(10) < share) {
          tree.entry(names(types).get(i), types.charAt(i));
        }
      }
    }
  }

  /** The names, one for each type. */
  static List<String> names(String types) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < types.length(); i++) {
      names.add(types.charAt(i) + "%02d".formatted(i));
    }
    return names;
  }

  private void entry(String text, char type) throws LinuxException {
    byte[] name = Names.of(text);
    switch (type) {
      case 'f' -> {
        try (FileHandle file = directory.createFile(name, 0600)) {
          byte[] content = new byte[Math.max(0, random.nextInt(6) - 3)];
          file.write(content, 0, content.length);
        }
      }
      case 'd' -> directory.makeDirectory(name, 0700);
      case 'l' -> directory.makeSymbolicLink(name, Names.of("to"));
      case 'p' -> directory.makeFifo(name, 0600);
      default -> directory.makeNode(name, 0020600, 1L << 32 | 3);
    }
    try (FileHandle inode = directory.openPath(name)) {
      if (asRoot) {
        inode.setOwner(pick(IDS), pick(IDS));
      }
      if (type != 'l') {
        int least = asRoot ? 0 : type == 'd' ? 0700 : 0600;
        inode.setPermissions(pick(MODES) & modes | least);
        lists(inode, type);
      }
      xattrs(inode, type);
      inode.setTimes(SECONDS, 0, SECONDS + random.nextInt(3), 500_000_000 * random.nextInt(2));
    }
  }

  private int pick(int[] of) {
    return of[random.nextInt(of.length)];
  }

  private void lists(Handle inode, char type) throws LinuxException {
    if (random.nextInt(3) == 0) {
      inode.setXattr(Acl.ACCESS, list().value());
    }
    if (type == 'd' && random.nextInt(4) == 0) {
      inode.setXattr(Acl.DEFAULT, list().value());
    }
  }

  private Acl list() {
    Acl.Builder list =
        new Acl.Builder()
            .add(Acl.USER_OBJ, 0, random.nextInt(8))
            .add(Acl.GROUP_OBJ, 0, random.nextInt(8))
            .add(Acl.MASK, 0, 4 + random.nextInt(4))
            .add(Acl.OTHER, 0, random.nextInt(2) * 4);
    for (int i = random.nextInt(3); i > 0; i--) {
      list.add(random.nextBoolean() ? Acl.USER : Acl.GROUP, 5 + 2 * i, 4 + random.nextInt(2));
    }
    return Objects.requireNonNull(list.build());
  }

  private void xattrs(Handle inode, char type) throws LinuxException {
    if (random.nextInt(2) == 0) {
      return;
    }
    if (type == 'f' || type == 'd') {
      for (String name : List.of("user.a", "user.b", "user.rsync.%own", "user.rsync")) {
        if (random.nextInt(3) == 0) {
          inode.setXattr(Names.of(name), new byte[random.nextInt(3) * 40]);
        }
      }
      if (random.nextInt(10) == 0) {
        byte[] large = new byte[2000];
        large[5] = (byte) random.nextInt(2);
        inode.setXattr(Names.of("user.large"), large);
      }
    }
    if (asRoot && random.nextInt(3) == 0) {
      inode.setXattr(Names.of("trusted.t"), new byte[] {(byte) random.nextInt(2)});
    }
    if (asRoot && random.nextInt(3) == 0) {
      inode.setXattr(Names.of("security.s"), new byte[] {(byte) random.nextInt(2)});
    }
    if (asRoot && type == 'f' && random.nextInt(3) == 0) {
      inode.setXattr(Names.of("security.capability"), HexFormat.of().parseHex(CAPABILITY));
    }
  }

  /** Everything of each name, as programs tell that share nothing with Godwit. */
  static String look(Path folder) throws Exception {
    String status =
        TestingPrograms.out(
            folder, "find", ".", "-mindepth", "1", "-printf", "%P %y %m %U %G %T@ %l\n");
    String devices =
        TestingPrograms.out(
            folder, "find", ".", "-type", "c", "-exec", "stat", "-c", "%n %t %T", "{}", "+");
    String attributes =
        TestingPrograms.run(
                folder, List.of("getfattr", "-h", "-R", "-d", "-m", "-", "-e", "hex", "."))
            .out();
    List<String> blocks = new ArrayList<>(List.of(attributes.split("\n\n")));
    blocks.removeIf(block -> block.startsWith("# file: .\n"));
    blocks.sort(null);
    return sorted(status) + sorted(devices) + String.join("\n", blocks);
  }

  private static String sorted(String lines) {
    return String.join("\n", lines.lines().sorted().toList()) + "\n";
  }
}
