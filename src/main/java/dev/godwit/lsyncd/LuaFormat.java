package dev.godwit.lsyncd;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;

/**
 * Lua's {@code string.format}: LuaJ's own knows no width and no precision of numbers with a
 * fraction, nor of strings. Pure.
 */
final class LuaFormat {
  /** As far as Lua takes them: two digits each. */
  private static final Pattern DIRECTIVE =
      Pattern.compile("%([-+ #0]{0,5})(\\d{0,2})(?:(\\.)(\\d{0,2}))?(.?)", Pattern.DOTALL);

  private static final int PRECISION = 6;

  /** From 10 to its negative power on, a number is written with an exponent by %g. */
  private static final int PLACES_MAX = 4;

  private final String flags;
  private final int width;

  /** -1: none is given. */
  private final int precision;

  private LuaFormat(String flags, int width, int precision) {
    this.flags = flags;
    this.width = width;
    this.precision = precision;
  }

  /**
   * @param quoted what %q makes of a value
   * @throws LuaError for a directive that there is not, or a value that it does not take
   */
  static LuaValue format(Varargs args, LuaValue quoted) {
    String text = bytes(args.checkstring(1));
    StringBuilder made = new StringBuilder();
    int from = 0;
    int argument = 1;
    Matcher directives = DIRECTIVE.matcher(text);
    for (int at = text.indexOf('%'); at >= 0; at = text.indexOf('%', from)) {
      made.append(text, from, at);
      var unused = directives.find(at);
      from = directives.end();
      String kind = directives.group(5);
      if (kind.equals("%") && directives.group().equals("%%")) {
        made.append('%');
        continue;
      }
      argument++;
      LuaFormat one =
          new LuaFormat(
              directives.group(1),
              number(directives.group(2), 0),
              directives.group(3) == null ? -1 : number(directives.group(4), 0));
      made.append(
          kind.equals("q")
              ? bytes(quoted.call(LuaValue.valueOf("%q"), args.checkvalue(argument)).checkstring())
              : one.formatted(kind, args, argument));
    }
    made.append(text, from, text.length());
    return LuaString.valueUsing(made.toString().getBytes(StandardCharsets.ISO_8859_1));
  }

  private static int number(String digits, int otherwise) {
    return digits.isEmpty() ? otherwise : Integer.parseInt(digits);
  }

  private static String bytes(LuaString text) {
    return new String(text.m_bytes, text.m_offset, text.length(), StandardCharsets.ISO_8859_1);
  }

  private String formatted(String kind, Varargs args, int at) {
    return switch (kind) {
      case "d", "i" -> whole(args.checklong(at));
      case "u" -> digits(Long.toUnsignedString(args.checklong(at)), "");
      case "o" -> digits(Long.toOctalString(args.checklong(at)), has('#') ? "0" : "");
      case "x" -> hex(args.checklong(at));
      case "X" -> hex(args.checklong(at)).toUpperCase(Locale.ROOT);
      case "c" -> padded("", String.valueOf((char) (args.checkint(at) & 0xff)), false);
      case "e", "f", "g" -> fraction(kind, args.checkdouble(at));
      case "E", "F", "G" ->
          fraction(kind.toLowerCase(Locale.ROOT), args.checkdouble(at)).toUpperCase(Locale.ROOT);
      case "s" -> text(args.checkvalue(at));
      default ->
          throw new LuaError(
              "string.format: there is no %" + (kind.isEmpty() ? " at the end" : kind));
    };
  }

  private String hex(long value) {
    return digits(Long.toHexString(value), has('#') && value != 0 ? "0x" : "");
  }

  private boolean has(char flag) {
    return flags.indexOf(flag) >= 0;
  }

  private String text(LuaValue value) {
    LuaValue made = value.metatag(LuaValue.TOSTRING);
    LuaValue shown = made.isnil() ? value : made.call(value);
    String text = shown.isstring() ? bytes(shown.strvalue()) : shown.tojstring();
    boolean isCut = precision >= 0 && precision < text.length();
    return padded("", isCut ? text.substring(0, precision) : text, false);
  }

  private String whole(long value) {
    return digits(Long.toString(value).replace("-", ""), sign(value < 0));
  }

  private String sign(boolean isNegative) {
    return isNegative ? "-" : has('+') ? "+" : has(' ') ? " " : "";
  }

  private String digits(String digits, String before) {
    String all = "0".repeat(Math.max(0, precision - digits.length())) + digits;
    return padded(before, all, precision < 0);
  }

  private String padded(String before, String text, boolean mayBeZeros) {
    String pad = " ".repeat(Math.max(0, width - before.length() - text.length()));
    if (has('-')) {
      return before + text + pad;
    }
    return mayBeZeros && has('0') ? before + pad.replace(' ', '0') + text : pad + before + text;
  }

  private String fraction(String kind, double value) {
    String before = sign(value < 0 || 1 / value < 0);
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      return padded(before, Double.isNaN(value) ? "nan" : "inf", false);
    }
    BigDecimal size = new BigDecimal(Math.abs(value));
    int places = precision < 0 ? PRECISION : precision;
    return padded(
        before,
        switch (kind) {
          case "f" -> fixed(size, places, has('#'));
          case "e" -> scientific(size, places, has('#'));
          default -> shortest(size, Math.max(1, places));
        },
        true);
  }

  private static String fixed(BigDecimal size, int places, boolean hasPoint) {
    String text = size.setScale(places, RoundingMode.HALF_EVEN).toPlainString();
    return hasPoint && places == 0 ? text + "." : text;
  }

  private static String scientific(BigDecimal size, int places, boolean hasPoint) {
    BigDecimal rounded = rounded(size, places + 1);
    int exponent = exponent(rounded);
    String digits = fixed(rounded.movePointLeft(exponent), places, hasPoint);
    return digits
        + String.format(Locale.ROOT, "e%s%02d", exponent < 0 ? "-" : "+", Math.abs(exponent));
  }

  private static BigDecimal rounded(BigDecimal size, int digits) {
    return size.round(new MathContext(digits, RoundingMode.HALF_EVEN));
  }

  private static int exponent(BigDecimal size) {
    return size.signum() == 0 ? 0 : size.precision() - size.scale() - 1;
  }

  private String shortest(BigDecimal size, int digits) {
    int exponent = exponent(rounded(size, digits));
    if (exponent < -PLACES_MAX || exponent >= digits) {
      String[] parts = scientific(size, digits - 1, has('#')).split("e", 2);
      return withoutZeros(parts[0]) + "e" + parts[1];
    }
    return withoutZeros(fixed(size, digits - 1 - exponent, has('#')));
  }

  private String withoutZeros(String text) {
    return has('#') || text.indexOf('.') < 0 ? text : text.replaceFirst("\\.?0+$", "");
  }
}
