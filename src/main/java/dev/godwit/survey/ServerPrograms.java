package dev.godwit.survey;

import java.util.LinkedHashMap;
import java.util.Map;

/** Which of the servers whose configuration is known a program belongs to. */
public final class ServerPrograms {
  /** By which part of its path a program is known; the first that fits. */
  private static final Map<String, String> SERVERS = new LinkedHashMap<>();

  static {
    SERVERS.put("/nginx", "nginx");
    SERVERS.put("/apache2", "apache");
    SERVERS.put("/httpd", "apache");
    SERVERS.put("/dovecot", "dovecot");
    SERVERS.put("/postfix/", "postfix");
    SERVERS.put("/exim", "exim");
    SERVERS.put("/sendmail", "sendmail");
    SERVERS.put("/mariadbd", "mariadb");
    SERVERS.put("/mysqld", "mariadb");
    SERVERS.put("/postgres", "postgresql");
    SERVERS.put("/redis-server", "redis");
    SERVERS.put("/valkey-server", "redis");
    SERVERS.put("/mongod", "mongodb");
    SERVERS.put("/haproxy", "haproxy");
    SERVERS.put("/vsftpd", "vsftpd");
    SERVERS.put("/smbd", "samba");
  }

  private ServerPrograms() {}

  /**
   * The server's name as {@link Settings.Mention#server} has it; empty for another program.
   *
   * @param program the path of its file
   */
  public static String server(String program) {
    for (Map.Entry<String, String> each : SERVERS.entrySet()) {
      if (program.contains(each.getKey())) {
        return each.getValue();
      }
    }
    return "";
  }

  /**
   * Whether packages call the script that starts the server so.
   *
   * @param script the last part of its path
   * @param server as {@link #server} has it
   */
  public static boolean isScriptOf(String script, String server) {
    return !server.isEmpty()
        && (script.equals(server)
            || switch (server) {
              case "apache" -> script.equals("apache2") || script.equals("httpd");
              case "exim" -> script.equals("exim4");
              case "mariadb" -> script.equals("mysql") || script.equals("mysqld");
              case "mongodb" -> script.equals("mongod");
              case "redis" -> script.equals("redis-server") || script.equals("valkey-server");
              case "samba" -> script.equals("smbd") || script.equals("smb");
              default -> false;
            });
  }
}
