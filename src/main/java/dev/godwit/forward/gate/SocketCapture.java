package dev.godwit.forward.gate;

import dev.godwit.forward.GateException;
import dev.godwit.forward.Limits;
import dev.godwit.forward.Note;
import dev.godwit.forward.PortGroup;
import dev.godwit.forward.ProcessIdentity;
import dev.godwit.forward.loop.Acceptor;
import dev.godwit.forward.loop.EventLoop;
import dev.godwit.forward.loop.ServiceListener;
import dev.godwit.forward.loop.Users;
import dev.godwit.forward.relay.Guest;
import dev.godwit.forward.relay.Relay;
import dev.godwit.forward.relay.WaitingRoom;
import dev.godwit.linux.Epoll;
import dev.godwit.linux.Inotify;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.ProcessFiles;
import dev.godwit.linux.Sockets;
import dev.godwit.linux.UnixDiagnostics.UnixSocket;
import dev.godwit.linux.UnixSockets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A gate's unix sockets: takes their names ({@link SocketName}) and accepts who comes to them.
 *
 * <p>Unlike rules and look-ups, names do not come back by themselves when this process is killed: a
 * note beside the states of all gates says which, for {@link #cleanUp}, and until that has run
 * their clients are refused.
 *
 * <p>Threads: as {@link Capture}; arrivals on the loop's.
 */
final class SocketCapture implements AutoCloseable {
  /** Where the notes are kept, beside the states of all gates of a host. */
  static final String NOTES = ".sockets";

  /** What a service that runs may take until it listens. */
  private static final long SERVICE_NANOS_MAX = 5_000_000_000L;

  private static final long SERVICE_POLL_MILLIS = 1;

  private static final int CHANGES =
      Inotify.CREATE | Inotify.DELETE | Inotify.MOVED_TO | Inotify.ATTRIB;

  private record Place(
      Path asked,
      SocketName name,
      GroupCount group,
      Path note,
      Acceptor acceptor,
      Newcomers newcomers) {}

  private final Relay relay;
  private final WaitingRoom room;
  private final Users users;
  private final List<Place> places = new CopyOnWriteArrayList<>();
  private final List<GroupCount> groups;
  private final OwnGuests ownGuests;
  private final Path notes;
  private final Thread atExit = new Thread(this::leave, "gate names");
  private @Nullable Inotify changes;

  private SocketCapture(
      Relay relay, WaitingRoom room, List<GroupCount> groups, OwnGuests ownGuests, Path notes) {
    this.relay = relay;
    this.room = room;
    this.groups = groups;
    this.ownGuests = ownGuests;
    this.notes = notes;
    users = new Users(relay.loop());
  }

  /**
   * Prepares a gate's sockets beside those of the services, which are not touched. Where nobody
   * listens there is nothing to be beside yet: {@link #require} finds it later.
   *
   * @param directory of the gate's own state
   */
  static SocketCapture open(
      Relay relay, WaitingRoom room, List<GroupCount> groups, OwnGuests ownGuests, Path directory)
      throws IOException, InterruptedException {
    SocketCapture capture =
        new SocketCapture(relay, room, groups, ownGuests, Limits.hostDirectory(directory, NOTES));
    boolean goesOn = ReleaseRecord.read(directory).isPresent();
    try {
      capture.watch();
      for (GroupCount group : groups) {
        for (Path path : group.group.sockets()) {
          if (goesOn && Files.notExists(path, LinkOption.NOFOLLOW_LINKS)) {
            // After a reboot: whose it was is not known any more, and the ports have to go on.
            complain("unix:" + path + " is not there any more, and goes nowhere", null);
          } else if (goesOn || SocketName.isServed(path)) {
            capture.add(path, group, !goesOn);
          }
        }
      }
      return capture;
    } catch (IOException | InterruptedException e) {
      capture.close();
      throw e;
    }
  }

  /**
   * Before a hold: at each socket somebody listens. Those that were not there before are prepared
   * now, and those whose directory has been made anew since (such as that of a unit, with its
   * start) are prepared again.
   *
   * @throws GateException UNSUPPORTED naming one that is not there
   */
  void require() throws IOException, InterruptedException {
    for (GroupCount group : groups) {
      for (Path path : group.group.sockets()) {
        Optional<Place> there = places.stream().filter(p -> p.asked().equals(path)).findFirst();
        if (there.isPresent() && there.get().name().isCurrent()) {
          if (there.get().name().listeners().isEmpty()) {
            throw new GateException(
                GateException.Kind.UNSUPPORTED, "unix:" + path + ": nobody listens there");
          }
          continue;
        }
        if (there.isPresent()) {
          end(there.get());
          places.remove(there.get());
        }
        add(path, group, true);
      }
    }
  }

  private void add(Path path, GroupCount group, boolean served)
      throws IOException, InterruptedException {
    SocketName name;
    try {
      name = new SocketName(path);
    } catch (NoSuchFileException e) {
      throw new GateException(
          GateException.Kind.UNSUPPORTED, "unix:" + path + " is not there: nor is its directory");
    }
    Path note = notes.resolve(HexFormat.of().formatHex(SocketKey.of(name.path())));
    if (Files.exists(note)) {
      String other = Files.readAllLines(note).getLast();
      if (!other.equals(ProcessIdentity.own()) && ProcessIdentity.isLiving(other)) {
        name.close();
        throw new GateException(
            GateException.Kind.UNSUPPORTED,
            "unix:" + path + " is another gate's already, of process " + other.split(" ", 2)[0]);
      }
    }
    Note.write(note, name.path().toString());
    int fd;
    try {
      fd = name.open(served);
      watch(name);
    } catch (IOException e) {
      Note.remove(note);
      name.close();
      throw e;
    }
    Acceptor acceptor =
        new Acceptor(relay.loop(), fd, accepted -> arrived(accepted, path, name, group, false));
    places.add(new Place(path, name, group, note, acceptor, new Newcomers()));
    start(acceptor);
  }

  private void start(Acceptor acceptor) throws InterruptedException {
    relay
        .loop()
        .ask(
            () -> {
              try {
                acceptor.start();
                return true;
              } catch (LinuxException e) {
                throw new IllegalStateException(e);
              }
            });
  }

  private void watch(SocketName name) throws LinuxException {
    LinuxException.check(
        Objects.requireNonNull(changes, "since the begin").add(name.directory(), CHANGES),
        "inotify_add_watch",
        name.path().toString());
  }

  private void watch() throws LinuxException, InterruptedException {
    if (isEmpty()) {
      return;
    }
    Runtime.getRuntime().addShutdownHook(atExit);
    Inotify made = Inotify.open();
    changes = made;
    relay
        .loop()
        .ask(
            () -> {
              try {
                relay.loop().add(made.fd(), Epoll.IN, events -> changed(made));
                return true;
              } catch (LinuxException e) {
                throw new IllegalStateException(e);
              }
            });
  }

  /** Loop thread: a few calls to the file system that holds the sockets. */
  private void changed(Inotify from) {
    try {
      from.read((watch, mask, cookie, name) -> {});
      for (Place place : places) {
        place.name().look();
      }
    } catch (IOException e) {
      complain("a socket's name could not be kept", e);
    }
  }

  private static void complain(String what, @Nullable IOException e) {
    System.getLogger(SocketCapture.class.getName()).log(System.Logger.Level.ERROR, what, e);
  }

  private interface Change {
    void make(SocketName name) throws IOException;
  }

  private void each(Change change) throws IOException {
    for (Place place : places) {
      change.make(place.name());
    }
  }

  /** From now on who connects to a name comes to us. */
  void on() throws IOException {
    each(SocketCapture::take);
  }

  private static void take(SocketName name) throws IOException {
    name.take();
    if (!name.isOurs()) {
      throw new GateException(
          GateException.Kind.FAILED,
          "the switch of unix:"
              + name.path()
              + " is not in force: something else puts a socket there");
    }
  }

  /** The same for the names of some groups alone; those of others lead to the services again. */
  void onlyFor(Set<GroupCount> groups) throws IOException {
    for (Place place : places) {
      if (groups.contains(place.group())) {
        take(place.name());
      } else {
        // Who has come to us by then is still accepted.
        place.name().giveBack();
      }
    }
  }

  /** The services have stopped. */
  void stopped() throws IOException {
    each(SocketName::stopped);
  }

  void makeRoom() throws IOException {
    each(SocketName::makeRoom);
  }

  /**
   * The services of some groups are about to start, and would not where somebody answers at their
   * names: until they have them, or the limit has passed, clients find nothing there.
   */
  void clear(Set<GroupCount> which, Duration limit) throws IOException {
    for (Place place : places) {
      if (which.contains(place.group())) {
        place.name().clear();
      }
    }
    relay
        .loop()
        .execute(
            () -> {
              EventLoop.Timer unused = relay.loop().after(limit.toNanos(), this::coverAtLast);
            });
  }

  private void coverAtLast() {
    try {
      cover();
    } catch (IOException e) {
      complain("a socket's name could not be taken again", e);
    }
  }

  /** After {@link #clear}, or the stop of a service behind us: names that are missing are ours. */
  void cover() throws IOException {
    each(SocketName::cover);
  }

  /** After an attempt to start the services that failed. */
  void free() throws IOException {
    each(SocketName::free);
  }

  void takeAgain() {
    try {
      each(SocketName::takeAgain);
    } catch (IOException e) {
      complain("a socket's name could not be taken again", e);
    }
  }

  /** Waits until the services have their sockets, which some bind after they said to be there. */
  void awaitServices() throws IOException, InterruptedException {
    long end = System.nanoTime() + SERVICE_NANOS_MAX;
    while (!areServicesListening()) {
      if (System.nanoTime() - end >= 0) {
        throw new GateException(
            GateException.Kind.FAILED, "a service runs, and nobody listens at its socket");
      }
      Thread.sleep(SERVICE_POLL_MILLIS);
    }
  }

  boolean areServicesListening() throws LinuxException {
    for (Place place : places) {
      if (place.name().listeners().isEmpty()) {
        return false;
      }
    }
    return true;
  }

  boolean isSomeServiceListening() throws LinuxException {
    for (Place place : places) {
      if (!place.name().listeners().isEmpty()) {
        return true;
      }
    }
    return false;
  }

  /** One listening socket of a service. */
  record Found(ServiceListener listener, IntConsumer arrival) {}

  /** The services' own listeners, to be duplicated, and who takes what they accept. */
  List<Found> listeners() throws IOException {
    List<Found> found = new ArrayList<>();
    for (Place place : places) {
      Set<Long> inodes = inodes(place.name().listeners());
      Map<Long, List<ProcessFiles.Holder>> holders = ProcessFiles.socketHolders(inodes);
      for (long inode : inodes) {
        List<ProcessFiles.Holder> held = holders.get(inode);
        if (held != null) { // else its queue is lost with it, and nobody can help that
          found.add(
              new Found(
                  new ServiceListener(0, place.name().path(), inode, held),
                  fd -> arrived(fd, place.asked(), place.name(), place.group(), true)));
        }
      }
    }
    return found;
  }

  /** What the services themselves have open; see {@link Busy}. */
  List<Busy> busy(long quietMillis) throws LinuxException {
    long patience = TimeUnit.MILLISECONDS.toNanos(Busy.PATIENCE * quietMillis);
    List<Busy> all = new ArrayList<>();
    for (Place place : places) {
      int queued = (int) queued(place); // first: see Busy.look
      List<UnixSocket> open = accepted(place);
      List<Long> atWork =
          open.stream()
              .filter(s -> s.received() > 0 || s.unsent() > 0)
              .map(UnixSocket::inode)
              .toList();
      Set<Long> active = place.newcomers().look(inodes(open), patience);
      active.addAll(atWork);
      all.add(new Busy(0, open.size() + queued, active.size() + queued));
    }
    return all;
  }

  /** Who is there now has come before whoever comes later: {@link #busy} knows by that. */
  void seeWhoIsThere() throws LinuxException {
    for (Place place : places) {
      Set<Long> unused = place.newcomers().look(inodes(accepted(place)), 0);
    }
  }

  /** Connections that the services have still to accept. */
  long queued() throws LinuxException {
    long sum = 0;
    for (Place place : places) {
      sum += queued(place);
    }
    return sum;
  }

  private static long queued(Place place) throws LinuxException {
    return place.name().listeners().stream().mapToLong(UnixSocket::received).sum();
  }

  private static List<UnixSocket> accepted(Place place) throws LinuxException {
    return place.name().connections().stream().filter(s -> s.inode() != 0).toList();
  }

  private static Set<Long> inodes(List<UnixSocket> sockets) {
    return sockets.stream().map(UnixSocket::inode).collect(Collectors.toSet());
  }

  /** Loop thread. */
  private void arrived(int fd, Path asked, SocketName name, GroupCount group, boolean before) {
    UnixSockets.Peer peer;
    try {
      peer = UnixSockets.peer(fd);
    } catch (LinuxException e) {
      Sockets.closeWithReset(fd);
      return;
    }
    if (!room.expect(fd, group)) {
      return; // a directory server that does not answer must not let everybody in
    }
    users.user(
        peer.uid(),
        user -> {
          String called = user == null ? "" : user.name();
          SocketGuest guest = new SocketGuest(room, fd, group, asked, name, peer, called);
          if (before || !ownGuests.mayBe()) {
            admit(guest, fd, group, before);
          } else {
            ownGuests.ask(
                fd,
                isOwn ->
                    admit(isOwn ? guest.goes(new LocalRoute(false)) : guest, fd, group, false));
          }
        },
        () -> {
          room.isHere();
          group.error("a user could not be looked up");
          Sockets.closeWithReset(fd);
        });
  }

  /** Loop thread. */
  private void admit(Guest guest, int fd, GroupCount group, boolean before) {
    room.isHere();
    room.admit(fd, null, group, before, () -> guest);
  }

  /** Whether a listener is that of one of a group's sockets. */
  boolean isOf(PortGroup group, ServiceListener listener) {
    return places.stream()
        .anyMatch(p -> p.group().group.equals(group) && p.name().path().equals(listener.path()));
  }

  /** For a process that is about to end by itself. Any thread. */
  void leave() {
    for (Place place : List.copyOf(places)) {
      try {
        place.name().leave();
      } catch (IOException e) {
        complain("the name unix:" + place.name().path() + " stays", e);
      }
    }
  }

  Duration gap() {
    return places.stream().map(p -> p.name().gap()).reduce(Duration.ZERO, Duration::plus);
  }

  /** Whether no group has one, be it there or not. */
  boolean isEmpty() {
    return groups.stream().allMatch(group -> group.group.sockets().isEmpty());
  }

  /** The names are the services', and nothing is left beside them. */
  @Override
  public void close() throws IOException, InterruptedException {
    IOException failed = null;
    for (Place place : places) {
      try {
        end(place);
      } catch (IOException e) {
        failed = e; // the note stays, for another time
      }
    }
    places.clear();
    Inotify watching = changes;
    if (watching != null) {
      changes = null;
      relay
          .loop()
          .ask(
              () -> {
                relay.loop().remove(watching.fd());
                watching.close();
                return true;
              });
    }
    users.close();
    stayAtExit();
    if (failed != null) {
      throw failed;
    }
  }

  private void end(Place place) throws IOException, InterruptedException {
    place.name().giveBack();
    relay
        .loop()
        .ask(
            () -> {
              int last = place.acceptor().accept(Integer.MAX_VALUE);
              place.acceptor().close();
              return last;
            });
    place.name().close();
    Note.remove(place.note());
  }

  private void stayAtExit() {
    try {
      boolean unused = Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      return; // it is ending
    }
  }

  /**
   * Gives back the names that gates which were killed have left.
   *
   * @param again a gate that had released will take them once more
   */
  static void cleanUp(Path directory, boolean again) throws IOException {
    for (Note note : Note.abandoned(directory)) {
      try {
        SocketName.restore(Path.of(note.what()), again);
      } catch (NoSuchFileException e) {
        // Its directory has gone, and the names with it.
      }
      Note.remove(note.file());
    }
  }
}
