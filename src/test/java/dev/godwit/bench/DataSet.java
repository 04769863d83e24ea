package dev.godwit.bench;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A tree of files that is the same each time it is made: what is random in it comes from a fixed
 * seed. A change to what a set writes needs a new name, because images of sets are kept by name.
 */
interface DataSet {
  /** The name of its image; the same for no other set. */
  String name();

  /** Bytes that a file system needs for it, without its own tables. */
  long space(Scale scale);

  /** Files and directories. */
  long inodes(Scale scale);

  /** Writes it into an empty directory. */
  void write(Path folder, Scale scale) throws IOException;
}
