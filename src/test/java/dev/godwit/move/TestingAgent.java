package dev.godwit.move;

import static org.junit.jupiter.api.Assumptions.abort;

import dev.godwit.demo.Lab;
import dev.godwit.demo.LabHost;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Exim and Sendmail as Debian packs them, on a lab's hosts; they cannot be installed beside
 * Postfix, so {@code scripts/debian.sh} keeps their packages, and each host unpacks them for
 * itself.
 *
 * <p>Mails to {@code probe} go into the mail folders that dovecot serves; those to {@code later}
 * too, after {@link #deliverAll}; those to other domains to {@link TestingRelay}.
 */
enum TestingAgent {
  EXIM("exim4-daemon-light", "/var/spool/exim4"),
  SENDMAIL("sendmail-bin", "/var/spool/mqueue");

  private static final Path PACKAGES = Path.of("/var/cache/godwit-tests");

  private final String debian;
  private final String queue;

  TestingAgent(String debian, String queue) {
    this.debian = debian;
    this.queue = queue;
  }

  /** As a plan has it. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Where its queue is. */
  String queue() {
    return queue;
  }

  /** Skips the test where the packages could not be had. */
  void assume() {
    if (!Files.exists(PACKAGES.resolve(debian).resolve("complete"))) {
      abort("%s is not in %s: ./verify, as root, downloads it".formatted(debian, PACKAGES));
    }
  }

  /**
   * Unpacks and configures it.
   *
   * @param number of its user and of its group there
   */
  void install(LabHost host, int number) throws IOException, InterruptedException {
    List<Path> packages;
    try (Stream<Path> files = Files.list(PACKAGES.resolve(debian))) {
      packages = files.filter(file -> file.toString().endsWith(".deb")).sorted().toList();
    }
    for (Path each : packages) {
      List<Process> processes =
          ProcessBuilder.startPipeline(
              List.of(
                  new ProcessBuilder("dpkg-deb", "--fsys-tarfile", each.toString()),
                  host.command(List.of("tar", "-x", "--keep-directory-symlink", "-C", "/"))));
      for (Process process : processes) {
        if (process.waitFor() != 0) {
          throw new IOException("%s cannot be unpacked".formatted(each));
        }
      }
    }
    String id = Integer.toString(number);
    switch (this) {
      case EXIM -> installExim(host, id);
      case SENDMAIL -> installSendmail(host, id);
    }
    deliverLater(host);
  }

  private static void installExim(LabHost host, String id) throws IOException {
    host.must("groupadd", "-g", id, "Debian-exim");
    host.must("useradd", "-u", id, "-g", id, "-d", "/var/spool/exim4", "Debian-exim");
    host.must("install", "-d", "-o", id, "-g", id, "-m", "750", "/var/spool/exim4");
    host.must("install", "-d", "-o", id, "-g", "adm", "-m", "2750", "/var/log/exim4");
    host.must("install", "-d", "-o", id, "-g", id, "/run/exim4");
    host.writeFile(
        "/etc/exim4/exim4.conf",
        """
        primary_hostname = mail.demo.example
        spool_directory = /var/spool/exim4
        log_file_path = /var/log/exim4/%%slog
        pid_file_path = /run/exim4/exim.pid
        daemon_smtp_ports = 25
        disable_ipv6
        smtp_accept_max = 200
        domainlist local_domains = demo.example
        acl_smtp_rcpt = accept
        host_lookup =
        rfc1413_query_timeout = 0s
        tls_advertise_hosts =
        never_users =
        keep_environment =
        begin routers
        wait:
          driver = redirect
          local_parts = later
          condition = ${if exists{/etc/deliver-later}}
          data = :defer: later
          allow_defer
        box:
          driver = accept
          domains = +local_domains
          local_parts = probe : later
          transport = box
        far:
          driver = manualroute
          domains = ! +local_domains
          route_list = * %s
          self = send
          transport = far
        begin transports
        box:
          driver = appendfile
          directory = /var/vmail/$local_part_data
          maildir_format
          user = 5000
          group = 5000
        far:
          driver = smtp
          port = %d
          hosts_try_chunking =
        begin retry
        * * F,1h,1s
        """
            .formatted(Lab.CLIENT_ADDRESS, TestingRelay.PORT));
    host.writeFile(
        "/usr/local/bin/lab-mta",
        """
        #!/bin/bash
        pid=$(cat /run/exim4/exim.pid 2>/dev/null)
        case $1 in
          start) exec exim4 -bd -q30m ;;
          stop) kill "$pid" ;;
          state) [ -n "$pid" ] && [ "$(cat /proc/$pid/comm 2>/dev/null)" = exim4 ] ;;
        esac
        """,
        "rwxr-xr-x");
  }

  private static void installSendmail(LabHost host, String id) throws IOException {
    host.must("groupadd", "-g", id, "smmsp");
    host.must("useradd", "-u", id, "-g", id, "-d", "/var/lib/sendmail", "smmta");
    host.must("install", "-d", "-o", id, "-g", id, "-m", "2750", "/var/spool/mqueue");
    host.must("mkdir", "-p", "/var/lib/sendmail", "/etc/mail");
    host.writeFile("/etc/mail/aliases", "");
    // It asks for its own whole name at its start, and waits for a minute where nobody knows one.
    host.writeFile("/etc/resolv.conf", "nameserver 127.0.0.1\n");
    String names = new String(host.readFile("/etc/hosts"), StandardCharsets.UTF_8);
    host.writeFile(
        "/etc/hosts",
        names.replace(
            " " + host.name() + "\n", " %1$s.demo.example %1$s\n".formatted(host.name())));
    host.writeFile(
        "/etc/mail/sendmail.mc",
        """
        divert(0)dnl
        VERSIONID(`lab')dnl
        OSTYPE(`linux')dnl
        define(`confDOMAIN_NAME', `mail.demo.example')dnl
        define(`confPID_FILE', `/run/sendmail.pid')dnl
        define(`STATUS_FILE', `/var/lib/sendmail/sendmail.st')dnl
        define(`QUEUE_DIR', `/var/spool/mqueue')dnl
        define(`confQUEUE_LA', `1000')dnl
        define(`confREFUSE_LA', `1000')dnl
        define(`confTRUSTED_USER', `smmta')dnl
        define(`confTO_IDENT', `0')dnl
        define(`LOCAL_MAILER_PATH', `/usr/local/bin/lab-deliver')dnl
        define(`LOCAL_MAILER_ARGS', `lab-deliver $u')dnl
        define(`SMART_HOST', `relay:[%s]')dnl
        define(`RELAY_MAILER_ARGS', `TCP $h %d')dnl
        FEATURE(`no_default_msa')dnl
        FEATURE(`nocanonify')dnl
        FEATURE(`accept_unresolvable_domains')dnl
        FEATURE(`promiscuous_relay')dnl
        DAEMON_OPTIONS(`Family=inet, Name=MTA, Port=25')dnl
        LOCAL_DOMAIN(`demo.example')dnl
        MAILER(`local')dnl
        MAILER(`smtp')dnl
        """
            .formatted(Lab.CLIENT_ADDRESS, TestingRelay.PORT));
    // The flag w would want an account for each mailbox.
    host.must(
        "bash",
        "-c",
        """
        cd /usr/share/sendmail/cf &&
        m4 -D_CF_DIR_=/usr/share/sendmail/cf/ m4/cf.m4 /etc/mail/sendmail.mc |
          sed '/^Mlocal/s/F=[^ ]*/F=lsDFM, U=5000:5000,/' >/etc/mail/sendmail.cf
        """);
    host.writeFile(
        "/usr/local/bin/lab-deliver",
        """
        #!/bin/bash
        [ "$1" = later ] && [ -e /etc/deliver-later ] && exit 75
        mkdir -p /var/vmail/$1/{new,cur,tmp}
        name=$(date +%s%N).$$
        cat >/var/vmail/$1/tmp/$name && mv /var/vmail/$1/{tmp,new}/$name
        """,
        "rwxr-xr-x");
    host.writeFile(
        "/usr/local/bin/lab-mta",
        """
        #!/bin/bash
        pid=$(pgrep -xf 'sendmail: (accepting|rejecting) connections.*')
        case $1 in
          start) exec /usr/libexec/sendmail/sendmail -bd -q30m ;;
          stop) kill $pid ;;
          state) [ -n "$pid" ] ;;
        esac
        """,
        "rwxr-xr-x");
  }

  void start(LabHost host) throws IOException {
    host.must("lab-mta", "start");
  }

  /** A service for a plan, to be put after the others. */
  String service() {
    return """
      - name: mta
        start: [/usr/local/bin/lab-mta, start]
        stop: [/usr/local/bin/lab-mta, stop]
        state: [/usr/local/bin/lab-mta, state]
        ports: [25]
        queue: %s
        client-address: transparent
        after: [dovecot]
        check: { smtp: 25 }
    """
        .formatted(word());
  }

  /** As many mails as it counts itself in its queue. */
  int queued(LabHost host) throws IOException {
    return switch (this) {
      case EXIM -> Integer.parseInt(host.must("exim4", "-bpc").strip());
      case SENDMAIL ->
          host.must("/usr/libexec/sendmail/sendmail", "-bp")
              .lines()
              .filter(line -> line.contains("Total requests: "))
              .mapToInt(line -> Integer.parseInt(line.substring(line.lastIndexOf(' ') + 1)))
              .findFirst()
              .orElseThrow();
    };
  }

  void deliverLater(LabHost host) throws IOException {
    host.writeFile("/etc/deliver-later", "");
  }

  void deliverAll(LabHost host) throws IOException {
    host.must("rm", "-f", "/etc/deliver-later");
    switch (this) {
      case EXIM -> host.must("exim4", "-qff");
      case SENDMAIL -> host.must("/usr/libexec/sendmail/sendmail", "-q", "-v");
    }
  }
}
