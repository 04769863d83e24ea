package dev.godwit.host;

import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** From what ssh said to what a person can do about it. */
final class SshTrouble {
  /** sudo(8), doas(1), each without a terminal. */
  private static final Pattern NOT_ALLOWED =
      Pattern.compile(
          "(?m)^Sorry, user \\S+ is not allowed to execute|^sudo: a (password|terminal) is required"
              + "|^doas: (Operation not permitted|Authentication required|a tty is required)");

  private SshTrouble() {}

  /**
   * Without the frame of at-signs that ssh puts round its loudest warnings, and that would be most
   * of one line.
   *
   * @param words lines of ssh's standard error
   */
  static String unframed(String words) {
    return words
        .lines()
        .filter(line -> !line.matches("@+\\s*"))
        .map(line -> line.replaceAll("^@\\s+(.*?)\\s+@\\s*$", "$1"))
        .collect(Collectors.joining("\n"));
  }

  /**
   * Whether sudo or doas, which was to start the agent, does not let this user do that; it may let
   * them start something else.
   *
   * @param words the standard error
   */
  static boolean isNotAllowed(String words) {
    return NOT_ALLOWED.matcher(words).find() && !words.contains("Permission denied");
  }

  /**
   * What helps against ssh's most frequent complaints.
   *
   * @param words ssh's standard error; may be empty
   * @param call the remote shell, its arguments and the host, as a person types it
   * @param isAttended whether ssh could ask for a password
   * @return one or two sentences, or nothing
   */
  static String advice(String words, String call, boolean isAttended) {
    String byHand = "`" + call + "`";
    if (words.contains("REMOTE HOST IDENTIFICATION HAS CHANGED")) {
      return "The host shows another key than it used to. Find out why before anything else; if it"
          + " was installed anew, remove the old key with `ssh-keygen -R`.";
    }
    if (words.contains("Host key verification failed")) {
      return "Its host key is not known here: run " + byHand + " once and compare the fingerprint.";
    }
    if (words.contains("Permission denied") || words.contains("Too many authentication failures")) {
      if (isAttended) {
        return "None of the keys that ssh has, and no password that was typed, is accepted there for"
            + " this user: "
            + byHand
            + " must work first.";
      }
      return "Godwit cannot answer questions: "
          + byHand
          + " must work without a password (by a key in ssh-agent, or one that ssh is given with"
          + " `-i FILE`).";
    }
    if (words.contains("Could not resolve hostname")) {
      return "Check the name, or give an address.";
    }
    if (words.contains("Connection refused")) {
      return "Check that sshd runs there and on which port (ssh takes another with `-p PORT`).";
    }
    if (words.contains("timed out")
        || words.contains("No route to host")
        || words.contains("Network is unreachable")) {
      return "Check the address, the way there and its packet filter.";
    }
    return "Try " + byHand + ".";
  }
}
