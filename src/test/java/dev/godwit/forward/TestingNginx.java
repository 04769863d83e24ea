package dev.godwit.forward;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** An nginx of a test's own: its directory, its ports, its namespace. */
public final class TestingNginx implements AutoCloseable {
  public static final String REQUEST = "GET /%d HTTP/1.0\r\n\r\n";

  private final TestingNamespace namespace;
  private final Path directory;
  public final Path configuration;

  /** Ports 8080 without, 8081 and 8082 with a PROXY header if it is called {@code new}. */
  public TestingNginx(TestingNamespace namespace, Path directory, String name) throws IOException {
    this.namespace = namespace;
    this.directory = Files.createDirectories(directory);
    configuration = directory.resolve("nginx.conf");
    String proxy = name.equals("new") ? " proxy_protocol" : "";
    String client = name.equals("new") ? "$proxy_protocol_addr" : "$remote_addr";
    String text =
        """
        pid DIR/nginx.pid;
        error_log DIR/error.log;
        worker_processes 1;
        events { worker_connections 4096; }
        http {
          client_body_temp_path DIR/body;
          proxy_temp_path DIR/proxy;
          fastcgi_temp_path DIR/fastcgi;
          uwsgi_temp_path DIR/uwsgi;
          scgi_temp_path DIR/scgi;
          log_format direct '$server_port $remote_addr $request';
          log_format carried '$server_port CLIENT $request';
          server {
            listen 8080; listen [::]:8080;
            access_log DIR/access.log direct;
            location / { return 200 "NAME\\n"; }
          }
          server {
            listen 8081PROXY; listen [::]:8081PROXY; listen 8082PROXY; listen [::]:8082PROXY;
            access_log DIR/access.log carried;
            location / { return 200 "NAME\\n"; }
          }
        }
        """
            .replace("DIR", directory.toString())
            .replace("NAME", name)
            .replace("CLIENT", client)
            .replace("PROXY", proxy);
    Files.writeString(configuration, text);
  }

  public void start() throws IOException, InterruptedException {
    TestingNamespace.command(
        namespace
            .inside("/usr/sbin/nginx", "-p", directory.toString(), "-c", configuration.toString())
            .toArray(String[]::new));
  }

  /** Lets requests end, closes the listeners, and returns when the process is gone. */
  public void quit() throws IOException, InterruptedException {
    String pid = Files.readString(directory.resolve("nginx.pid")).strip();
    TestingService.end("QUIT", Long.parseLong(pid));
  }

  public List<String> log() throws IOException {
    return Files.readAllLines(directory.resolve("access.log"));
  }

  @Override
  public void close() throws Exception {
    if (Files.exists(directory.resolve("nginx.pid"))) {
      quit();
    }
  }
}
