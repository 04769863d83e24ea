package dev.godwit.host;

import dev.godwit.wire.Printable;
import java.util.ArrayList;
import java.util.List;

/** The argument list that the system's ssh is started with. */
final class SshArguments {
  /**
   * Options that the user may give: those that say how to reach the host and who one is. The others
   * would change what runs there, or forward what must not be (H78).
   */
  private static final String WITHOUT_VALUE = "46CvqakKxT";

  private static final String WITH_VALUE = "BbcEFIiJlmopS";

  /**
   * What Godwit needs whatever the user's configuration says. ssh takes the first value it meets,
   * so these stand first.
   */
  private static final List<String> REQUIRED =
      List.of(
          "ForwardAgent=no",
          "ForwardX11=no",
          // Also of the configuration: a port taken by another session must not end this one.
          "ClearAllForwardings=yes",
          "PermitLocalCommand=no",
          "RemoteCommand=none",
          "RequestTTY=no",
          "EscapeChar=none",
          // A master would stay behind with our pipes; one that is there already is used.
          "ControlMaster=no");

  /** No questions: nobody is there to answer, and an unknown host key is not accepted. */
  private static final String UNATTENDED = "BatchMode=yes";

  /** What the user's own arguments may say otherwise; the configuration may not. */
  private static final List<String> PREFERRED =
      List.of("ServerAliveInterval=5", "ServerAliveCountMax=3", "ConnectTimeout=20");

  private SshArguments() {}

  /**
   * @param extra the user's own arguments, each option in one or two elements as ssh takes them
   * @throws HostException when one of them is not allowed
   */
  static List<String> of(SshDestination destination, List<String> extra, String command)
      throws HostException {
    return of("ssh", destination, extra, command, false);
  }

  /**
   * @param program ssh itself, by its name or its path
   * @param isAttended as {@link SshOptions#isAttended}
   */
  static List<String> of(
      String program,
      SshDestination destination,
      List<String> extra,
      String command,
      boolean isAttended)
      throws HostException {
    check(extra);
    List<String> argv = new ArrayList<>();
    argv.add(program);
    argv.add("-T");
    if (!isAttended) {
      argv.add("-o");
      argv.add(UNATTENDED);
    }
    for (String option : REQUIRED) {
      argv.add("-o");
      argv.add(option);
    }
    argv.addAll(extra);
    for (String option : PREFERRED) {
      argv.add("-o");
      argv.add(option);
    }
    argv.add("--");
    argv.add(destination.text());
    argv.add(command);
    return argv;
  }

  /**
   * The argument list of another remote shell, which takes what rsh(1) takes: {@code [-l USER] HOST
   * COMMAND}.
   *
   * @param shell the program and its own arguments
   */
  static List<String> ofShell(List<String> shell, SshDestination destination, String command) {
    List<String> argv = new ArrayList<>(shell);
    String text = destination.text();
    int userEnd = text.lastIndexOf('@');
    if (userEnd >= 0) {
      argv.add("-l");
      argv.add(text.substring(0, userEnd));
    }
    argv.add(text.substring(userEnd + 1));
    argv.add(command);
    return argv;
  }

  /** Without this an argument that is no option would become the destination. */
  private static void check(List<String> extra) throws HostException {
    for (int i = 0; i < extra.size(); i++) {
      String argument = extra.get(i);
      if (argument.length() < 2 || argument.charAt(0) != '-') {
        throw refused(argument, "it is no option of ssh");
      }
      int at = 1;
      while (at < argument.length() && WITHOUT_VALUE.indexOf(argument.charAt(at)) >= 0) {
        at++;
      }
      if (at == argument.length()) {
        continue;
      }
      if (WITH_VALUE.indexOf(argument.charAt(at)) < 0) {
        throw refused(argument, "only options that say how to reach a host are");
      }
      if (at + 1 == argument.length() && ++i == extra.size()) {
        throw refused(argument, "its value is missing");
      }
    }
  }

  private static HostException refused(String argument, String why) {
    return new HostException(
        "The extra argument '"
            + Printable.line(argument, 100)
            + "' for ssh is not allowed: "
            + why
            + ". Allowed are -"
            + String.join(" -", WITHOUT_VALUE.split(""))
            + " and, with a value, -"
            + String.join(" -", WITH_VALUE.split(""))
            + ".");
  }
}
