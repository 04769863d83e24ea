package dev.godwit.sync.attributes;

import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.sync.copy.Change;
import java.util.ArrayList;
import java.util.List;

/** Collects what could not be set; usually nothing. One thread. */
final class Failures {
  private List<NotKept> list = List.of();

  void add(int bits, String what, LinuxException cause) {
    add(new NotKept(bits, what, null, cause));
  }

  void addXattr(byte[] attribute, LinuxException cause) {
    String what = "the attribute " + Names.display(attribute);
    add(new NotKept(Change.XATTR, what, attribute, cause));
  }

  private void add(NotKept one) {
    if (list.isEmpty()) {
      list = new ArrayList<>();
    }
    list.add(one);
  }

  void addAll(Failures others) {
    others.list.forEach(this::add);
  }

  boolean hasCause(int errno) {
    return list.stream().anyMatch(one -> one.cause().errno() == errno);
  }

  List<NotKept> list() {
    return list;
  }
}
