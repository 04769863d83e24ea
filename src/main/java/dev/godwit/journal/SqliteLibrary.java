package dev.godwit.journal;

import dev.godwit.linux.NativeLibrary;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteJDBCLoader;

/**
 * Loads SQLite, once. Its driver would write the library into the directory for temporary files,
 * which may be full or let no program be loaded, and a process that is killed would leave it there.
 */
final class SqliteLibrary {
  private static final String FOLDER = "org.sqlite.lib.path";
  private static final String NAME = "org.sqlite.lib.name";

  /** Why it cannot be called; empty when it can. */
  private static final String FAILURE = load();

  private SqliteLibrary() {}

  /**
   * Returns when SQLite can be called.
   *
   * @throws IOException with a message for the user when it cannot be loaded
   */
  static void need() throws IOException {
    if (!FAILURE.isEmpty()) {
      throw new IOException(FAILURE);
    }
  }

  private static String load() {
    String processor = NativeLibrary.PROCESSOR.equals("amd64") ? "x86_64" : NativeLibrary.PROCESSOR;
    String resource = "/org/sqlite/native/Linux/" + processor + "/libsqlitejdbc.so";
    Boolean loaded = NativeLibrary.load(resource, "sqlite", SqliteLibrary::loadFrom);
    if (loaded != null) {
      return "";
    }
    System.clearProperty(FOLDER);
    System.clearProperty(NAME);
    try {
      // As the driver does by itself: by way of a file in the directory for temporary files.
      boolean unused = SQLiteJDBCLoader.initialize();
      return "";
    } catch (Exception e) { // as it is declared
      return "SQLite's library can be loaded neither from memory nor from %s: make room there and let programs be loaded from there, or name another folder, GODWIT_JAVA_OPTS=-Dorg.sqlite.tmpdir=FOLDER"
          .formatted(System.getProperty("org.sqlite.tmpdir", System.getProperty("java.io.tmpdir")));
    }
  }

  /** It has to be a class of the driver that loads it. */
  private static @Nullable Boolean loadFrom(String path) {
    int slash = path.lastIndexOf('/');
    System.setProperty(FOLDER, path.substring(0, slash));
    System.setProperty(NAME, path.substring(slash + 1));
    try {
      return SQLiteJDBCLoader.initialize();
    } catch (Exception e) { // as it is declared
      return null;
    }
  }
}
