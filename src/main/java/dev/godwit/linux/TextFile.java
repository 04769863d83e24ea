package dev.godwit.linux;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import org.jspecify.annotations.Nullable;

/**
 * Small text files in folders that others may write to: nothing but a regular file is opened, and
 * no link followed (H5).
 */
public final class TextFile {
  private TextFile() {}

  /**
   * Reads it.
   *
   * @param bytesMax one that is larger is not read
   * @return one char a byte; null when it is gone, no regular file, too large or no text
   */
  public static @Nullable String read(DirectoryHandle folder, byte[] name, int bytesMax)
      throws LinuxException {
    FileStatus status = folder.status(name);
    if (status == null || !status.isRegular() || status.size() > bytesMax) {
      return null;
    }
    try (FileHandle file = folder.openPath(name)) {
      if (!file.status().isRegular()) {
        return null;
      }
      try (FileHandle readable = file.reopenForReading()) {
        byte[] content = new byte[bytesMax];
        int length = 0;
        while (length < content.length) {
          int count =
              readable.read(
                  content,
                  length,
                  Math.min(content.length - length, FileHandle.CHUNK_BYTES),
                  length);
          if (count == 0) {
            break;
          }
          length += count;
        }
        String text = new String(content, 0, length, ISO_8859_1);
        return text.indexOf('\0') >= 0 ? null : text;
      }
    }
  }
}
