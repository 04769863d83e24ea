package dev.godwit.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Brings the classes of libraries that were compiled for Java 5 and older to the format of Java 7:
 * each method gets the table of types (StackMapTable, JVMS 4.7.4) with which it is checked in one
 * pass. An ahead-of-time cache (JEP 514) keeps no class without it, so that such a library would be
 * read, checked and linked anew at each start: the command line's, 177 classes, took a quarter of
 * the time of a command that ends at once. Run by the build, never by a user; what it has changed
 * is named in {@link #NOTICE}.
 */
final class OldClasses {
  /** In the jar: which classes are not as their authors published them, and why. */
  static final String NOTICE = "META-INF/CHANGED-CLASSES";

  private static final int NEW_ENOUGH = ClassFile.JAVA_6_VERSION;

  private OldClasses() {}

  /**
   * @param args the jar, and the file to write
   */
  public static void main(String[] args) throws IOException {
    renew(Path.of(args[0]), Path.of(args[1]));
  }

  /**
   * @throws IllegalStateException if a class cannot be brought to the newer format, as one with
   *     subroutines (jsr), which Java 7 has not
   */
  static void renew(Path jar, Path target) throws IOException {
    // What a class extends is looked up where it is: in the jar, or in the JDK.
    try (URLClassLoader around =
            new URLClassLoader(
                new URL[] {jar.toUri().toURL()}, ClassLoader.getPlatformClassLoader());
        ZipFile from = new ZipFile(jar.toFile());
        OutputStream file = Files.newOutputStream(target);
        ZipOutputStream to = new ZipOutputStream(file)) {
      ClassFile format =
          ClassFile.of(
              StackMapsOption.GENERATE_STACK_MAPS,
              ClassHierarchyResolverOption.of(ClassHierarchyResolver.ofResourceParsing(around)));
      List<String> renewed = new ArrayList<>();
      for (ZipEntry entry : Collections.list(from.entries())) {
        byte[] content;
        try (InputStream in = from.getInputStream(entry)) {
          content = in.readAllBytes();
        }
        if (entry.getName().endsWith(".class")) {
          ClassModel read = format.parse(content);
          if (read.majorVersion() < NEW_ENOUGH) {
            content = renewed(format, entry.getName(), read);
            renewed.add(entry.getName());
          }
        }
        put(to, entry, content);
      }
      if (!renewed.isEmpty()) {
        ZipEntry notice = new ZipEntry(NOTICE);
        notice.setTime(from.getEntry(renewed.getFirst()).getTime());
        put(to, notice, notice(renewed).getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  private static byte[] renewed(ClassFile format, String name, ClassModel old) {
    try {
      byte[] renewed =
          format.transformClass(
              old,
              (builder, element) -> {
                switch (element) {
                  case ClassFileVersion _ ->
                      builder.with(ClassFileVersion.of(ClassFile.JAVA_7_VERSION, 0));
                  // Instruction by instruction: code that is taken over as a whole would have the
                  // table that it had, which is none.
                  case MethodModel method ->
                      builder.transformMethod(
                          method,
                          MethodTransform.transformingCode(
                              (code, instruction) -> code.with(instruction)));
                  default -> builder.with(element);
                }
              });
      List<VerifyError> wrong = format.verify(renewed);
      if (!wrong.isEmpty()) {
        throw wrong.getFirst();
      }
      return renewed;
    } catch (IllegalArgumentException | VerifyError e) {
      throw new IllegalStateException(name + " cannot be brought to the format of Java 7", e);
    }
  }

  private static void put(ZipOutputStream to, ZipEntry like, byte[] content) throws IOException {
    ZipEntry entry = new ZipEntry(like.getName());
    if (like.getTime() >= 0) {
      entry.setTime(like.getTime());
    }
    to.putNextEntry(entry);
    to.write(content);
    to.closeEntry();
  }

  private static String notice(List<String> renewed) {
    return """
        These classes are those of their authors, changed by Godwit's build in their format alone:
        from that of Java 5 or older to that of Java 7, with a table of types for each method, so
        that they can be kept in an ahead-of-time cache.

        """
        + String.join("\n", renewed)
        + "\n";
  }
}
