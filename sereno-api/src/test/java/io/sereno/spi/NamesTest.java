package io.sereno.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {
    @ParameterizedTest
    @ValueSource(
            strings = {"a", ".", "..", "/", "//", "%2F", " ", "*", "[a-z]", "\u0001", "\n", "ñ", "€", "😀", "\uffff"})
    void anyOtherTextIsAName(String name) {
        assertThat(Names.check("mutex name", name, 5)).isSameAs(name);
    }

    @Test
    void theEmptyNameIsRefused() {
        assertRefused("", "mutex name takes 0 bytes of UTF-8; 1 to 400 are accepted");
    }

    @Test
    void theCharacterZeroIsRefused() {
        assertRefused("ab\0c", "mutex name has U+0000 at index 2; any other character is accepted");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\ud83d", "a\ud83db", "a\ude00", "a\ude00\ud83d", "a\ud83d\ud83d\ude00"})
    void halfOfASurrogatePairIsRefused(String name) {
        assertRefused(name, "mutex name has half of a surrogate pair at index 1; well-formed Unicode is accepted");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "ñ", "€", "😀", "\u07ff", "\u0800", "\u0080", "a😀ñ€"})
    void theLimitCountsBytesOfUtf8(String name) {
        int bytes = name.getBytes(StandardCharsets.UTF_8).length;
        assertThatCode(() -> Names.check("mutex name", name, bytes)).doesNotThrowAnyException();
        String longer = name + "a";
        assertThatThrownBy(() -> Names.check("mutex name", longer, bytes))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("mutex name takes " + (bytes + 1) + " bytes of UTF-8; 1 to " + bytes + " are accepted: '"
                        + Names.printable(longer) + "'");
    }

    @Test
    void aPrintableTextIsOneLineWithoutControlCharacters() {
        assertThat(Names.printable("x\ny\r\tz\u001b[31m\u0085\u2028\u202e\u2066\u200f\u061c"))
                .isEqualTo("x\\ny\\r\\tz\\u001b[31m\\u0085\\u2028\\u202e\\u2066\\u200f\\u061c");
        assertThat(Names.printable("soft\u00adzero\u200bjoin\u2060bom\ufeff"))
                .isEqualTo("soft\\u00adzero\\u200bjoin\\u2060bom\\ufeff");
        String plain = "a/b c {0} '€' \ud83d\ude00";
        assertThat(Names.printable(plain)).isSameAs(plain);
    }

    @Test
    void aDirectoryAndAnEntryTogetherTake512Bytes() {
        String directory = "d".repeat(112);
        assertThatCode(() -> Names.checkEntry(directory, "€".repeat(133) + "a")).doesNotThrowAnyException();
        String name = "€".repeat(133) + "ab";
        assertThatThrownBy(() -> Names.checkEntry(directory, name))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("entry name takes 401 bytes of UTF-8 and its directory 112; together at most 512 are"
                        + " accepted: '" + name + "'");
    }

    private static void assertRefused(String name, String message) {
        assertThatThrownBy(() -> Names.check("mutex name", name, 400))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void theOrderIsThatOfUnsignedBytesOfUtf8() {
        List<String> letters = List.of(
                "",
                "\u0001",
                "a",
                "b",
                "\u007f",
                "\u0080",
                "\u07ff",
                "\ud7ff",
                "\ue000",
                "\uffff",
                "\ud800\udc00",
                "\udbff\udfff");
        for (String first : letters) {
            for (String second : letters) {
                for (String third : letters) {
                    assertOrder(first + second, third);
                    assertOrder("x" + first, second + third);
                    assertOrder(first + "x", third + second);
                }
            }
        }
    }

    private static void assertOrder(String left, String right) {
        int bytes =
                Arrays.compareUnsigned(left.getBytes(StandardCharsets.UTF_8), right.getBytes(StandardCharsets.UTF_8));
        assertThat(Integer.signum(Names.ORDER.compare(left, right))).isEqualTo(Integer.signum(bytes));
        assertThat(Integer.signum(Names.ORDER.compare(right, left))).isEqualTo(-Integer.signum(bytes));
    }
}
