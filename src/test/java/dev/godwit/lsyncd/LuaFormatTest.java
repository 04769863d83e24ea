package dev.godwit.lsyncd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What Lua makes of values by {@code string.format}; the answers are those of Lua 5.3. */
final class LuaFormatTest {
  private static String printed(String arguments) throws Exception {
    List<String> said = new ArrayList<>();
    byte[] script =
        ("print(string.format(" + arguments + "))").getBytes(StandardCharsets.ISO_8859_1);
    var unused = LuaSandbox.run(script, "script", name -> null, said::add);
    return String.join("\n", said);
  }

  @Test
  void widths_and_precisions_are_lua_s() throws Exception {
    Map<String, String> wanted = new LinkedHashMap<>();
    wanted.put("'%5.2f|', 3.14159", " 3.14|");
    wanted.put("'%-8.3f|', -2.5", "-2.500  |");
    wanted.put("'%08.2f|', -3.14159", "-0003.14|");
    wanted.put("'%+.0f|', 2.5", "+2|");
    wanted.put("'%#.0f|', 3", "3.|");
    wanted.put("'%f|', 1/3", "0.333333|");
    wanted.put("'%10.3e|', 12345.678", " 1.235e+04|");
    wanted.put("'%.0e|', 1500", "2e+03|");
    wanted.put("'%g|', 0.0001", "0.0001|");
    wanted.put("'%g|', 0.00001234", "1.234e-05|");
    wanted.put("'%g|', 1000000", "1e+06|");
    wanted.put("'%g|', 123456", "123456|");
    wanted.put("'%.3g|', 1234.5", "1.23e+03|");
    wanted.put("'%#g|', 1.5", "1.50000|");
    wanted.put("'%G|', 1e-10", "1E-10|");
    wanted.put("'%g|', 0", "0|");
    wanted.put("'%e|', 0", "0.000000e+00|");
    wanted.put("'%.10g|', 0.1", "0.1|");
    wanted.put("'%.17g|', 0.1", "0.10000000000000001|");
    wanted.put("'%5d|', 42", "   42|");
    wanted.put("'%-5d|', 42", "42   |");
    wanted.put("'%05d|', -42", "-0042|");
    wanted.put("'%+d|', 42", "+42|");
    wanted.put("'% d|', 42", " 42|");
    wanted.put("'%.4d|', 42", "0042|");
    wanted.put("'%8.4d|', -42", "   -0042|");
    wanted.put("'%08.4d|', 42", "    0042|");
    wanted.put("'%x|', 255", "ff|");
    wanted.put("'%#x|', 255", "0xff|");
    wanted.put("'%#08X|', 255", "0X0000FF|");
    wanted.put("'%o|', 8", "10|");
    wanted.put("'%#o|', 8", "010|");
    wanted.put("'%x|', -1", "ffffffffffffffff|");
    wanted.put("'%5s|', \"ab\"", "   ab|");
    wanted.put("'%-5s|', \"ab\"", "ab   |");
    wanted.put("'%.1s|', \"ab\"", "a|");
    wanted.put("'%5.1s|', \"ab\"", "    a|");
    wanted.put("'%.9s|', \"ab\"", "ab|");
    wanted.put("'%s|', true", "true|");
    wanted.put("'%.20s|', \"abc\"", "abc|");
    wanted.put("'%c|', 65", "A|");
    wanted.put("'%3c|', 65", "  A|");
    wanted.put("'100%%|'", "100%|");
    wanted.put("'%5.1f|', \"7.25\"", "  7.2|");
    wanted.put("'%10.2f|', 1/0", "       inf|");
    wanted.put("'%05.1f|', -1/0", " -inf|");
    wanted.put(
        "'%.99f|', 0.5",
        "0.500000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000|");
    wanted.put("'%.2f|', 2.675", "2.67|");
    wanted.put("'%.3f|', 1e15", "1000000000000000.000|");
    wanted.put("'%i|', 3", "3|");
    Map<String, String> made = new LinkedHashMap<>();
    for (String arguments : wanted.keySet()) {
      made.put(arguments, printed(arguments));
    }
    assertThat(made).isEqualTo(wanted);
  }

  @Test
  void what_is_no_directive_or_lacks_its_value_is_told() {
    for (String arguments : List.of("'%y', 1", "'%5.2'", "'%d'", "'%f', 'x'", "'%123d', 1")) {
      assertThatThrownBy(() -> printed(arguments))
          .as(arguments)
          .isInstanceOf(LuaSandbox.ScriptException.class)
          .hasMessageStartingWith("script:1");
    }
  }
}
