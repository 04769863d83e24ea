package dev.godwit.sync.copy;

import dev.godwit.linux.LinuxException;
import dev.godwit.sync.attributes.Attributes;
import dev.godwit.sync.attributes.OwnerNames;
import dev.godwit.sync.attributes.Owners;
import dev.godwit.sync.rules.Rules;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.util.HashSet;
import java.util.Set;

/**
 * The names of the source's users and groups on the wire: those that own something in a message go
 * in front of it, unless they went before. Any thread.
 */
final class OwnerNotes {
  private static final int BYTES_MAX = 8 << 20;

  private final boolean isWanted;
  private final OwnerNames names = new OwnerNames();
  private final Set<Integer> users = new HashSet<>();
  private final Set<Integer> groups = new HashSet<>();

  OwnerNotes(Rules rules) {
    isWanted = !rules.numericIds && (rules.owner || rules.group || rules.acls);
    users.add(0);
    groups.add(0);
  }

  /**
   * @throws LinuxException when an account cannot be looked up now (H11)
   */
  synchronized void write(CompactWriter out, Iterable<Attributes> all) throws LinuxException {
    if (!isWanted) {
      out.number(0);
      return;
    }
    OwnerNames.Collected collected = new OwnerNames.Collected();
    boolean isAny = false;
    for (Attributes one : all) {
      boolean isNew = users.add(one.uid());
      isNew |= groups.add(one.gid());
      if (isNew || one.acl() != null || one.defaultAcl() != null) {
        collected.add(one);
        isAny = true;
      }
    }
    if (!isAny) {
      out.number(0);
      return;
    }
    MessageWriter note = new MessageWriter();
    names.write(note, collected);
    out.number(note.length()).raw(note.array(), 0, note.length());
  }

  /** Tells the target's owners what another host has written. */
  static void read(CompactReader in, Owners owners) throws WireException {
    byte[] note = in.bytes(BYTES_MAX);
    if (note.length > 0) {
      MessageReader reader = new MessageReader(note);
      OwnerNames.read(reader, owners);
      reader.end();
    }
  }
}
