package dev.godwit.bench;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What the kernel keeps of files in memory. */
final class PageCache {
  private PageCache() {}

  /** Looks at every name of a tree and reads every file, so that they are there. */
  static void fill(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root);
        WritableByteChannel nowhere = Channels.newChannel(OutputStream.nullOutputStream())) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        try (FileChannel channel = FileChannel.open(file)) {
          channel.transferTo(0, channel.size(), nowhere);
        }
      }
    }
  }
}
