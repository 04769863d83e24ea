package dev.godwit.sync.differential;

import java.util.Map;
import java.util.TreeMap;

/** One inode of a tree that is to be made; under several names when it has hard links. */
final class Node {
  static final Time ANY_TIME = new Time(1_600_000_000, 0);

  enum Type {
    FILE(Posix.S_IFREG),
    DIRECTORY(Posix.S_IFDIR),
    LINK(Posix.S_IFLNK),
    FIFO(Posix.S_IFIFO),
    SOCKET(Posix.S_IFSOCK),
    CHARACTER(Posix.S_IFCHR),
    BLOCK(Posix.S_IFBLK);

    final int bits;

    Type(int bits) {
      this.bits = bits;
    }

    boolean isDevice() {
      return this == CHARACTER || this == BLOCK;
    }
  }

  Type type;

  /** Permissions; of links the kernel says 0777. */
  int mode;

  int uid;
  int gid;
  Time mtime = ANY_TIME;
  Time atime = ANY_TIME;
  Content content = Content.EMPTY;

  /** Of a link. */
  String text = "";

  int major;
  int minor;

  /** A directory on which a file system of its own is mounted. */
  boolean mounted;

  /** By name; ACLs are among them, as the kernel shows them. */
  Map<String, byte[]> attributes = new TreeMap<>();

  Node(Type type, int mode) {
    this.type = type;
    this.mode = mode;
  }

  /** What stat(2) shows: with an access list, its permissions. */
  int permissions() {
    byte[] list = attributes.get(Acl.ACCESS);
    return list == null ? mode : mode & ~0777 | Acl.permissions(list);
  }

  static Node file(Content content) {
    Node node = new Node(Type.FILE, 0644);
    node.content = content;
    return node;
  }

  static Node directory() {
    return new Node(Type.DIRECTORY, 0755);
  }

  static Node link(String text) {
    Node node = new Node(Type.LINK, 0777);
    node.text = text;
    return node;
  }

  Node copy() {
    Node copy = new Node(type, mode);
    copy.uid = uid;
    copy.gid = gid;
    copy.mtime = mtime;
    copy.atime = atime;
    copy.content = content;
    copy.text = text;
    copy.major = major;
    copy.minor = minor;
    copy.mounted = mounted;
    copy.attributes = new TreeMap<>(attributes);
    return copy;
  }

  boolean isDirectory() {
    return type == Type.DIRECTORY;
  }
}
