package dev.godwit.sync.rules;

import dev.godwit.linux.Names;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What a run prints and in which form. Immutable once read. */
public final class Telling {
  private static final byte[] ITEMIZED = Names.of("%i %n%L");
  private static final byte[] NAMED = Names.of("%n%L");

  /** Where messages go (--stderr). */
  public enum ErrorStream {
    /** Errors to standard error, the rest to standard output. */
    ERRORS,
    /** Everything to standard error. */
    ALL,
    CLIENT
  }

  /** When output is written (--outbuf). */
  public enum Buffering {
    /** Lines on a terminal, else blocks. */
    DEFAULT,
    NONE,
    LINE,
    BLOCK
  }

  /** How many -v. */
  public int verbose;

  public boolean quiet;

  /** How many -i; with two, names that do not change are told too. */
  public int itemize;

  /** As --out-format; null: none was given. */
  public byte @Nullable [] outFormat;

  public byte @Nullable [] logFile;

  /** As --log-file-format; null: none was given. */
  public byte @Nullable [] logFormat;

  public boolean stats;
  public boolean progress;

  /** Figures: 0 plain, 1 with commas, 2 in units of 1000, 3 in units of 1024. */
  public int human = 1;

  public boolean eightBit;
  public boolean json;
  public boolean listOnly;

  /** Whether rsync would find names while others are copied already (--inc-recursive). */
  public boolean incremental = true;

  public ErrorStream errors = ErrorStream.ERRORS;
  public Buffering buffering = Buffering.DEFAULT;

  /** What --info said, by {@link InfoFlag#ordinal}; -1: nothing. */
  final int[] info = new int[InfoFlag.values().length];

  /** What --debug said of FILTER; -1: nothing. */
  int debugFilter = -1;

  Telling() {
    Arrays.fill(info, -1);
  }

  /** The form of a line for each name; null: names are not told. */
  public byte @Nullable [] format() {
    if (outFormat != null) {
      return outFormat;
    }
    if (itemize > 0) {
      return ITEMIZED;
    }
    return level(InfoFlag.NAME) > 0 ? NAMED : null;
  }

  /** The form of a line of the log for each name. */
  public byte[] formatOfLog() {
    return logFormat == null ? ITEMIZED : logFormat;
  }

  /** Whether names are told over which filter rules decide. */
  boolean tellsRulings() {
    return !quiet && (debugFilter < 0 ? verbose >= 2 : debugFilter > 0);
  }

  /** How much is to be told of this: what --info says, else what the other options imply. */
  public int level(InfoFlag flag) {
    if (info[flag.ordinal()] >= 0) {
      return info[flag.ordinal()];
    }
    int level = flag.levelAt(verbose);
    return switch (flag) {
      case STATS -> stats ? Math.max(level, verbose >= 2 ? 3 : 2) : level;
      case PROGRESS -> progress ? Math.max(level, 1) : level;
      case FLIST -> progress ? Math.max(level, 2) : level;
      case NAME -> progress ? Math.max(level, 1) : level;
      default -> level;
    };
  }
}
