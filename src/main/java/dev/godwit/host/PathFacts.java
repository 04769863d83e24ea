package dev.godwit.host;

import dev.godwit.linux.FileSystemStatus;
import dev.godwit.linux.Names;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;

/**
 * What a host says about a path.
 *
 * @param identity of the directory or file that it leads to, the same by whatever path; empty when
 *     there is none
 * @param real without symbolic links, as far as it exists
 * @param isDirectory itself, not what a symlink leads to
 * @param fileSystem the type of the file system that holds it, or would hold it
 * @param inodesCounted false where the file system has no limit on their number
 * @param mountsBelow where other file systems are mounted below it
 */
public record PathFacts(
    String identity,
    String real,
    boolean exists,
    boolean isDirectory,
    String fileSystem,
    long freeBytes,
    boolean inodesCounted,
    long freeInodes,
    List<MountBelow> mountsBelow) {
  public PathFacts {
    mountsBelow = List.copyOf(mountsBelow);
  }

  /** The ability that answers with facts about the path in its argument. */
  public static final String ABILITY = "path-facts";

  private static final int PATH_BYTES_MAX = 4096;

  public static PathFacts of(Host host, String path) throws IOException {
    return decode(host.call(ABILITY, new MessageWriter().text(path).toBytes()));
  }

  /** Answers the ability's question on this host. */
  public static byte[] answer(byte[] question) throws IOException {
    MessageReader in = new MessageReader(question);
    Path path = in.path(PATH_BYTES_MAX);
    in.end();
    Path existing = existing(path, LinkOption.NOFOLLOW_LINKS);
    FileSystemStatus status = FileSystemStatus.of(existing.toString());
    return new PathFacts(
            identity(path),
            real(path),
            existing.equals(path),
            Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS),
            status.typeName(),
            status.freeBytes(),
            status.inodes() > 0,
            status.freeInodes(),
            Files.exists(path) ? MountBelow.of(Names.of(path.toRealPath().toString())) : List.of())
        .encode();
  }

  private static String identity(Path path) throws IOException {
    return Files.exists(path)
        ? Files.getAttribute(path, "unix:dev") + ":" + Files.getAttribute(path, "unix:ino")
        : "";
  }

  private static String real(Path path) throws IOException {
    Path existing = existing(path);
    return existing.toRealPath().resolve(existing.relativize(path)).toString();
  }

  /** The path, or the nearest of the directories above it that is there. */
  private static Path existing(Path path, LinkOption... options) {
    Path existing = path;
    while (!Files.exists(existing, options) && existing.getParent() != null) {
      existing = existing.getParent();
    }
    return existing;
  }

  private byte[] encode() {
    return new MessageWriter()
        .text(identity)
        .text(real)
        .bool(exists)
        .bool(isDirectory)
        .text(fileSystem)
        .u64(freeBytes)
        .bool(inodesCounted)
        .u64(freeInodes)
        .list(mountsBelow, (out, mount) -> mount.write(out))
        .toBytes();
  }

  private static PathFacts decode(byte[] answer) throws WireException {
    MessageReader in = new MessageReader(answer);
    PathFacts facts =
        new PathFacts(
            in.text(64),
            in.text(PATH_BYTES_MAX),
            in.bool(),
            in.bool(),
            in.text(64),
            in.u64(),
            in.bool(),
            in.u64(),
            in.list(MountBelow.COUNT_MAX, MountBelow::read));
    in.end();
    return facts;
  }
}
