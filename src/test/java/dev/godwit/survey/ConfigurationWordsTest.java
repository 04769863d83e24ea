package dev.godwit.survey;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.survey.Settings.Mention;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What lines of well-known configuration files name. */
final class ConfigurationWordsTest {
  private static List<String> read(String server, String text) {
    ConfigurationWords.Server known =
        ConfigurationWords.SERVERS.stream()
            .filter(each -> each.name().equals(server))
            .findFirst()
            .orElseThrow();
    return ConfigurationWords.mentions(known, "/f", text).stream()
        .map(ConfigurationWordsTest::text)
        .toList();
  }

  private static String text(Mention mention) {
    return mention.line() + " " + mention.kind() + " " + mention.value();
  }

  @Test
  void nginx() {
    assertThat(
            read(
                "nginx",
                """
                # root /not/this;
                server { listen 10.0.0.1:80 default_server; server_name www.example.org example.org;
                  root "/srv/www"; location /x { alias /srv/x/; }
                  ssl_certificate /etc/ssl/a.pem; ssl_certificate_key /etc/ssl/a.key;
                  root /home/$user/public;
                """))
        .containsExactly(
            "2 LISTEN 10.0.0.1:80",
            "2 LISTEN default_server",
            "2 NAME www.example.org",
            "2 NAME example.org",
            "3 DATA /srv/www",
            "3 DATA /srv/x",
            "4 CERTIFICATE /etc/ssl/a.pem",
            "5 DATA /home");
  }

  @Test
  void a_path_in_quotes_goes_on_behind_a_blank() {
    assertThat(
            read(
                "nginx",
                """
                root "/srv/my site/htdocs/";
                alias '/srv/other site';
                root "/srv/site $host/x";
                root '/srv/"a"';
                root /srv/plain;
                """))
        .containsExactly(
            "1 DATA /srv/my site/htdocs",
            "2 DATA /srv/other site",
            "3 DATA /srv",
            "4 DATA /srv/\"a\"",
            "5 DATA /srv/plain");
    assertThat(
            read("dovecot", "args = \"uid=vmail home=/var/vmail/%u\"\nmail_path = \"/srv/a b\"\n"))
        .containsExactly("1 DATA /var/vmail", "2 DATA /srv/a b");
    assertThat(read("apache", "SSLCertificateFile \"/etc/my certs/a.pem\"\n"))
        .containsExactly("1 CERTIFICATE /etc/my certs/a.pem");
  }

  @Test
  void what_is_spread_over_lines_is_one_statement_where_the_server_takes_it_so() {
    assertThat(
            read(
                "nginx",
                """
                server {
                  server_name example.org # the first
                    www.example.org
                    ;
                  root
                    /srv/www;
                  alias /srv/a; }
                """))
        .containsExactly(
            "2 NAME example.org", "2 NAME www.example.org", "5 DATA /srv/www", "7 DATA /srv/a");
    assertThat(
            read(
                "postfix",
                """
                virtual_mailbox_domains =
                # those of the shop
                  shop.example.org

                  example.org
                myhostname = mail.example.org
                """))
        .containsExactly(
            "1 NAME shop.example.org", "1 NAME example.org", "6 NAME mail.example.org");
    assertThat(read("apache", "ServerAlias a.example.org \\\n  b.example.org\nDocumentRoot /srv\n"))
        .containsExactly("1 NAME a.example.org", "1 NAME b.example.org", "3 DATA /srv");
  }

  @Test
  void dovecot() {
    assertThat(
            read(
                "dovecot",
                """
                mail_location = maildir:/var/vmail/%d/%n
                #mail_location = mbox:~/mail
                userdb {
                  args = uid=vmail gid=vmail home=/var/vmail/%d/%n
                }
                ssl_cert = </etc/dovecot/private/dovecot.pem
                inet_listener imap {
                  address = 10.0.0.1
                """))
        .containsExactly(
            "1 DATA /var/vmail",
            "4 DATA /var/vmail",
            "6 CERTIFICATE /etc/dovecot/private/dovecot.pem",
            "8 LISTEN 10.0.0.1");
  }

  @Test
  void postfix_apache_and_mariadb() {
    assertThat(
            read(
                "postfix",
                "myhostname = mail.example.org\nqueue_directory = /var/spool/postfix\n"
                    + "smtpd_tls_chain_files = /etc/k.pem, /etc/c.pem\nmydestination = $myhostname, a.org\n"))
        .containsExactly(
            "1 NAME mail.example.org",
            "2 DATA /var/spool/postfix",
            "3 CERTIFICATE /etc/k.pem",
            "4 NAME $myhostname",
            "4 NAME a.org");
    assertThat(read("apache", "<VirtualHost 10.0.0.1:443>\n DocumentRoot \"/srv/a\"\n"))
        .containsExactly("1 LISTEN 10.0.0.1:443", "2 DATA /srv/a");
    assertThat(read("mariadb", "[mysqld]\ndatadir\t\t= /var/lib/mysql\nbind-address=127.0.0.1\n"))
        .containsExactly("2 DATA /var/lib/mysql", "3 LISTEN 127.0.0.1");
  }

  @Test
  void includes_are_named_as_they_stand() {
    ConfigurationWords.Server nginx = ConfigurationWords.SERVERS.getFirst();
    assertThat(
            ConfigurationWords.included(
                nginx, "include conf.d/*.conf;\n# include no.conf;\nhttp { include /x/y; }"))
        .containsExactly("conf.d/*.conf", "/x/y");
  }
}
