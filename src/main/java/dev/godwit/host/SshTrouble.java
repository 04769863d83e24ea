package dev.godwit.host;

import java.util.stream.Collectors;

/** From what ssh said to what a person can do about it. */
final class SshTrouble {
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
   * What helps against ssh's most frequent complaints.
   *
   * @param words ssh's standard error; may be empty
   * @param call the remote shell, its arguments and the host, as a person types it
   * @return one or two sentences, or nothing
   */
  static String advice(String words, String call) {
    String byHand = "`" + call + "`";
    if (words.contains("REMOTE HOST IDENTIFICATION HAS CHANGED")) {
      return "The host shows another key than it used to. Find out why before anything else; if it"
          + " was installed anew, remove the old key with `ssh-keygen -R`.";
    }
    if (words.contains("Host key verification failed")) {
      return "Its host key is not known here: run " + byHand + " once and compare the fingerprint.";
    }
    if (words.contains("Permission denied") || words.contains("Too many authentication failures")) {
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
