package io.sereno.recipes.kernel;

import io.sereno.spi.Bytes;
import io.sereno.spi.Entry;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What an entry says about the client that put it: text that an operator can read with the store's own tools, one {@code key value} pair a
 * line, values percent-encoded. The first line is the format's version, which also fixes the factor between createRevision and fencing token.
 *
 * @param since by the wall clock of the client; informative only, no decision depends on it
 */
public record Card(String nodeId, Instant since, Map<String, String> metadata) {
    /** The value of an entry that only keeps a name taken; no recipe sees such an entry. A later version may add lines. */
    public static final Bytes WITHDRAWN = Bytes.utf8("sereno/1 withdrawn\n");

    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private static final String HEADER = "sereno/1 card\n";

    /** Whether a recipe sees the entry: its value does not begin as {@link #WITHDRAWN}. */
    public static boolean isLive(Entry entry) {
        Bytes value = entry.value();
        return value.size() < WITHDRAWN.size()
                || !value.asReadOnlyBuffer().limit(WITHDRAWN.size()).equals(WITHDRAWN.asReadOnlyBuffer());
    }

    public Bytes encode() {
        return encode("");
    }

    /** With further lines of the recipe at the end, each of which ends with a line feed; {@link #decode} skips them. */
    public Bytes encode(String lines) {
        StringBuilder text = new StringBuilder(HEADER);
        text.append("since ")
                .append(since.toEpochMilli())
                .append("\nnode ")
                .append(escape(nodeId))
                .append('\n');
        metadata.forEach((key, value) -> text.append("meta ")
                .append(escape(key))
                .append(' ')
                .append(escape(value))
                .append('\n'));
        return Bytes.utf8(text.append(lines).toString());
    }

    /** Never fails: a line that cannot be read, or that a later version added, is skipped. */
    public static Card decode(Bytes value) {
        String nodeId = "";
        Instant since = Instant.EPOCH;
        Map<String, String> metadata = new LinkedHashMap<>();
        for (String line : value.toUtf8().split("\n", -1)) {
            String[] words = line.split(" ", -1);
            if (words[0].equals("since") && words.length == 2 && words[1].matches("-?[0-9]{1,15}")) {
                since = Instant.ofEpochMilli(Long.parseLong(words[1]));
            } else if (words[0].equals("node") && words.length == 2) {
                nodeId = unescape(words[1]);
            } else if (words[0].equals("meta") && words.length == 3) {
                metadata.put(unescape(words[1]), unescape(words[2]));
            }
        }
        return new Card(nodeId, since, metadata);
    }

    /** As one word of a line. */
    public static String escape(String text) {
        StringBuilder escaped = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            // Characters that would end a word or a line, and the percent sign itself.
            if (c <= ' ' || c == 0x7f || c == '%') {
                escaped.append('%').append(HEX.toHexDigits((byte) c));
            } else {
                escaped.append(c);
            }
        }
        return escaped.toString();
    }

    public static String unescape(String text) {
        StringBuilder plain = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            boolean isEscape = text.charAt(i) == '%'
                    && i + 2 < text.length()
                    && HexFormat.isHexDigit(text.charAt(i + 1))
                    && HexFormat.isHexDigit(text.charAt(i + 2));
            if (isEscape) {
                plain.append((char) HexFormat.fromHexDigits(text, i + 1, i + 3));
                i += 2;
            } else {
                plain.append(text.charAt(i));
            }
        }
        return plain.toString();
    }
}
