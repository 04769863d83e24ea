package dev.godwit.sync.copy;

import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Names;
import dev.godwit.sync.TreeRoot;
import dev.godwit.sync.attributes.Owners;
import dev.godwit.sync.filter.FilterException;
import dev.godwit.sync.filter.FilterScope;
import dev.godwit.sync.filter.Filters;
import dev.godwit.sync.rules.Deletion;
import dev.godwit.sync.rules.Rules;
import dev.godwit.sync.rules.RulesText;
import dev.godwit.sync.rules.UsageException;
import dev.godwit.wire.Channel;
import dev.godwit.wire.InMemoryChannels;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * What takes messages of the other side apart, for a fuzzer: each class takes any bytes and throws
 * nothing, unless something else is thrown inside than what a decoder may throw.
 */
public final class FuzzedDecoders {
  /** Of one input. */
  private static final int MESSAGES_MAX = 64;

  private FuzzedDecoders() {}

  /** Cuts an input into messages: two bytes of length, then as many bytes or what is left. */
  static List<byte[]> messages(byte[] input, int from) {
    List<byte[]> messages = new ArrayList<>();
    int at = from;
    while (at + 2 <= input.length && messages.size() < MESSAGES_MAX) {
      int length = (input[at] & 0xff) << 8 | input[at + 1] & 0xff;
      int end = Math.min(input.length, at + 2 + length);
      messages.add(Arrays.copyOfRange(input, at + 2, end));
      at = end;
    }
    return messages;
  }

  /** The other way round, for inputs to begin with. */
  static byte[] input(int first, List<byte[]> messages) {
    CompactWriter all = new CompactWriter(1024).u8(first);
    for (byte[] message : messages) {
      all.u8(message.length >> 8).u8(message.length).raw(message, 0, message.length);
    }
    return all.toBytes();
  }

  /** Rules in which the records differ. */
  static Rules rules(int bits) {
    return TestingRun.rules(
        rules -> {
          rules.hardLinks = (bits & 1) != 0;
          rules.accessTimes = (bits & 2) != 0;
          rules.createTimes = (bits & 4) != 0;
          rules.checksum = (bits & 8) != 0;
          rules.mungeLinks = (bits & 16) != 0;
          rules.compress = (bits & 32) != 0;
          rules.numericIds = (bits & 64) == 0;
          rules.recursive = true;
        });
  }

  private static FilterScope filters() {
    try {
      return Filters.of(List.of(), false).source();
    } catch (FilterException e) {
      throw new IllegalStateException(e);
    }
  }

  private static int first(byte[] input) {
    return input.length == 0 ? 0 : input[0] & 0xff;
  }

  /** Listings, and values of attributes, as {@link FarTree} takes them. */
  public static final class Listings {
    public static void fuzzerTestOneInput(byte[] input) {
      Rules rules = rules(first(input));
      try {
        FarTree tree =
            new FarTree(
                rules,
                Sweep.Passes.of(rules),
                filters(),
                Owners.remote(rules),
                new Tally(),
                new FarTree.Events() {
                  @Override
                  public void ready(TargetDirectory target, Listing listing, long order) {}

                  @Override
                  public void whole(FarDirectory directory) {}

                  @Override
                  public void done(FarDirectory directory) {}

                  @Override
                  public void unwanted() {}

                  @Override
                  public void allDone() {}
                });
        for (byte[] message : messages(input, 1)) {
          CompactReader in = new CompactReader(message, 0);
          switch (in.u8()) {
            case Messages.LISTING -> tree.listing(in);
            case Messages.VALUES -> tree.values(in);
            case Messages.CONTENT -> tree.offered(in);
            case Messages.LISTED -> {
              tree.listed(in.number(Long.MAX_VALUE), in.number(Long.MAX_VALUE));
              var unused = StatisticsFields.kinds(in);
            }
            default -> {
              var unused = Top.read(in, Owners.remote(rules));
            }
          }
        }
      } catch (WireException | CopyException e) {
        // as it should be
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** What is kept of one inode. */
  public static final class Inodes {
    public static void fuzzerTestOneInput(byte[] input) {
      try {
        CompactReader in = new CompactReader(input, 0);
        while (in.remaining() > 0) {
          InodeRecord inode = InodeRecord.read(in, FileStatus.NONE, Owners.remote(rules(0)));
          // What is accepted can be told again.
          inode.write(new CompactWriter(256), new OwnerNotes(rules(0)));
        }
      } catch (WireException e) {
        // as it should be
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** What a controller asks for: rules, paths, filters. */
  public static final class Requests {
    public static void fuzzerTestOneInput(byte[] input) {
      InMemoryChannels.ChannelPair pair = InMemoryChannels.pair("agent", "controller");
      try (Channel agent = pair.a();
          Channel controller = pair.b()) {
        byte[] message = new byte[input.length + 2];
        message[0] = (byte) Messages.REQUEST;
        message[1] = 1;
        System.arraycopy(input, 0, message, 2, input.length);
        controller.send(message);
        CopyRequest request = RequestMessages.receive(agent);
        Parts parts = Parts.of(request);
        var unused = parts.inodes(parts.owners(true), new Report(CopyListener.NONE));
      } catch (WireException | CopyException e) {
        // as it should be
      }
    }
  }

  /** What a far side tells the controller. */
  public static final class Events {
    public static void fuzzerTestOneInput(byte[] input) {
      EventReader reader = new EventReader(new TestingRun());
      try {
        for (byte[] message : messages(input, 0)) {
          reader.take(message);
        }
      } catch (WireException e) {
        // as it should be
      }
    }
  }

  /** A whole target, to which a source has listed three files and a directory. */
  public static final class Targets {
    private static final Path FOLDER = folder();
    private static final Path TARGET = FOLDER.resolve("target");

    public static void fuzzerTestOneInput(byte[] input) {
      remake(TARGET);
      Rules.Builder builder = new Rules.Builder().archive();
      builder.deletion = Deletion.AFTER;
      builder.compress = (first(input) & 32) != 0;
      builder.hardLinks = (first(input) & 1) != 0;
      builder.inPlace = (first(input) & 2) != 0;
      run(
          channel -> {
            TestingPeer.top(channel, Deletion.AFTER);
            CompactWriter listing = TestingPeer.listing(0, true, true, 4);
            TestingPeer.file(listing, "a", 4);
            TestingPeer.file(listing, "b", 5000);
            TestingPeer.file(listing, "mine", 3000);
            TestingPeer.entry(
                listing, TestingPeer.ENTERED, new byte[] {'d'}, TestingPeer.DIRECTORY, 0);
            listing.sendTo(channel);
            TestingPeer.awaitWant(channel);
          },
          input,
          (channel, request) ->
              new TargetSide(channel, request, true, CopyListener.NONE, Endings::toPeer).run(),
          TestingRun.request(builder.build(), TARGET.toString(), "unused"));
      requireUntouched(FOLDER);
    }
  }

  /** A whole source, of which a target may ask. */
  public static final class Sources {
    private static final Path FOLDER = folder();

    public static void fuzzerTestOneInput(byte[] input) {
      Rules rules =
          TestingRun.rules(
              builder -> {
                builder.compress = (first(input) & 32) != 0;
                builder.deletion = Deletion.AFTER;
              });
      run(
          channel -> {
            channel.send(FileSums.message(null)); // the source waits for it before it lists
            for (byte[] message = channel.receive();
                message != null && message[0] != Messages.LISTED; ) {
              message = channel.receive();
            }
          },
          input,
          (channel, request) ->
              new SourceSide(channel, request, null, CopyListener.NONE, () -> {}, Endings::toPeer)
                  .run(),
          TestingRun.request(rules, "unused", FOLDER.resolve("source") + "/"));
    }
  }

  /** Rules as one side writes them for the other. */
  public static final class RulesTexts {
    public static void fuzzerTestOneInput(byte[] input) {
      Rules rules;
      try {
        rules = RulesText.read(input);
      } catch (UsageException e) {
        return; // as it should be
      }
      // What is accepted can be told again.
      byte[] told = RulesText.write(rules);
      try {
        if (!Arrays.equals(RulesText.write(RulesText.read(told)), told)) {
          throw new IllegalStateException("told otherwise the second time");
        }
      } catch (UsageException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** What a controller asks of a side of a series. */
  public static final class SeriesRequests {
    public static void fuzzerTestOneInput(byte[] input) {
      InMemoryChannels.ChannelPair pair = InMemoryChannels.pair("agent", "controller");
      try (Channel agent = pair.a();
          Channel controller = pair.b()) {
        for (byte[] message : messages(input, 0)) {
          controller.send(message);
        }
        controller.finish();
        var unused = SeriesRequest.receive(agent).resolved();
      } catch (WireException e) {
        // as it should be
      }
    }
  }

  /** What a series is told of its target, and what that one says of it later. */
  public static final class KnownTargets {
    public static void fuzzerTestOneInput(byte[] input) {
      try {
        MessageReader reader = new MessageReader(input);
        KnownTarget known = KnownTarget.read(reader);
        reader.end();
        // What is accepted can be told again, also when it has been added up.
        RemovalWindow window = new RemovalWindow(known.removed(), 0);
        MessageWriter told = new MessageWriter();
        known.with(window.steps(0)).write(told);
        var unused = KnownTarget.read(new MessageReader(told.toBytes()));
      } catch (WireException e) {
        // as it should be
      }
      try {
        var unused = SeriesTargetAbility.came(input);
        if (SeriesTargetAbility.removed(input) < 0) {
          throw new IllegalStateException("fewer than none");
        }
      } catch (WireException e) {
        // as it should be
      }
    }
  }

  /** The whole target of a series, to which a source sends anything. */
  public static final class SeriesTargets {
    private static final Path FOLDER = folder();
    private static final Path TARGET = FOLDER.resolve("target");

    public static void fuzzerTestOneInput(byte[] input) {
      remake(TARGET);
      makeDirectory(TARGET.resolve("d/in")); // one to be renamed
      run(
          channel ->
              SeriesRequest.exact(Names.of("/none"), Names.of(TARGET.toString()), List.of())
                  .send(channel),
          input,
          (channel, request) -> {
            try {
              new SeriesTargetAbility()
                  .serve(channel, SeriesTargetAbility.argument(KnownTarget.NONE));
            } catch (WireException e) {
              channel.fail("refused"); // as it should be
            }
          },
          TestingRun.request(rules(0), "unused", "unused"));
      requireUntouched(FOLDER);
    }
  }

  /** The source of a series, which has listed its tree, and to which a target says anything. */
  public static final class SeriesSources {
    private static final Path FOLDER = folder();

    public static void fuzzerTestOneInput(byte[] input) {
      SeriesRequest request =
          SeriesRequest.exact(
              Names.of(FOLDER.resolve("source").toString()), Names.of("/none"), List.of());
      run(
          channel -> {
            // Until the first copy is under way, of which a target may speak.
            byte[] message = channel.receive();
            while (message != null && message[0] != SeriesFrames.COPY) {
              message = channel.receive();
            }
          },
          input,
          (channel, unused) -> {
            TreeRoot root = TreeRoot.open(request.source());
            try (SeriesSource source = SeriesSource.start(root, request, channel, words -> {})) {
              source.look(new Look().tree(Paths.NONE, Duration.ZERO));
              source.finish();
            } catch (WireException e) {
              if (String.valueOf(e.getMessage()).startsWith("the copy failed inside")) {
                throw e;
              }
            }
          },
          TestingRun.request(rules(0), "unused", "unused"));
    }
  }

  private interface Side {
    void run(Channel channel, CopyRequest request) throws Exception;
  }

  private interface Beginning {
    void make(Channel channel) throws Exception;
  }

  /** Lets a side run while it gets what a beginning and then the input say. */
  private static void run(Beginning beginning, byte[] input, Side side, CopyRequest request) {
    InMemoryChannels.ChannelPair pair = InMemoryChannels.pair("honest", "liar");
    List<Throwable> thrown = new ArrayList<>();
    Thread honest =
        Thread.ofPlatform()
            .start(
                () -> {
                  try (Channel channel = pair.a()) {
                    side.run(channel, request);
                  } catch (CopyException e) {
                    // as it should be
                  } catch (Throwable e) {
                    thrown.add(e);
                  }
                });
    try (Channel channel = pair.b()) {
      beginning.make(channel);
      for (byte[] message : messages(input, 1)) {
        channel.send(message);
      }
      channel.finish();
      while (channel.receive() != null) {}
    } catch (WireException e) {
      // It was refused.
    } catch (Exception e) {
      thrown.add(e);
    }
    try {
      honest.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!thrown.isEmpty()) {
      throw new IllegalStateException(thrown.getFirst());
    }
  }

  private static void requireUntouched(Path folder) {
    try (Stream<Path> names = Files.list(folder)) {
      List<String> found = names.map(name -> name.getFileName().toString()).sorted().toList();
      if (!found.equals(List.of("source", "target"))) {
        throw new IllegalStateException("outside of the target there is " + found);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path folder() {
    try {
      Path memory = Path.of("/dev/shm");
      Path folder =
          Files.isWritable(memory)
              ? Files.createTempDirectory(memory, "godwit-fuzz")
              : Files.createTempDirectory("godwit-fuzz");
      Path source = Files.createDirectories(folder.resolve("source/d"));
      Files.createDirectories(folder.resolve("target"));
      Files.writeString(source.resolve("c"), "c");
      for (String name : List.of("a", "b")) {
        Files.writeString(folder.resolve("source").resolve(name), name.repeat(3000));
      }
      Files.createSymbolicLink(folder.resolve("source/l"), Path.of("a"));
      Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(folder, path -> true)));
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void makeDirectory(Path path) {
    try {
      var unused = Files.createDirectories(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void remake(Path target) {
    remove(target, path -> !path.equals(target));
    try {
      Files.write(target.resolve("mine"), new byte[2500]);
      Files.writeString(target.resolve("extra"), "extra");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void remove(Path root, java.util.function.Predicate<Path> which) {
    try (Stream<Path> walk = Files.walk(root)) {
      for (Path path : walk.sorted(Comparator.reverseOrder()).filter(which).toList()) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
