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
    this(namespace, directory, name, 1, "");
  }

  /** With two processes that work, each with sockets of its own for port 8080 (SO_REUSEPORT). */
  public static TestingNginx withSocketsForEach(
      TestingNamespace namespace, Path directory, String name) throws IOException {
    return new TestingNginx(namespace, directory, name, 2, " reuseport");
  }

  private TestingNginx(
      TestingNamespace namespace, Path directory, String name, int workers, String shared)
      throws IOException {
    this.namespace = namespace;
    this.directory = Files.createDirectories(directory);
    configuration = directory.resolve("nginx.conf");
    String proxy = name.equals("new") ? " proxy_protocol" : "";
    String client = name.equals("new") ? "$proxy_protocol_addr" : "$remote_addr";
    String text =
        """
        pid DIR/nginx.pid;
        error_log DIR/error.log;
        worker_processes WORKERS;
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
            listen 8080SHARED; listen [::]:8080SHARED;
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
            .replace("WORKERS", Integer.toString(workers))
            .replace("SHARED", shared)
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
    TestingService.end("QUIT", pid());
  }

  private long pid() throws IOException {
    return Long.parseLong(Files.readString(directory.resolve("nginx.pid")).strip());
  }

  /** Its processes accept nobody any more; what comes stands in their queues. */
  public void freeze() throws IOException, InterruptedException {
    for (ProcessHandle worker : ProcessHandle.of(pid()).orElseThrow().children().toList()) {
      TestingNamespace.command("kill", "-STOP", Long.toString(worker.pid()));
    }
  }

  /** Without a word, and all of them. */
  public void kill() throws IOException {
    ProcessHandle master = ProcessHandle.of(pid()).orElseThrow();
    List<ProcessHandle> workers = master.children().toList();
    master.destroyForcibly();
    workers.forEach(ProcessHandle::destroyForcibly);
    Files.delete(directory.resolve("nginx.pid"));
  }

  public boolean isRunning() {
    return Files.exists(directory.resolve("nginx.pid"));
  }

  public List<String> log() throws IOException {
    return Files.readAllLines(directory.resolve("access.log"));
  }

  @Override
  public void close() throws Exception {
    if (isRunning()) {
      quit();
    }
  }
}
