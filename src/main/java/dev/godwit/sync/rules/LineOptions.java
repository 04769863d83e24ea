package dev.godwit.sync.rules;

import java.util.ArrayList;
import java.util.List;

/** How the other host is reached. Immutable once read. */
public final class LineOptions {
  /** The program and its arguments (-e), without the host; never through a shell. */
  public List<byte[]> remoteShell = List.of();

  /** What starts rsync on the other host (--rsync-path); empty: rsync. */
  public byte[] rsyncPath = {};

  /** Options for the other side only (-M), in order. */
  public final List<byte[]> remoteOptions = new ArrayList<>();

  public boolean ipv4;
  public boolean ipv6;

  /** To make the connection; 0: the usual limit (--contimeout). */
  public int connectSeconds;

  /**
   * How long the line and the agent stay for the next run; 0: one that was kept is used and ended;
   * -1: none of it (--keep-agent).
   */
  public int keepSeconds = -1;

  /** Options on the command line that do what rsync cannot, as they were typed. */
  public final List<String> own = new ArrayList<>();

  LineOptions() {}
}
