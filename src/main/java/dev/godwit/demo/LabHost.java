package dev.godwit.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * One host of the lab: namespaces of its own (mounts, network, processes, name) and a first process
 * that lives as long as this object holds its standard input. May be used by several threads.
 */
public final class LabHost implements AutoCloseable {
  private static final int ENDS_SECONDS_MAX = 10;

  private final String name;
  private final Process holder;
  private final OutputStream life;
  private final long own;
  private final Map<String, String> dataKinds;

  /** Its namespaces are what the host is at the moment. */
  private volatile long pid;

  private LabHost(String name, Process holder, long pid, Map<String, String> dataKinds) {
    this.name = name;
    this.holder = holder;
    this.life = holder.getOutputStream();
    this.own = pid;
    this.pid = pid;
    this.dataKinds = dataKinds;
  }

  /** What a command in the host did; the texts are what it wrote, exit is -1 when it was ended. */
  public record Outcome(int exit, String out, String err) {
    public boolean succeeded() {
      return exit == 0;
    }
  }

  static LabHost start(String name, List<Path> shown, List<LabOptions.DataDisk> data)
      throws LabException {
    List<String> argv = new ArrayList<>();
    // A session of its own: Ctrl-C is for the program, which then ends its hosts in order.
    argv.addAll(List.of("setsid", "unshare", "-m", "-n", "-p", "-f", "-u", "--kill-child"));
    argv.addAll(List.of("bash", "-c", Programs.resource("host.sh"), "lab-host", name));
    argv.add(workFolder(shown).toString());
    data.forEach(disk -> argv.add(disk.argument()));
    argv.add("--");
    shown.forEach(path -> argv.add(path.toString()));
    try {
      Process holder = builder(argv).redirectErrorStream(true).start();
      long pid = 0;
      Map<String, String> kinds = new LinkedHashMap<>();
      StringBuilder said = new StringBuilder();
      BufferedReader out =
          new BufferedReader(
              new InputStreamReader(holder.getInputStream(), StandardCharsets.UTF_8));
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        String[] words = line.split(" ");
        switch (words[0]) {
          case "pid" -> pid = Long.parseLong(words[1]);
          case "data" -> kinds.put(words[1], words[2]);
          case "ready" -> {
            return new LabHost(name, holder, pid, Map.copyOf(kinds));
          }
          default -> said.append("\n  ").append(line);
        }
      }
      throw new LabException(
          "host " + name + " of the lab cannot be made; it takes root and namespaces:" + said);
    } catch (IOException e) {
      throw e instanceof LabException lab
          ? lab
          : new LabException("host " + name + " of the lab cannot be made: " + e.getMessage(), e);
    }
  }

  /** An existing folder that hides nothing which the host shall see when it is covered. */
  private static Path workFolder(List<Path> shown) throws LabException {
    for (String candidate : List.of("/media", "/mnt", "/opt", "/srv")) {
      Path folder = Path.of(candidate);
      if (Files.isDirectory(folder) && shown.stream().noneMatch(path -> path.startsWith(folder))) {
        return folder;
      }
    }
    throw new LabException("the lab needs one of the folders /media, /mnt, /opt or /srv");
  }

  public String name() {
    return name;
  }

  /** Process 1 of the host, as the machine numbers it. */
  public long pid() {
    return pid;
  }

  /**
   * From now on commands run, and paths lead, in the namespaces of this process, which is process 1
   * of a host within this one: the same network and disks, and processes, mounts and control groups
   * of its own. A systemd can be that one only.
   */
  public void enter(long process) {
    pid = process;
  }

  /** Undoes {@link #enter}: the process has ended. */
  public void leave() {
    pid = own;
  }

  /** What kind of file system each data folder got: ext4 or tmpfs. */
  public Map<String, String> dataKinds() {
    return dataKinds;
  }

  /** A path of the host, as this process reaches it; mounts of the host included. */
  public Path path(String absolute) {
    return Path.of("/proc/" + pid + "/root" + absolute);
  }

  /** The argument list that runs a command in the host. */
  public List<String> inside(List<String> argv) {
    List<String> all = new ArrayList<>();
    long process = pid;
    all.addAll(List.of("nsenter", "-t", Long.toString(process), "-m", "-n", "-p", "-u"));
    if (process != own) {
      all.add("-C");
    }
    all.add("--");
    all.addAll(argv);
    return all;
  }

  /** Starts a command in the host; the caller ends it. Standard streams are pipes. */
  public ProcessBuilder command(List<String> argv) {
    return builder(inside(argv));
  }

  /** Starts a command in the host; the caller reads its output and ends it. */
  public Process start(List<String> argv) throws IOException {
    return command(argv).start();
  }

  /**
   * Runs a command in the host to its end.
   *
   * @param limit then it is ended, and with it what it started
   */
  public Outcome run(List<String> argv, Duration limit) throws IOException {
    Process process = start(argv);
    process.getOutputStream().close();
    OutputReader out = new OutputReader(name + "-out", process.getInputStream());
    OutputReader err = new OutputReader(name + "-err", process.getErrorStream());
    try {
      boolean ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
      if (!ended) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
      }
      return new Outcome(ended ? process.exitValue() : -1, out.text(), err.text());
    } catch (InterruptedException e) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new LabException("interrupted while host " + name + " ran " + argv, e);
    }
  }

  public Outcome run(String... argv) throws IOException {
    return run(List.of(argv), Duration.ofSeconds(60));
  }

  /** Runs a command that must succeed, and returns what it wrote. */
  public String must(String... argv) throws IOException {
    Outcome outcome = run(argv);
    if (!outcome.succeeded()) {
      throw new LabException(
          "on host %s of the lab, %s ended with %d: %s"
              .formatted(name, String.join(" ", argv), outcome.exit(), outcome.err().strip()));
    }
    return outcome.out();
  }

  public byte[] readFile(String path) throws IOException {
    return Files.readAllBytes(path(path));
  }

  /** Writes a file of the host, with the folders above it. */
  public void writeFile(String path, String content, String permissions) throws IOException {
    Path file = path(path);
    Path folder = file.getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    Files.writeString(file, content);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
  }

  public void writeFile(String path, String content) throws IOException {
    writeFile(path, content, "rw-r--r--");
  }

  public void appendFile(String path, String content) throws IOException {
    Files.writeString(path(path), content, StandardOpenOption.APPEND, StandardOpenOption.CREATE);
  }

  /** From now on the host outlives this process; it ends with {@link #holderPid} being killed. */
  void keep() throws IOException {
    life.write("keep\n".getBytes(StandardCharsets.US_ASCII));
    life.flush();
  }

  /** The process to kill (SIGKILL) to end a kept host. */
  long holderPid() {
    return holder.pid();
  }

  /** Ends every process of the host; its mounts and loop devices go with it. */
  @Override
  public void close() {
    try {
      life.close();
    } catch (IOException e) {
      // It has ended already.
    }
    try {
      if (!holder.waitFor(ENDS_SECONDS_MAX, TimeUnit.SECONDS)) {
        holder.descendants().forEach(ProcessHandle::destroyForcibly);
        holder.destroyForcibly();
      }
    } catch (InterruptedException e) {
      holder.descendants().forEach(ProcessHandle::destroyForcibly);
      holder.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private static ProcessBuilder builder(List<String> argv) {
    ProcessBuilder builder = new ProcessBuilder(argv);
    Map<String, String> environment = builder.environment();
    String term = environment.getOrDefault("TERM", "dumb");
    String noColor = environment.get("NO_COLOR");
    environment.clear();
    environment.put("PATH", Programs.PATH);
    environment.put("HOME", "/root");
    environment.put("USER", "root");
    environment.put("LANG", "C.UTF-8");
    environment.put("TERM", term);
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    if (noColor != null) {
      environment.put("NO_COLOR", noColor);
    }
    return builder;
  }
}
