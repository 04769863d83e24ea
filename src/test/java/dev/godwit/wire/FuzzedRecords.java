package dev.godwit.wire;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Every method of the program that reads a value of its own kind from a message, for a fuzzer: all
 * of them read each input, and none may throw anything but that it is malformed. Found by their
 * shape: static, with a {@link MessageReader} alone, and a result.
 */
public final class FuzzedRecords {
  /** With fewer of them something else is wrong: the classes were not found. */
  private static final int READERS_MIN = 50;

  private static final List<Method> READERS = readers();

  private FuzzedRecords() {}

  public static void fuzzerTestOneInput(byte[] input) {
    for (Method reader : READERS) {
      try {
        var unused = reader.invoke(null, new MessageReader(input));
      } catch (InvocationTargetException e) {
        if (!(e.getCause() instanceof IOException)) {
          throw new IllegalStateException("read by " + reader, e.getCause());
        }
      } catch (IllegalAccessException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static List<Method> readers() {
    List<Method> found = found();
    if (found.size() < READERS_MIN) {
      throw new IllegalStateException("only " + found);
    }
    return found;
  }

  private static List<Method> found() {
    try {
      Path classes =
          Path.of(MessageReader.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      try (Stream<Path> files = Files.walk(classes)) {
        return files
            .map(file -> classes.relativize(file).toString())
            .filter(name -> name.endsWith(".class"))
            .map(name -> name.substring(0, name.length() - ".class".length()).replace('/', '.'))
            .filter(name -> name.startsWith("dev.godwit."))
            .flatMap(FuzzedRecords::readersOf)
            .sorted(Comparator.comparing(Method::toString))
            .toList();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Stream<Method> readersOf(String name) {
    try {
      return Arrays.stream(
              Class.forName(name, false, FuzzedRecords.class.getClassLoader()).getDeclaredMethods())
          .filter(FuzzedRecords::isReader)
          .peek(method -> method.setAccessible(true));
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean isReader(Method method) {
    return Modifier.isStatic(method.getModifiers())
        && !method.isSynthetic()
        && method.getReturnType() != void.class
        && Arrays.equals(method.getParameterTypes(), new Class<?>[] {MessageReader.class});
  }
}
