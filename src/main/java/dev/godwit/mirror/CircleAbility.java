package dev.godwit.mirror;

import dev.godwit.host.Ability;
import dev.godwit.host.RuntimeDirectory;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.KernelRandom;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.linux.PathText;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code mirror.circle}: which trees a tree of this host is mirrored from, and claims on targets,
 * so that mirrors of different processes that would go in a circle are recognised (H26).
 *
 * <p>A claim is a file in the runtime folder with the target's location and where its content comes
 * from; its flock(2) says that the mirror still runs, so what a killed process left says nothing.
 * Users do not see the claims of other users.
 */
public final class CircleAbility implements Ability {
  public static final String NAME = "mirror.circle";

  /** A longer chain of mirrors is not followed to its beginning. */
  static final int ORIGINS_MAX = 100;

  private static final String FOLDER = "_mirror";
  private static final String SUFFIX = ".claim";
  private static final int CLAIM_BYTES_MAX = 1 << 20;
  private static final int PATH_BYTES_MAX = 4096;
  private static final int MOUNTS_MAX = 10; // to be told
  private static final int ORIGINS = 1;
  private static final int CLAIM = 2;

  /**
   * Where a tree and all that it is mirrored from lie.
   *
   * @param isThere whether the tree is there by now; if not, it is where it would be
   * @param locations the tree's first; none where the kernel does not say
   */
  record Origins(boolean isThere, List<Location> locations) {
    Origins {
      locations = List.copyOf(locations);
    }

    private byte[] encode() {
      return new MessageWriter().bool(isThere).list(locations, (m, one) -> one.write(m)).toBytes();
    }

    static Origins decode(byte[] message) throws WireException {
      MessageReader reader = new MessageReader(message);
      Origins origins = new Origins(reader.bool(), reader.list(ORIGINS_MAX, Location::read));
      reader.end();
      return origins;
    }
  }

  /** Asks for the tree's location and those of all that it is mirrored from: {@link Origins}. */
  static byte[] origins(byte[] tree) {
    return new MessageWriter().u8(ORIGINS).bytes(tree).toBytes();
  }

  /**
   * The answer to a claim.
   *
   * @param target its location; none where the kernel does not say
   * @param mounts paths below the target where one of the origins is mounted, a part of it, or what
   *     it is in
   */
  record Claimed(List<Location> target, List<byte[]> mounts) {
    private byte[] encode() {
      MessageWriter message = new MessageWriter().list(target, (m, one) -> one.write(m));
      return message.list(mounts, MessageWriter::bytes).toBytes();
    }

    static Claimed decode(byte[] message) throws WireException {
      MessageReader reader = new MessageReader(message);
      Claimed claimed =
          new Claimed(
              reader.list(1, Location::read),
              reader.list(MOUNTS_MAX, r -> r.bytes(PATH_BYTES_MAX)));
      reader.end();
      return claimed;
    }
  }

  /** Claims a target for as long as the channel is open: {@link Claimed}. */
  static byte[] claim(byte[] target, List<Location> origins) {
    MessageWriter message = new MessageWriter().u8(CLAIM).bytes(target);
    return message.list(origins, (m, one) -> one.write(m)).toBytes();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException, InterruptedException {
    MessageReader reader = new MessageReader(argument);
    int order = reader.u8();
    byte[] path = reader.bytes(PATH_BYTES_MAX);
    Location tree = Location.of(path);
    switch (order) {
      case ORIGINS -> {
        reader.end();
        channel.send(
            new Origins(isThere(path), tree == null ? List.of() : originsOf(tree)).encode());
      }
      case CLAIM -> {
        List<Location> origins = reader.list(ORIGINS_MAX, Location::read);
        reader.end();
        List<String> mounts = Location.mountsOf(origins, path);
        claim(
            channel,
            tree,
            origins,
            mounts.stream().limit(MOUNTS_MAX).map(PathText::bytes).toList());
      }
      default -> throw new WireException("malformed message: order " + order);
    }
  }

  private static boolean isThere(byte[] path) throws LinuxException {
    try (DirectoryHandle unused = DirectoryHandle.open(path)) {
      return true;
    } catch (LinuxException e) {
      if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR) {
        return false;
      }
      throw e;
    }
  }

  private static byte[] encode(List<Location> locations) {
    return new MessageWriter().list(locations, (m, one) -> one.write(m)).toBytes();
  }

  private static DirectoryHandle folder() throws IOException {
    return DirectoryHandle.open(Names.of(RuntimeDirectory.of(FOLDER).toString()));
  }

  /** The tree itself first. */
  private static List<Location> originsOf(Location tree) throws IOException {
    List<Location> origins = new ArrayList<>(List.of(tree));
    try (DirectoryHandle folder = folder()) {
      for (var entry : folder.entries()) {
        if (isClaim(entry.name())) {
          List<Location> claim = read(folder, entry.name());
          if (!claim.isEmpty() && claim.getFirst().overlaps(tree)) {
            origins.addAll(claim.subList(1, claim.size()));
          }
        }
      }
    }
    return origins.subList(0, Math.min(origins.size(), ORIGINS_MAX));
  }

  private static boolean isClaim(byte[] name) {
    return new String(name, StandardCharsets.ISO_8859_1).endsWith(SUFFIX);
  }

  /** The target and what it comes from; empty when nobody holds the claim any more. */
  private static List<Location> read(DirectoryHandle folder, byte[] name) throws IOException {
    try (FileHandle path = folder.openPath(name);
        FileHandle file = path.reopenForReading()) {
      if (file.tryLock()) {
        folder.remove(name); // its process was killed
        return List.of();
      }
      byte[] content = new byte[(int) Math.min(file.status().size(), CLAIM_BYTES_MAX)];
      int length = 0;
      for (int count = 1; count > 0 && length < content.length; length += count) {
        count = file.read(content, length, content.length - length, length);
      }
      MessageReader reader = new MessageReader(content);
      List<Location> locations = reader.list(ORIGINS_MAX, Location::read);
      reader.end();
      return locations;
    } catch (LinuxException e) {
      if (e.errno() == Errno.ENOENT) {
        return List.of(); // given up meanwhile
      }
      throw e;
    }
  }

  private static void claim(
      Channel channel, @Nullable Location target, List<Location> origins, List<byte[]> mounts)
      throws IOException {
    if (target == null) {
      channel.send(new Claimed(List.of(), mounts).encode());
      hold(channel);
      return;
    }
    List<Location> all = new ArrayList<>(List.of(target));
    all.addAll(origins.subList(0, Math.min(origins.size(), ORIGINS_MAX - 1)));
    // Never somebody's name before: who finds that one's claim unlocked removes what has the name.
    String name = HexFormat.of().toHexDigits(KernelRandom.bits()) + SUFFIX;
    byte[] hidden = Names.of(name + ".new");
    try (NewFile made = create(hidden)) {
      DirectoryHandle folder = made.folder;
      FileHandle file = made.file;
      if (!file.tryLock()) {
        throw new IOException(name + " is locked by somebody else");
      }
      byte[] content = encode(all);
      file.write(content, 0, content.length);
      folder.rename(hidden, Names.of(name)); // seen from now on, and locked already
      try {
        channel.send(new Claimed(List.of(target), mounts).encode());
        hold(channel);
      } finally {
        folder.remove(Names.of(name));
      }
    }
  }

  private record NewFile(DirectoryHandle folder, FileHandle file) implements AutoCloseable {
    @Override
    public void close() {
      file.close();
      folder.close();
    }
  }

  /** As long as nothing is in the folder, it may go with the last move of this host. */
  private static NewFile create(byte[] name) throws IOException {
    for (int left = 3; ; left--) {
      DirectoryHandle folder = folder();
      try {
        return new NewFile(folder, folder.createFile(name, 0600));
      } catch (LinuxException e) {
        folder.close();
        if (e.errno() != Errno.ENOENT || left == 0) {
          throw e;
        }
      }
    }
  }

  /** Until the controller, or the line to it, is gone. */
  private static void hold(Channel channel) {
    try {
      channel.drain();
    } catch (WireException e) {
      // Gone without a word.
    }
  }
}
