package dev.godwit.sync.content;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which files are not worth compressing, by the end of their names ({@code --skip-compress} of
 * rsync(1)). Capitals and small letters of ASCII are the same. Many threads may ask.
 */
public final class SkipSuffixes {
  /** The list of rsync(1) 3.5. */
  private static final String USUAL =
      "3g2/3gp/7z/aac/ace/apk/avi/bz2/deb/dmg/ear/f4v/flac/flv/gpg/gz/iso/jar/jpeg/jpg/lrz/lz/lz4"
          + "/lzma/lzo/m1a/m1v/m2a/m2ts/m2v/m4a/m4b/m4p/m4r/m4v/mka/mkv/mov/mp1/mp2/mp3/mp4/mpa"
          + "/mpeg/mpg/mpv/mts/odb/odf/odg/odi/odm/odp/ods/odt/oga/ogg/ogm/ogv/ogx/opus/otg/oth"
          + "/otp/ots/ott/oxt/png/qt/rar/rpm/rz/rzip/spx/squashfs/sxc/sxd/sxg/sxm/sxw/sz/tbz/tbz2"
          + "/tgz/tlz/ts/txz/tzo/vob/war/webm/webp/xz/z/zip/zst";

  /** So many can be written with classes of characters; nobody needs more. */
  private static final int SUFFIXES_MAX = 10_000;

  private final Set<Suffix> suffixes = new HashSet<>();
  private int bytesMax;

  /** Bytes in small letters; a key. */
  @SuppressWarnings("ArrayRecordComponent") // equals and hashCode are its own
  private record Suffix(byte[] bytes, int from) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Suffix suffix
          && Arrays.equals(
              bytes, from, bytes.length, suffix.bytes, suffix.from, suffix.bytes.length);
    }

    @Override
    public int hashCode() {
      int hash = 1;
      for (int i = from; i < bytes.length; i++) {
        hash = 31 * hash + bytes[i];
      }
      return hash;
    }
  }

  private SkipSuffixes() {}

  /**
   * Reads a list.
   *
   * @param list suffixes without their dots and with '/' in between, in which brackets stand for
   *     any one of the characters in them; empty: every file is compressed; null: rsync's list
   * @throws IllegalArgumentException with a message for the user when a bracket does not end
   */
  public static SkipSuffixes parse(@Nullable String list) {
    SkipSuffixes parsed = new SkipSuffixes();
    for (String pattern : (list == null ? USUAL : list).split("/", -1)) {
      if (!pattern.isEmpty()) {
        parsed.add(pattern);
      }
    }
    return parsed;
  }

  /** Writes all classes of a pattern out. */
  private void add(String pattern) {
    List<String> all = List.of("");
    int at = 0;
    while (at < pattern.length()) {
      String choices;
      if (pattern.charAt(at) == '[') {
        int end = pattern.indexOf(']', at + 1);
        if (end < 0) {
          throw new IllegalArgumentException(
              "--skip-compress: the bracket in \"" + pattern + "\" does not end; add a ']'");
        }
        choices = pattern.substring(at + 1, end);
        at = end + 1;
      } else {
        choices = pattern.substring(at, at + 1);
        at++;
      }
      List<String> longer = new ArrayList<>();
      for (String start : all) {
        for (int i = 0; i < choices.length(); i++) {
          longer.add(start + choices.charAt(i));
        }
      }
      if (longer.size() + suffixes.size() > SUFFIXES_MAX) {
        throw new IllegalArgumentException(
            "--skip-compress: \"" + pattern + "\" stands for too many suffixes");
      }
      all = longer;
    }
    for (String suffix : all) {
      byte[] bytes = suffix.getBytes(StandardCharsets.UTF_8);
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = small(bytes[i]);
      }
      suffixes.add(new Suffix(bytes, 0));
      bytesMax = Math.max(bytesMax, bytes.length);
    }
  }

  private static byte small(byte b) {
    return b >= 'A' && b <= 'Z' ? (byte) (b + 'a' - 'A') : b;
  }

  /** Whether a file of this name goes as it is. */
  public boolean contains(byte[] name) {
    if (bytesMax == 0) {
      return false;
    }
    int limit = Math.max(0, name.length - 1 - bytesMax);
    for (int dot = name.length - 1; dot >= limit; dot--) {
      if (name[dot] == '.') {
        byte[] end = new byte[name.length - dot - 1];
        for (int i = 0; i < end.length; i++) {
          end[i] = small(name[dot + 1 + i]);
        }
        if (suffixes.contains(new Suffix(end, 0))) {
          return true;
        }
      }
    }
    return false;
  }
}
