package dev.godwit.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * The data sets as images in a folder, each made when it is first needed, and their mounts. An
 * image under its final name is whole.
 */
final class DataSets implements AutoCloseable {
  private final Path folder;
  private final Scale scale;
  private final Map<String, LoopImage> mounted = new LinkedHashMap<>();

  DataSets(Path folder, Scale scale) {
    this.folder = folder;
    this.scale = scale;
  }

  /** The set's root, mounted for reading. */
  Path root(DataSet set) throws IOException {
    LoopImage image = mounted.get(set.name());
    if (image == null) {
      image = LoopImage.mountSource(made(set), folder.resolve("source-" + set.name()));
      mounted.put(set.name(), image);
    }
    return image.root().resolve("tree");
  }

  /** Unmounts all: what was read of them leaves memory. */
  void unmountAll() throws IOException {
    for (LoopImage image : mounted.values()) {
      image.close();
      Files.delete(image.root());
    }
    mounted.clear();
  }

  /** Deletes the images of this scale. */
  void delete() throws IOException {
    unmountAll();
    try (var files = Files.newDirectoryStream(folder, "set-*" + scale.suffix() + ".ext4")) {
      for (Path file : files) {
        Files.delete(file);
      }
    }
  }

  @Override
  public void close() throws IOException {
    unmountAll();
  }

  private Path made(DataSet set) throws IOException {
    Path file = folder.resolve("set-" + set.name() + scale.suffix() + ".ext4");
    if (Files.exists(file)) {
      return file;
    }
    Path unfinished = folder.resolve("unfinished.ext4");
    LoopImage.make(unfinished, set.space(scale), set.inodes(scale));
    try (LoopImage image = LoopImage.mountTarget(unfinished, folder.resolve("unfinished"))) {
      Path tree = image.root().resolve("tree");
      Files.createDirectory(tree, TestFiles.PUBLIC_FOLDER);
      set.write(tree, scale);
      setFolderTimes(set, tree);
    }
    Files.delete(folder.resolve("unfinished"));
    return Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /**
   * Gives each directory a time of its own, other than in other sets: the real ones would lie
   * within one second, and rsync takes times of the same second for equal.
   */
  private static void setFolderTimes(DataSet set, Path tree) throws IOException {
    try (Stream<Path> files = Files.walk(tree)) {
      for (Path folder : (Iterable<Path>) files.filter(Files::isDirectory)::iterator) {
        String name = set.name() + "/" + tree.relativize(folder);
        TestFiles.setTime(folder, new SplittableRandom(name.hashCode()));
      }
    }
  }
}
