package dev.godwit.service;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A service as bytes of a message; every field is bounded (H40). */
public final class ServiceCodec {
  static final int TEXT_MAX = 4096;
  private static final int WORDS_MAX = 256;
  private static final int PORTS_MAX = 1024;
  private static final int CHECKS_MAX = 64;
  static final int SERVICES_MAX = 1000;

  /** Of what is told of a host's processes. */
  static final int LINES_MAX = 10_000;

  private static final long LIMIT_MILLIS_MAX = 3_600_000;

  private ServiceCodec() {}

  public static void write(MessageWriter out, Service service) {
    out.text(service.name());
    switch (service.control()) {
      case Control.Unit unit -> out.u8(1).text(unit.unit());
      case Control.Commands commands ->
          out.u8(2)
              .texts(commands.start())
              .texts(commands.stop())
              .texts(commands.state())
              .texts(commands.fence())
              .texts(commands.unfence())
              .texts(commands.fenced());
      case Control.Script script -> out.u8(3).text(script.name());
      case Control.Staged staged -> staged.unit().write(out.u8(4));
    }
    out.list(service.ports(), MessageWriter::u32);
    out.list(service.checks(), ServiceCodec::writeCheck);
    out.texts(service.after());
    out.bool(service.when() == Service.When.ALREADY_RUNNING);
    out.u64(service.stopping().limit().toMillis());
    out.bool(service.stopping().past() == Service.Past.END);
  }

  public static Service read(MessageReader in) throws WireException {
    String name = in.text(TEXT_MAX);
    Control control =
        switch (in.u8()) {
          case 1 -> new Control.Unit(in.text(TEXT_MAX));
          case 2 ->
              new Control.Commands(
                  words(in), words(in), words(in), words(in), words(in), words(in));
          case 3 -> script(in.text(TEXT_MAX));
          case 4 -> new Control.Staged(KnownUnit.read(in));
          default -> throw new WireException("malformed message: an unknown kind of service");
        };
    return new Service(
        name,
        control,
        in.list(PORTS_MAX, r -> r.count(65_535)),
        in.list(CHECKS_MAX, ServiceCodec::readCheck),
        in.texts(SERVICES_MAX, TEXT_MAX),
        in.bool() ? Service.When.ALREADY_RUNNING : Service.When.AT_CUTOVER,
        new Service.Stopping(
            Duration.ofMillis(Math.clamp(in.u64(), 0, LIMIT_MILLIS_MAX)),
            in.bool() ? Service.Past.END : Service.Past.BACK));
  }

  /** A name that leads out of the folder of init scripts would run any program. */
  private static Control script(String name) throws WireException {
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9@._-]*")) {
      throw new WireException("malformed message: not the name of an init script");
    }
    return new Control.Script(name);
  }

  private static List<String> words(MessageReader in) throws WireException {
    return in.texts(WORDS_MAX, TEXT_MAX);
  }

  public static void writeCheck(MessageWriter out, Check check) {
    switch (check) {
      case Check.Tcp tcp -> out.u8(1).u32(tcp.port());
      case Check.Http http ->
          out.u8(2)
              .text(http.url().toString())
              .u32(http.statusFrom())
              .u32(http.statusTo())
              .text(http.contains());
      case Check.Imap imap -> writeLogin(out.u8(3), imap);
      case Check.Pop3 pop3 ->
          out.u8(4).u32(pop3.port()).text(pop3.user()).text(pop3.passwordFile().toString());
      case Check.Smtp smtp -> {
        Check.Mail mail = smtp.mail();
        out.u8(5).u32(smtp.port()).bool(mail != null);
        if (mail != null) {
          writeLogin(out.text(mail.from()).text(mail.to()), mail.arrives());
        }
      }
      case Check.Command command ->
          out.u8(6).texts(command.command()).u64(command.limit().toMillis());
    }
  }

  static void writeLogin(MessageWriter out, Check.Imap imap) {
    String append = imap.append();
    out.u32(imap.port())
        .text(imap.user())
        .text(imap.passwordFile().toString())
        .text(append == null ? "" : append);
  }

  static Check.Imap readLogin(MessageReader in) throws WireException {
    int port = in.count(65_535);
    String user = in.text(TEXT_MAX);
    Path passwordFile = in.path(TEXT_MAX);
    String append = in.text(TEXT_MAX);
    return new Check.Imap(port, user, passwordFile, append.isEmpty() ? null : append);
  }

  private static Check.Smtp readSmtp(MessageReader in) throws WireException {
    int port = in.count(65_535);
    return new Check.Smtp(
        port,
        in.bool() ? new Check.Mail(in.text(TEXT_MAX), in.text(TEXT_MAX), readLogin(in)) : null);
  }

  public static Check readCheck(MessageReader in) throws WireException {
    return switch (in.u8()) {
      case 1 -> new Check.Tcp(in.count(65_535));
      case 2 ->
          new Check.Http(uri(in.text(TEXT_MAX)), in.count(999), in.count(999), in.text(TEXT_MAX));
      case 3 -> readLogin(in);
      case 4 -> new Check.Pop3(in.count(65_535), in.text(TEXT_MAX), in.path(TEXT_MAX));
      case 5 -> readSmtp(in);
      case 6 -> readCommand(in);
      default -> throw new WireException("malformed message: an unknown kind of check");
    };
  }

  private static Check.Command readCommand(MessageReader in) throws WireException {
    List<String> command = words(in);
    if (command.isEmpty()) {
      throw new WireException("malformed message: a check without a command");
    }
    return new Check.Command(command, Duration.ofMillis(Math.clamp(in.u64(), 1, LIMIT_MILLIS_MAX)));
  }

  private static URI uri(String text) throws WireException {
    try {
      return URI.create(text);
    } catch (IllegalArgumentException e) {
      throw new WireException("malformed message: not a URL", e);
    }
  }
}
