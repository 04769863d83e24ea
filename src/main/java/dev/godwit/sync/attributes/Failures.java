package dev.godwit.sync.attributes;

import dev.godwit.linux.LinuxException;
import java.util.ArrayList;
import java.util.List;

/** Collects what could not be set; usually nothing. One thread. */
final class Failures {
  private List<NotKept> list = List.of();

  void add(int bits, String what, LinuxException cause) {
    if (list.isEmpty()) {
      list = new ArrayList<>();
    }
    list.add(new NotKept(bits, what, cause));
  }

  List<NotKept> list() {
    return list;
  }
}
