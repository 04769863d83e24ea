package dev.godwit.service;

import dev.godwit.host.Processes;
import dev.godwit.linux.Accounts;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Names;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Whom a unit runs as, as this host knows the names. */
final class StagedOwner {
  private final Accounts.@Nullable User user;
  private final int gid;
  private final Set<Integer> groups;

  private StagedOwner(Accounts.@Nullable User user, int gid, Set<Integer> groups) {
    this.user = user;
    this.gid = gid;
    this.groups = groups;
  }

  /**
   * Looks the names up.
   *
   * @throws ServiceException when there is no such user or group
   */
  static StagedOwner of(StagedUnit.Owner owner) throws IOException {
    Accounts.User user = owner.user().isEmpty() ? null : user(owner.user());
    int gid = owner.group().isEmpty() ? user == null ? 0 : user.gid() : group(owner.group());
    Set<Integer> groups = new LinkedHashSet<>();
    groups.add(gid);
    if (user != null) {
      for (int each : Accounts.groupsOf(user)) {
        groups.add(each);
      }
    }
    for (String each : owner.groups()) {
      groups.add(group(each));
    }
    return new StagedOwner(user, gid, groups);
  }

  private static Accounts.User user(String name) throws IOException {
    Accounts.User found =
        name.matches("[0-9]+") ? Accounts.user(Integer.parseInt(name)) : Accounts.user(name);
    if (found == null) {
      throw new ServiceException("there is no user " + name);
    }
    return found;
  }

  private static int group(String name) throws IOException {
    if (name.matches("[0-9]+")) {
      return Integer.parseInt(name);
    }
    Accounts.Group found = Accounts.group(name);
    if (found == null) {
      throw new ServiceException("there is no group " + name);
    }
    return found.gid();
  }

  private boolean isRoot() {
    return (user == null || user.uid() == 0) && gid == 0 && groups.size() == 1;
  }

  /** What runs the program after it as this user; nothing for root. */
  List<String> become(List<String> capabilities) throws IOException {
    if (isRoot()) {
      return List.of();
    }
    // By its path: the unit may have a PATH of its own.
    List<String> argv = new ArrayList<>(List.of(Processes.find("setpriv").toString()));
    if (user != null) {
      argv.add("--reuid=" + user.uid());
    }
    argv.add("--regid=" + gid);
    argv.add("--groups=" + groups.stream().map(String::valueOf).collect(Collectors.joining(",")));
    if (!capabilities.isEmpty() && user != null && user.uid() != 0) {
      argv.add("--inh-caps=" + String.join(",", capabilities));
      argv.add("--ambient-caps=" + String.join(",", capabilities));
    }
    return argv;
  }

  /** What systemd.exec(5) says that a service with a user has. */
  Map<String, String> variables() {
    if (user == null) {
      return Map.of();
    }
    Map<String, String> variables = new HashMap<>();
    variables.put("USER", user.name());
    variables.put("LOGNAME", user.name());
    variables.put("HOME", home());
    return variables;
  }

  String home() {
    return user == null || user.uid() == 0 ? "/root" : user.home();
  }

  /** Makes a directory this user's. */
  void give(Path directory, int mode) throws IOException {
    try (DirectoryHandle handle = DirectoryHandle.open(Names.of(directory.toString()))) {
      handle.setOwner(user == null ? 0 : user.uid(), gid);
      handle.setPermissions(mode);
    }
  }
}
