package dev.godwit.sync.differential;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** Makes a tree on a disk, or says which commands would. */
final class TreeWriter {
  private TreeWriter() {}

  /** Makes the tree below an existing directory, as root. */
  static void write(String root, Tree tree) {
    Map<Node, String> first = new IdentityHashMap<>();
    List<String> directories = new ArrayList<>();
    tree.nodes()
        .forEach(
            (name, node) -> {
              String path = root + "/" + name;
              String other = first.putIfAbsent(node, path);
              if (other != null) {
                Posix.hardLink(other, path);
                return;
              }
              create(path, node);
              if (node.isDirectory()) {
                directories.add(name);
              } else {
                dress(path, node);
              }
            });
    // Last and from below: what is made in a directory changes its time.
    for (String name : directories.reversed()) {
      Node node = tree.get(name);
      if (node != null) {
        dress(root + "/" + name, node);
      }
    }
  }

  private static void create(String path, Node node) {
    switch (node.type) {
      case FILE -> Posix.write(path, node.content.bytes(), node.content.sparse());
      case DIRECTORY -> {
        Posix.makeDirectory(path);
        if (node.mounted) {
          Posix.mountMemory(path);
        }
      }
      case LINK -> Posix.makeLink(path, node.text);
      case FIFO, SOCKET, CHARACTER, BLOCK ->
          Posix.makeNode(path, node.type.bits, node.major, node.minor);
    }
  }

  private static void dress(String path, Node node) {
    Posix.setOwner(path, node.uid, node.gid);
    if (node.type != Node.Type.LINK) {
      Posix.setMode(path, node.mode);
    }
    node.attributes.forEach((name, value) -> Posix.setAttribute(path, name, value));
    Posix.setTimes(path, node.atime, node.mtime);
  }

  /** What a person types, in an empty directory, as root. */
  static List<String> commands(Tree tree) {
    List<String> commands = new ArrayList<>();
    List<String> last = new ArrayList<>();
    Map<Node, String> first = new IdentityHashMap<>();
    tree.nodes()
        .forEach(
            (name, node) -> {
              String path = Shell.word(name);
              String other = first.putIfAbsent(node, path);
              if (other != null) {
                commands.add("ln -P " + other + " " + path);
                return;
              }
              commands.addAll(createCommands(path, node));
              List<String> dress = dressCommands(path, node);
              if (node.isDirectory()) {
                last.addAll(0, dress);
              } else {
                commands.addAll(dress);
              }
            });
    commands.addAll(last);
    return commands;
  }

  private static List<String> createCommands(String path, Node node) {
    return switch (node.type) {
      case FILE -> node.content.commands(path);
      case DIRECTORY ->
          node.mounted
              ? List.of("mkdir " + path, "mount -t tmpfs tmpfs " + path)
              : List.of("mkdir " + path);
      case LINK -> List.of("ln -s " + Shell.word(node.text) + " " + path);
      case FIFO -> List.of("mkfifo " + path);
      case SOCKET ->
          List.of(
              "perl -MSocket -e 'socket S,AF_UNIX,SOCK_STREAM,0;bind S,sockaddr_un shift' " + path);
      case CHARACTER -> List.of("mknod " + path + " c " + node.major + " " + node.minor);
      case BLOCK -> List.of("mknod " + path + " b " + node.major + " " + node.minor);
    };
  }

  private static List<String> dressCommands(String path, Node node) {
    List<String> commands = new ArrayList<>();
    if (node.uid != 0 || node.gid != 0) {
      commands.add("chown -h " + node.uid + ":" + node.gid + " " + path);
    }
    if (node.type != Node.Type.LINK) {
      commands.add("chmod " + Integer.toOctalString(node.mode) + " " + path);
    }
    node.attributes.forEach(
        (name, value) ->
            commands.add(
                "setfattr -h -n "
                    + name
                    + (value.length == 0 ? "" : " -v 0x" + HexFormat.of().formatHex(value))
                    + " "
                    + path));
    if (!node.atime.equals(node.mtime)) {
      commands.add("touch -h -a -d " + node.atime + " " + path);
      commands.add("touch -h -m -d " + node.mtime + " " + path);
    } else {
      commands.add("touch -h -d " + node.mtime + " " + path);
    }
    return commands;
  }
}
