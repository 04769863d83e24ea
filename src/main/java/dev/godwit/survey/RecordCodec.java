package dev.godwit.survey;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.List;

/**
 * Facts on the wire: the components of a record in their order, each as {@link MessageWriter} has
 * it. A component is an int, a long, a boolean, a String, another record or a List of these. The
 * type is named by who reads, never by who sends.
 */
final class RecordCodec {
  static final int TEXT_BYTES_MAX = 64 * 1024;
  static final int LIST_MAX = 200_000;

  private RecordCodec() {}

  static byte[] encode(Record value) {
    MessageWriter out = new MessageWriter(4096);
    write(out, value);
    return out.toBytes();
  }

  /**
   * Reads what {@link #encode} wrote of the same type.
   *
   * @throws WireException when the message is malformed
   */
  static <T extends Record> T decode(Class<T> type, byte[] message) throws WireException {
    MessageReader in = new MessageReader(message);
    T value = type.cast(read(in, type));
    in.end();
    return value;
  }

  private static void write(MessageWriter out, Object value) {
    switch (value) {
      case Integer number -> out.u32(number);
      case Long number -> out.u64(number);
      case Boolean truth -> out.bool(truth);
      case String text -> out.text(text);
      case List<?> list -> out.list(list, RecordCodec::write);
      case Record inner -> {
        for (RecordComponent component : inner.getClass().getRecordComponents()) {
          write(out, component(inner, component));
        }
      }
      default -> throw new IllegalArgumentException("not a fact: " + value.getClass());
    }
  }

  private static Object component(Record value, RecordComponent component) {
    try {
      return component.getAccessor().invoke(value);
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException("a fact must be a public record: " + value.getClass(), e);
    }
  }

  private static Object read(MessageReader in, Type type) throws WireException {
    if (type == int.class || type == Integer.class) {
      return in.u32();
    }
    if (type == long.class || type == Long.class) {
      return in.u64();
    }
    if (type == boolean.class || type == Boolean.class) {
      return in.bool();
    }
    if (type == String.class) {
      return in.text(TEXT_BYTES_MAX);
    }
    if (type instanceof ParameterizedType list && list.getRawType() == List.class) {
      Type element = list.getActualTypeArguments()[0];
      return in.list(LIST_MAX, reader -> read(reader, element));
    }
    if (type instanceof Class<?> inner && inner.isRecord()) {
      return readRecord(in, inner);
    }
    throw new IllegalArgumentException("not a fact: " + type);
  }

  private static Object readRecord(MessageReader in, Class<?> type) throws WireException {
    RecordComponent[] components = type.getRecordComponents();
    Class<?>[] types = new Class<?>[components.length];
    Object[] values = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      types[i] = components[i].getType();
      values[i] = read(in, components[i].getGenericType());
    }
    try {
      return type.getDeclaredConstructor(types).newInstance(values);
    } catch (InvocationTargetException e) {
      throw new WireException("malformed message: " + e.getCause(), e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("a fact must be a public record: " + type, e);
    }
  }
}
