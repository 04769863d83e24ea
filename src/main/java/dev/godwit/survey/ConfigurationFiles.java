package dev.godwit.survey;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.linux.TextFile;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;

/**
 * The text files below a folder of this host, read by handle and bounded: neither one file nor all
 * of them can take more than a limit, and nothing but a regular file is opened. Links are not
 * followed below the folder: what they lead to is found where it lies, or belongs to somebody else.
 */
final class ConfigurationFiles {
  private static final int FILE_BYTES_MAX = 256 * 1024;
  private static final long ALL_BYTES_MAX = 64L * 1024 * 1024;
  private static final int FILES_MAX = 20_000;

  private long bytes;
  private int files;
  private boolean isWhole = true;

  /** Takes one file. */
  interface Sink {
    /**
     * @param text one char a byte; no text with a NUL byte comes here
     */
    void file(String path, String text);
  }

  /** Whether a name is looked at. */
  interface Choice {
    boolean wants(String path, boolean isDirectory);
  }

  /** Whether everything was read so far. */
  boolean isWhole() {
    return isWhole;
  }

  /** Reads a file, or all files below a folder; nothing when it does not exist. */
  void read(String place, Choice choice, Sink sink) {
    byte[] path = Names.of(place);
    try (DirectoryHandle folder = DirectoryHandle.open(path)) {
      below(folder, place, choice, sink);
    } catch (LinuxException e) {
      if (e.errno() == Errno.ENOTDIR) {
        int slash = place.lastIndexOf('/');
        try (DirectoryHandle parent =
            DirectoryHandle.open(Names.of(place.substring(0, Math.max(1, slash))))) {
          one(parent, Names.of(place.substring(slash + 1)), place, sink);
        } catch (LinuxException gone) {
          isWhole &= gone.errno() == Errno.ENOENT;
        }
      } else if (e.errno() != Errno.ENOENT) {
        isWhole = false;
      }
    }
  }

  private void below(DirectoryHandle root, String place, Choice choice, Sink sink) {
    Deque<String> folders = new ArrayDeque<>();
    folders.add("");
    while (!folders.isEmpty()) {
      String relative = folders.removeFirst();
      try (DirectoryHandle folder = root.beneath(relative.getBytes(ISO_8859_1))) {
        List<DirectoryEntry> entries = folder.entries();
        entries.sort(Comparator.comparing(entry -> new String(entry.name(), ISO_8859_1)));
        for (DirectoryEntry entry : entries) {
          String name = new String(entry.name(), ISO_8859_1);
          String below = relative.isEmpty() ? name : relative + "/" + name;
          String shown = place + "/" + Names.display(below.getBytes(ISO_8859_1));
          FileStatus status = folder.status(entry.name());
          if (status == null || !choice.wants(shown, status.isDirectory())) {
            continue;
          }
          if (status.isDirectory()) {
            folders.add(below);
          } else if (status.isRegular()) {
            one(folder, entry.name(), shown, sink);
          }
        }
      } catch (LinuxException e) {
        // Gone or replaced by a link meanwhile is nothing; anything else was not read.
        isWhole &= e.errno() == Errno.ENOENT || e.errno() == Errno.ELOOP;
      }
    }
  }

  private void one(DirectoryHandle folder, byte[] name, String shown, Sink sink)
      throws LinuxException {
    if (files >= FILES_MAX || bytes >= ALL_BYTES_MAX) {
      isWhole = false;
      return;
    }
    String text = TextFile.read(folder, name, FILE_BYTES_MAX);
    if (text == null) {
      return;
    }
    files++;
    bytes += text.length();
    sink.file(shown, text);
  }
}
