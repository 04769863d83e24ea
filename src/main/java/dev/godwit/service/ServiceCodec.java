package dev.godwit.service;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.net.URI;
import java.nio.file.Path;

/** A service as bytes of a message; every field is bounded (H40). */
public final class ServiceCodec {
  private static final int TEXT_MAX = 4096;
  private static final int WORDS_MAX = 256;
  private static final int PORTS_MAX = 1024;
  private static final int CHECKS_MAX = 64;

  private ServiceCodec() {}

  public static void write(MessageWriter out, Service service) {
    out.text(service.name());
    switch (service.control()) {
      case Control.Unit unit -> out.u8(1).text(unit.unit());
      case Control.Commands commands ->
          out.u8(2).texts(commands.start()).texts(commands.stop()).texts(commands.state());
    }
    out.list(service.ports(), MessageWriter::u32);
    out.list(service.checks(), ServiceCodec::writeCheck);
  }

  public static Service read(MessageReader in) throws WireException {
    String name = in.text(TEXT_MAX);
    Control control =
        switch (in.u8()) {
          case 1 -> new Control.Unit(in.text(TEXT_MAX));
          case 2 -> new Control.Commands(words(in), words(in), words(in));
          default -> throw new WireException("malformed message: an unknown kind of service");
        };
    return new Service(
        name,
        control,
        in.list(PORTS_MAX, r -> r.count(65_535)),
        in.list(CHECKS_MAX, ServiceCodec::readCheck));
  }

  private static java.util.List<String> words(MessageReader in) throws WireException {
    return in.texts(WORDS_MAX, TEXT_MAX);
  }

  public static void writeCheck(MessageWriter out, Check check) {
    switch (check) {
      case Check.Tcp tcp -> out.u8(1).u32(tcp.port());
      case Check.Http http ->
          out.u8(2).text(http.url().toString()).u32(http.statusFrom()).u32(http.statusTo());
      case Check.Imap imap ->
          out.u8(3).u32(imap.port()).text(imap.user()).text(imap.passwordFile().toString());
    }
  }

  public static Check readCheck(MessageReader in) throws WireException {
    return switch (in.u8()) {
      case 1 -> new Check.Tcp(in.count(65_535));
      case 2 -> new Check.Http(uri(in.text(TEXT_MAX)), in.count(999), in.count(999));
      case 3 -> new Check.Imap(in.count(65_535), in.text(TEXT_MAX), Path.of(in.text(TEXT_MAX)));
      default -> throw new WireException("malformed message: an unknown kind of check");
    };
  }

  private static URI uri(String text) throws WireException {
    try {
      return URI.create(text);
    } catch (IllegalArgumentException e) {
      throw new WireException("malformed message: not a URL", e);
    }
  }
}
