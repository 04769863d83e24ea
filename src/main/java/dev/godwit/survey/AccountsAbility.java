package dev.godwit.survey;

import dev.godwit.host.Ability;
import dev.godwit.host.Processes;
import dev.godwit.host.Processes.Outcome;
import dev.godwit.wire.Channel;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Creates users and groups, for {@code check --fix}: the one thing in this room that changes
 * something. A user gets no password and no home directory; the groups of its own and no other.
 */
public final class AccountsAbility implements Ability {
  static final String NAME = "accounts.create";

  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** What useradd(8) takes everywhere; it begins with no hyphen, so it is no option. */
  private static final Pattern ACCOUNT = Pattern.compile("[a-z_][a-z0-9_.-]{0,31}\\$?");

  private static final Pattern PATH = Pattern.compile("(/[^:\\n]*)?");

  /**
   * What is to be made, groups first.
   *
   * @param users with the number of their group, home and shell
   */
  public record Wanted(List<Known.NumberedName> groups, List<Tree.Owner> users) {
    public Wanted {
      groups = List.copyOf(groups);
      users = List.copyOf(users);
    }
  }

  /** What was done, a line each. */
  public record Done(List<String> lines) {
    public Done {
      lines = List.copyOf(lines);
    }
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException, InterruptedException {
    Wanted wanted = RecordCodec.decode(Wanted.class, SurveyClient.joined(channel));
    List<String> lines = new ArrayList<>();
    for (Known.NumberedName group : wanted.groups()) {
      run(
          List.of("groupadd", "--gid", number(group.number()), account(group.name())),
          "group " + group.name());
      lines.add("created group %s (%d)".formatted(group.name(), group.number()));
    }
    for (Tree.Owner user : wanted.users()) {
      run(useradd(user), "user " + user.name());
      lines.add("created user %s (%d)".formatted(user.name(), user.number()));
    }
    channel.send(RecordCodec.encode(new Done(lines)));
  }

  static List<String> useradd(Tree.Owner user) throws WireException {
    List<String> argv = new ArrayList<>();
    argv.addAll(List.of("useradd", "--uid", number(user.number()), "--no-create-home"));
    if (user.group() >= 0) {
      argv.addAll(List.of("--gid", number(user.group())));
    } else {
      argv.add("--no-user-group");
    }
    if (!user.home().isEmpty()) {
      argv.addAll(List.of("--home-dir", path(user.home())));
    }
    argv.addAll(
        List.of("--shell", user.shell().isEmpty() ? "/usr/sbin/nologin" : path(user.shell())));
    argv.add(account(user.name()));
    return argv;
  }

  private static void run(List<String> argv, String what) throws IOException, InterruptedException {
    Outcome outcome = Processes.run(argv, LIMIT);
    if (!outcome.isSuccess()) {
      throw new IOException(
          "%s cannot be created: %s said: %s".formatted(what, argv.getFirst(), outcome.said()));
    }
  }

  private static String number(long number) throws WireException {
    if (number <= 0 || number > 0xfffffffeL) {
      throw new WireException("malformed message: the number " + number);
    }
    return Long.toString(number);
  }

  private static String account(String name) throws WireException {
    if (!ACCOUNT.matcher(name).matches()) {
      throw new WireException("the name " + name + " cannot be created");
    }
    return name;
  }

  private static String path(String path) throws WireException {
    if (!PATH.matcher(path).matches()) {
      throw new WireException("malformed message: the path " + path);
    }
    return path;
  }
}
