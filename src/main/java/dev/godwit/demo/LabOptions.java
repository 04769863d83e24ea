package dev.godwit.demo;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What a lab is made of.
 *
 * @param shown folders of the machine that every host sees, read-only, at the same path
 * @param data file systems of their own, by mount point, on host old
 * @param newData the same on host new; smaller ones make a full disk
 */
public record LabOptions(List<Path> shown, List<DataDisk> data, List<DataDisk> newData) {
  private static final int FILE_KIB = 28; // of 1 to 20 KiB, with its share of the file system

  /**
   * A file system of its own, mounted at {@code path}.
   *
   * @param sizeMib its size; a sparse image, so unused space costs nothing
   * @param inodes how many files fit
   */
  public record DataDisk(String path, int sizeMib, int inodes) {
    String argument() {
      return path + "=" + sizeMib + "=" + inodes;
    }
  }

  public LabOptions {
    shown = List.copyOf(shown);
    data = List.copyOf(data);
    newData = List.copyOf(newData);
  }

  /** Room for this many files on /srv and on /var/vmail of both hosts; the program's own files. */
  public static LabOptions forFiles(int files) {
    int mib = 192 + (int) Math.min((long) files * FILE_KIB / 1024, 1 << 20);
    int inodes = 16_384 + (int) Math.min(files * 2L, Integer.MAX_VALUE / 2);
    List<DataDisk> disks =
        List.of(new DataDisk("/srv", mib, inodes), new DataDisk("/var/vmail", mib, inodes));
    return new LabOptions(ownFolders(), disks, disks);
  }

  /** The same lab, but one data file system of new has only this size. */
  public LabOptions withNewDisk(String path, int sizeMib) {
    List<DataDisk> disks = new ArrayList<>();
    for (DataDisk disk : newData) {
      disks.add(disk.path().equals(path) ? new DataDisk(path, sizeMib, disk.inodes()) : disk);
    }
    return new LabOptions(shown, data, disks);
  }

  private static List<Path> ownFolders() {
    Set<Path> folders = new LinkedHashSet<>();
    folders.add(Path.of(System.getProperty("java.home")));
    folders.add(Programs.home());
    return List.copyOf(folders);
  }
}
