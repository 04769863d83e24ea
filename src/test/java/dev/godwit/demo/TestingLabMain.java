package dev.godwit.demo;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A process that holds a lab until it is killed. */
final class TestingLabMain {
  private TestingLabMain() {}

  public static void main(String[] args) throws Exception {
    Lab lab = Lab.start(LabOptions.forFiles(100));
    System.out.println("up");
    System.out.println(lab.client().pid() + " " + lab.old().pid() + " " + lab.neu().pid());
    mounts(lab).forEach(System.out::println);
    if (args.length > 0) {
      lab.keep().forEach(pid -> System.out.println("holder " + pid));
      System.exit(0);
    }
    System.out.println("end");
    Thread.currentThread().join();
  }

  static List<String> mounts(Lab lab) throws IOException {
    List<String> lines = new ArrayList<>();
    for (LabHost host : List.of(lab.old(), lab.neu())) {
      lines.addAll(host.must("cat", "/proc/mounts").lines().toList());
    }
    return lines;
  }
}
