package dev.godwit.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/**
 * What runs on the lab's hosts: sshd on both; nginx, dovecot and the notes application on old, and
 * installed with the same configuration, but stopped, on new.
 *
 * <p>There is no systemd in the lab. Each service has a script {@code lab-NAME start|stop|state}:
 * start returns when it answers, stop when no process of it is left, state exits 0 or 3.
 */
public final class LabServices {
  /** Password of every mail user of the lab. */
  public static final String PASSWORD = "demo";

  public static final int WEB_PORT = 80;
  public static final int NOTES_PORT = 8080;
  public static final int IMAP_PORT = 143;

  private static final int VMAIL_ID = 5000;

  private final Lab lab;
  private final boolean web;
  private final boolean mail;

  /** Looks which servers are installed on the machine, and so on the hosts. */
  public LabServices(Lab lab) {
    this(lab, Programs.isInstalled("nginx"), Programs.isInstalled("dovecot"));
  }

  LabServices(Lab lab, boolean web, boolean mail) {
    this.lab = lab;
    this.web = web;
    this.mail = mail;
  }

  /** nginx is there; without it the notes application serves the pages too. */
  public boolean hasWeb() {
    return web;
  }

  /** dovecot is there. */
  public boolean hasMail() {
    return mail;
  }

  /** The port that pages are got from. */
  public int pagePort() {
    return web ? WEB_PORT : NOTES_PORT;
  }

  /** The services' names, in start order. */
  public List<String> names() {
    List<String> names = new ArrayList<>();
    if (mail) {
      names.add("dovecot");
    }
    if (web) {
      names.add("nginx");
    }
    names.add("app");
    return names;
  }

  /** An argument list for a plan: {@code start}, {@code stop} or {@code state} of a service. */
  public static List<String> argv(String service, String verb) {
    return List.of("/usr/local/sbin/lab-" + service, verb);
  }

  /** Writes configuration, keys and scripts on both hosts and starts sshd on both. */
  public void install() throws IOException {
    for (LabHost host : List.of(lab.old(), lab.neu())) {
      installOn(host);
    }
    String oldKey = hostKey(lab.old());
    String newKey = hostKey(lab.neu());
    String known = "old,10.103.0.2,fd67::2 " + oldKey + "new,10.103.0.3,fd67::3 " + newKey;
    lab.old().must("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/root/.ssh/id_ed25519");
    String key = new String(lab.old().readFile("/root/.ssh/id_ed25519"));
    String publicKey = new String(lab.old().readFile("/root/.ssh/id_ed25519.pub"));
    // The client too: a move may be steered from a third host.
    for (LabHost host : List.of(lab.old(), lab.neu(), lab.client())) {
      // A shell that sshd starts reads this one, and what this machine's does is none of the lab's.
      host.writeFile("/root/.bashrc", "");
      host.writeFile("/root/.ssh/id_ed25519", key, "rw-------");
      host.writeFile("/root/.ssh/known_hosts", known);
      host.writeFile(
          "/root/.ssh/config",
          "Host *\n  StrictHostKeyChecking yes\n  BatchMode yes\n",
          "rw-------");
    }
    for (LabHost host : List.of(lab.old(), lab.neu())) {
      host.writeFile("/root/.ssh/authorized_keys", publicKey, "rw-------");
      host.must("/usr/sbin/sshd", "-f", "/etc/ssh/sshd_config");
    }
  }

  /** Starts every service on a host, in order. */
  public void start(LabHost host) throws IOException {
    for (String name : names()) {
      host.must(argv(name, "start").toArray(String[]::new));
    }
  }

  /** Stops every service on a host, in the opposite order. */
  public void stop(LabHost host) throws IOException {
    for (String name : names().reversed()) {
      host.must(argv(name, "stop").toArray(String[]::new));
    }
  }

  private void installOn(LabHost host) throws IOException {
    host.appendFile(
        "/etc/passwd", "vmail:x:%1$d:%1$d::/var/vmail:/usr/sbin/nologin%n".formatted(VMAIL_ID));
    host.appendFile("/etc/group", "vmail:x:%d:%n".formatted(VMAIL_ID));
    // A locked password keeps sshd from letting root in, even by key.
    host.must("usermod", "-p", "*", "root");
    host.writeFile(
        "/etc/ssh/sshd_config",
        Programs.resource("sshd_config").replace("@JAVA_HOME@", System.getProperty("java.home")));
    host.must("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/etc/ssh/lab_host_ed25519_key");
    Files.createDirectories(host.path("/run/sshd"));
    host.writeFile("/usr/local/lib/lab-functions", Programs.resource("lab-functions"));
    String java = System.getProperty("java.home") + "/bin/java";
    script(
        host,
        "lab-app",
        Programs.resource("lab-app")
            .replace("@JAVA@", java)
            .replace("@CLASSPATH@", Programs.codeSource().toString()));
    if (web) {
      host.writeFile("/etc/nginx/nginx.conf", Programs.resource("nginx.conf"));
      host.must("rm", "-rf", "/var/log/nginx");
      Files.createDirectories(host.path("/var/log/nginx"));
      script(host, "lab-nginx", Programs.resource("lab-nginx"));
    }
    if (mail) {
      host.writeFile("/etc/dovecot/dovecot.conf", Programs.resource("dovecot.conf"));
      StringBuilder users = new StringBuilder();
      for (String user : MailUsers.ALL) {
        users.append(user).append(":{PLAIN}").append(PASSWORD).append(":::::\n");
      }
      host.writeFile("/etc/dovecot/users", users.toString());
      host.writeFile("/root/probe.secret", PASSWORD + "\n", "rw-------");
      host.must("chown", "vmail:vmail", "/var/vmail");
      script(host, "lab-dovecot", Programs.resource("lab-dovecot"));
    }
  }

  private static void script(LabHost host, String name, String content) throws IOException {
    host.writeFile("/usr/local/sbin/" + name, content, "rwxr-xr-x");
  }

  private static String hostKey(LabHost host) throws IOException {
    return new String(host.readFile("/etc/ssh/lab_host_ed25519_key.pub"));
  }
}
