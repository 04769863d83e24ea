package dev.godwit.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where runs write: a file system that is new for each run, unless nothing is written. */
final class Target implements AutoCloseable {
  private final Path folder;
  private final Scale scale;
  private final DataSets sets;
  private @Nullable LoopImage image;

  /** What a target that no run changes has; null when it has to be made anew. */
  private @Nullable DataSet equalTo;

  Target(Path folder, Scale scale, DataSets sets) {
    this.folder = folder;
    this.scale = scale;
    this.sets = sets;
  }

  /** A directory as the row wants it before a run that copies this set. */
  Path prepare(Row.Start start, DataSet source) throws IOException {
    if (image != null && start instanceof Row.Start.Equal && source.equals(equalTo)) {
      return directory(image);
    }
    discard();
    DataSet before =
        switch (start) {
          case Row.Start.Empty() -> null;
          case Row.Start.CopyOf(DataSet set) -> set;
          case Row.Start.Equal() -> source;
        };
    long space = source.space(scale) + (before == null ? 0 : before.space(scale));
    long inodes = source.inodes(scale) + (before == null ? 0 : before.inodes(scale));
    LoopImage.make(file(), space, inodes);
    LoopImage made = LoopImage.mountTarget(file(), folder.resolve("target"));
    image = made;
    Files.createDirectory(directory(made), TestFiles.PUBLIC_FOLDER);
    if (before != null) {
      Programs.run("cp", "-a", "--", sets.root(before) + "/.", directory(made).toString());
      Programs.run("sync", "--file-system", directory(made).toString());
    }
    equalTo = start instanceof Row.Start.Equal ? source : null;
    return directory(made);
  }

  /** Disk space that all this may take at most, in bytes. */
  static long space(Row row, Scale scale) {
    long before =
        switch (row.start()) {
          case Row.Start.Empty() -> 0;
          case Row.Start.CopyOf(DataSet set) -> 2 * image(set, scale);
          case Row.Start.Equal() -> image(row.source(), scale);
        };
    return 2 * image(row.source(), scale) + before;
  }

  /** Unmounts and deletes it: what the kernel has not yet written of it needs no writing. */
  void discard() throws IOException {
    equalTo = null;
    if (image != null) {
      image.closeWithoutWriting();
      Files.delete(image.root());
      image = null;
    }
    Files.deleteIfExists(file());
  }

  @Override
  public void close() throws IOException {
    discard();
  }

  private static long image(DataSet set, Scale scale) {
    return LoopImage.size(set.space(scale), set.inodes(scale));
  }

  private Path file() {
    return folder.resolve("target.ext4");
  }

  private static Path directory(LoopImage image) {
    return image.root().resolve("tree");
  }
}
