package dev.godwit.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * All processes at one moment, with their parents (proc(5), /proc/PID/stat); and signals to them
 * that cannot reach another process which has got the number since (pidfd_open(2), Linux 5.3).
 */
public final class ProcessTable {
  private static final long PIDFD_OPEN = 434;
  private static final long PIDFD_SEND_SIGNAL = 424;
  private static final long KILL = Syscall.number(62, 129);
  private static final Path PROC = Path.of("/proc");
  private static final long LOOK_MILLIS = 50;

  /** Of a command that people are told. */
  private static final int WORDS_MAX = 200;

  /** This program, and as it is brought to a host. */
  private static final Pattern OUR_PROGRAM =
      Pattern.compile(".*(?:godwit|/agent-[0-9a-f]{64})\\.jar|dev\\.godwit\\.Main");

  /**
   * One process. Two are the same when number and start are: numbers are used again.
   *
   * @param started after boot, in ticks of the kernel's clock
   */
  public record Entry(int pid, long started) {}

  /**
   * One that does nothing until somebody lets it go on.
   *
   * @param isTraced a debugger has it, which will; else it was a signal, and nobody may
   */
  public record Stopped(Entry process, boolean isTraced) {}

  /**
   * What the table says of one.
   *
   * @param state its letter in proc(5)
   */
  private record Row(int parent, long started, char state) {
    boolean isGone() {
      return state == 'Z' || state == 'X';
    }

    boolean isTraced() {
      return state == 't';
    }

    boolean isStopped() {
      return state == 'T' || isTraced();
    }
  }

  private final Map<Integer, Row> rows;

  private ProcessTable(Map<Integer, Row> rows) {
    this.rows = rows;
  }

  /** Reads it; some tens of microseconds for each process. */
  public static ProcessTable read() throws IOException {
    Map<Integer, Row> rows = new HashMap<>();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
      for (Path process : processes) {
        int pid = Integer.parseInt(process.getFileName().toString());
        Row row = row(pid);
        if (row != null) {
          rows.put(pid, row);
        }
      }
    }
    return new ProcessTable(rows);
  }

  /** The process of this number, when it is stopped by a signal or a debugger. */
  public static Optional<Stopped> stopped(int pid) {
    Row row = row(pid);
    return row != null && row.isStopped()
        ? Optional.of(new Stopped(new Entry(pid, row.started()), row.isTraced()))
        : Optional.empty();
  }

  /**
   * Whether the process of this number lives; one that has ended and that nobody has waited for,
   * which may take as long as its parent likes, does not.
   */
  public static boolean isLiving(long pid) {
    Row row = pid == (int) pid ? row((int) pid) : null;
    return row != null && !row.isGone();
  }

  private static @Nullable Row row(int pid) {
    try {
      String stat =
          Files.readString(
              PROC.resolve(Integer.toString(pid) + "/stat"), StandardCharsets.ISO_8859_1);
      // The name stands in brackets and may hold anything, brackets too.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      return new Row(Integer.parseInt(fields[1]), Long.parseLong(fields[19]), fields[0].charAt(0));
    } catch (IOException e) {
      return null; // it has ended
    }
  }

  /** The process of this number, when there is one that has not ended. */
  public Optional<Entry> find(int pid) {
    Row row = rows.get(pid);
    return row == null || row.isGone()
        ? Optional.empty()
        : Optional.of(new Entry(pid, row.started()));
  }

  /** All that have not ended. */
  public Set<Entry> living() {
    Set<Entry> living = new HashSet<>();
    for (int pid : rows.keySet()) {
      find(pid).ifPresent(living::add);
    }
    return living;
  }

  /** Whether it still lives; one that nobody has waited for yet has given up all that it had. */
  public boolean isAlive(Entry entry) {
    return find(entry.pid()).filter(entry::equals).isPresent();
  }

  /** Whether its parent has this number. */
  public boolean isChildOf(Entry entry, int parent) {
    Row row = rows.get(entry.pid());
    return row != null && isAlive(entry) && row.parent() == parent;
  }

  /** Those of them that live, and all that descends from them. */
  public Set<Entry> withDescendants(Collection<Entry> roots) {
    Map<Integer, Set<Integer>> children = new HashMap<>();
    rows.forEach(
        (pid, row) -> children.computeIfAbsent(row.parent(), p -> new HashSet<>()).add(pid));
    Set<Entry> found = new HashSet<>();
    Deque<Entry> open = new ArrayDeque<>();
    roots.stream().filter(this::isAlive).forEach(open::add);
    while (!open.isEmpty()) {
      Entry next = open.remove();
      if (found.add(next)) {
        for (int child : children.getOrDefault(next.pid(), Set.of())) {
          find(child).ifPresent(open::add);
        }
      }
    }
    return found;
  }

  /**
   * Number and command of a process, for people: {@code process 17, `godwit background
   * /root/mail.yaml`}. Of another program only its name.
   */
  public static String display(int pid) {
    List<String> words = ourWords(pid);
    String command = words == null ? ProcessTable.name(pid) : "godwit " + String.join(" ", words);
    String shown = Names.display(command.strip().getBytes(StandardCharsets.ISO_8859_1));
    return shown.isEmpty()
        ? "process " + pid
        : "process %d, `%s`"
            .formatted(pid, shown.substring(0, Math.min(WORDS_MAX, shown.length())));
  }

  /** What a process is, for people, without its number: {@code nginx}, {@code godwit forward}. */
  public static String program(int pid) {
    List<String> words = ourWords(pid);
    String program =
        words == null ? name(pid) : words.isEmpty() ? "godwit" : "godwit " + words.getFirst();
    String shown = Names.display(program.getBytes(StandardCharsets.ISO_8859_1));
    return shown.isEmpty() ? "a program" : shown;
  }

  /** The arguments of a process that runs this program; null when it is another one. */
  private static @Nullable List<String> ourWords(int pid) {
    List<String> words;
    try {
      byte[] line = Files.readAllBytes(PROC.resolve(pid + "/cmdline"));
      words = Arrays.asList(new String(line, StandardCharsets.ISO_8859_1).split("\0"));
    } catch (IOException e) {
      return null; // it has ended, or is not to be seen
    }
    for (int i = 0; i < words.size(); i++) {
      if (OUR_PROGRAM.matcher(words.get(i)).matches()) {
        return words.subList(i + 1, words.size());
      }
    }
    return null;
  }

  /** The first word of what the process is called, for people; empty when it has ended. */
  public static String name(int pid) {
    try {
      return Files.readString(PROC.resolve(Integer.toString(pid) + "/comm")).strip();
    } catch (IOException e) {
      return "";
    }
  }

  /**
   * Sends a signal, when it still is the same process.
   *
   * @return false when it has ended
   */
  public static boolean signal(Entry entry, int number) throws LinuxException {
    long process = Syscall.call(PIDFD_OPEN, entry.pid(), 0);
    if (process == -Errno.ENOSYS) {
      Row row = row(entry.pid());
      return row != null
          && row.started() == entry.started()
          && Syscall.call(KILL, entry.pid(), number) == 0;
    }
    if (process < 0) {
      return false;
    }
    try {
      // Looked at after it was opened: from here on the descriptor means this process and no other.
      Row row = row(entry.pid());
      if (row == null || row.started() != entry.started() || row.isGone()) {
        return false;
      }
      long result = Syscall.call(PIDFD_SEND_SIGNAL, process, number, 0, 0);
      if (result == -Errno.ESRCH) {
        return false;
      }
      LinuxException.check(result, "pidfd_send_signal", "process " + entry.pid());
      return true;
    } finally {
      Sockets.close((int) process);
    }
  }

  /**
   * Returns when the process of this number has ended, whoever's child it is; at once when there is
   * none.
   */
  public static void awaitEnd(long pid) throws LinuxException, InterruptedException {
    long process = Syscall.call(PIDFD_OPEN, pid, 0);
    if (process == -Errno.ENOSYS) {
      Row first = row((int) pid);
      for (Row now = first; isSame(first, now); now = row((int) pid)) {
        Thread.sleep(LOOK_MILLIS);
      }
      return;
    }
    if (process == -Errno.ESRCH) {
      return;
    }
    LinuxException.check(process, "pidfd_open", "process " + pid);
    try (Epoll epoll = Epoll.open()) {
      epoll.add((int) process, Epoll.IN, 0);
      while (epoll.await(-1) == 0) {
        // A signal came, for this process and not of the other one's end.
      }
    } finally {
      Sockets.close((int) process);
    }
  }

  private static boolean isSame(@Nullable Row first, @Nullable Row now) {
    return first != null && now != null && now.started() == first.started() && !now.isGone();
  }
}
