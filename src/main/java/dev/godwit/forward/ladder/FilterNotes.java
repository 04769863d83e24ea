package dev.godwit.forward.ladder;

import dev.godwit.forward.Note;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Notes of the packet filter's chains that processes of this host have put up, so that the chains
 * of one that was killed can be found and removed.
 */
public final class FilterNotes {
  /** Where they are kept, beside the states of gates, landings and forwarders. */
  public static final String NOTES = ".redirection";

  /** Of {@link PacketFilter}'s, in order. */
  static final List<String> TOOLS = List.of(PacketFilter.NFTABLES, PacketFilter.IPTABLES);

  /** Puts chains up. */
  interface Preparation {
    void prepare(PacketFilter filter) throws IOException;
  }

  private FilterNotes() {}

  /**
   * Puts chains up, in the calling thread's network namespace, and notes them before.
   *
   * @param directory of the notes, for the whole host
   * @param name of the chains, unique on the host
   * @param tools to try, in order
   * @throws IOException why none of them works
   */
  static PacketFilter open(Path directory, String name, List<String> tools, Preparation preparation)
      throws IOException {
    StringBuilder reasons = new StringBuilder();
    for (String tool : tools) {
      Note.write(directory.resolve(name), tool);
      PacketFilter filter = PacketFilter.of(tool, name);
      try {
        filter.remove();
        preparation.prepare(filter);
        return filter;
      } catch (IOException e) {
        reasons.append(reasons.isEmpty() ? "" : "; ").append(e.getMessage());
        forget(directory, filter);
      }
    }
    throw new IOException(reasons.toString());
  }

  /** Takes down what processes that were killed have left. */
  public static void cleanUp(Path directory) throws IOException {
    for (Note note : Note.abandoned(directory)) {
      forget(directory, PacketFilter.of(note.what(), note.file().getFileName().toString()));
    }
  }

  /** Removes chains, and their note when they are gone. */
  static void forget(Path directory, PacketFilter filter) throws IOException {
    try {
      filter.remove();
    } catch (IOException e) {
      return; // the note stays, for another time: the tool may have been taken away meanwhile
    }
    Note.remove(directory.resolve(filter.name));
  }
}
