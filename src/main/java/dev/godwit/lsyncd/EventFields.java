package dev.godwit.lsyncd;

import dev.godwit.linux.Names;
import dev.godwit.mirror.actions.Action;
import dev.godwit.mirror.actions.FileEvent;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/**
 * What the variables of commands and the fields of events stand for (lsyncd's manual, layers 2 and
 * 3, and what the program does). Texts have one char a byte.
 */
final class EventFields {
  private static final Charset LATIN = StandardCharsets.ISO_8859_1;

  /** Every name, without {@code o.} or {@code d.} before it. */
  static final Set<String> NAMES =
      Set.of(
          "basename",
          "name",
          "path",
          "pathdir",
          "pathname",
          "source",
          "sourcePath",
          "sourcePathdir",
          "sourcePathname",
          "target",
          "targetPath",
          "targetPathdir",
          "targetPathname");

  /** Those that begin with nothing else than a name. */
  private static final Set<String> RELATIVE =
      Set.of("basename", "name", "path", "pathdir", "pathname");

  private final String source;
  private final String target;

  /**
   * @param source as it was written
   * @param target as it was written; empty when there is none
   */
  EventFields(String source, String target) {
    this.source = withSlash(absolute(source));
    this.target = target;
  }

  private static String absolute(String path) {
    // The working directory is text of the locale, and is made bytes as everywhere else.
    String here = new String(Names.of(Path.of("").toAbsolutePath().toString()), LATIN);
    return path.startsWith("/") ? path : withSlash(here) + path;
  }

  private static String withSlash(String path) {
    return path.endsWith("/") ? path : path + "/";
  }

  /** A relative name that could be taken for an option, as a path that could not. */
  static String noOption(String value) {
    return value.startsWith("-") ? "./" + value : value;
  }

  /**
   * The value of a field.
   *
   * @param field one of {@link #NAMES}, for the second name of a move with {@code d.} before it;
   *     {@code o.} is the first one
   */
  String value(String field, FileEvent event) {
    boolean isTo = field.startsWith("d.");
    String pathname = isTo ? event.to() : event.path();
    String slash = event.isDirectory() && !pathname.isEmpty() ? "/" : "";
    String pathdir = pathname.substring(0, pathname.lastIndexOf('/') + 1);
    String basename = pathname.substring(pathdir.length());
    String below = event.action() == Action.STARTUP ? target : withSlash(target);
    return switch (field.substring(field.indexOf('.') + 1)) {
      case "basename" -> basename;
      case "name" -> basename + slash;
      case "path" -> pathname + slash;
      case "pathdir" -> pathdir;
      case "pathname" -> pathname;
      case "source" -> source;
      case "sourcePath" -> source + pathname + slash;
      case "sourcePathdir" -> source + pathdir;
      case "sourcePathname" -> source + pathname;
      case "target" -> target;
      case "targetPath" -> below + pathname + slash;
      case "targetPathdir" -> below + pathdir;
      case "targetPathname" -> below + pathname;
      default -> throw new IllegalArgumentException(field);
    };
  }

  /**
   * An event as functions of layer 2 get it. Relative names never begin with a hyphen there, so
   * that none becomes an option, wherever the function puts it.
   *
   * @param side {@code o.} or {@code d.}
   * @param config the keys of the {@code sync{}}
   */
  LuaTable table(FileEvent event, String side, LuaTable config) {
    LuaTable table = new LuaTable();
    for (String name : NAMES) {
      String value = value(side + name, event);
      byte[] bytes = (RELATIVE.contains(name) ? noOption(value) : value).getBytes(LATIN);
      table.set(name, LuaString.valueOf(bytes));
    }
    table.set("config", config);
    table.set("etype", etype(event.action()));
    table.set("isdir", LuaValue.valueOf(event.isDirectory() && event.action() != Action.STARTUP));
    table.set("status", "wait");
    return table;
  }

  private static String etype(Action action) {
    return action == Action.STARTUP ? "Init" : action.key().substring("on".length());
  }

  /** Whether a text is what an event says of a name. */
  boolean isOfName(String text, FileEvent event) {
    return event.action() != Action.STARTUP
        && NAMES.stream()
            .filter(name -> !name.equals("source") && !name.equals("target"))
            .anyMatch(name -> isOfName(text, value(name, event), value("d." + name, event)));
  }

  private static boolean isOfName(String text, String first, String second) {
    return text.equals(noOption(first)) || !second.isEmpty() && text.equals(noOption(second));
  }
}
