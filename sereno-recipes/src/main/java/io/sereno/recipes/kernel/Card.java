package io.sereno.recipes.kernel;

import io.sereno.spi.Bytes;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What an entry says of the client that put it: text that an operator can read with the store's own tools, one {@code key value} pair a line,
 * values percent-encoded. The first line is the format's version: the factor between createRevision and fencing token hangs on it.
 *
 * @param since by the wall clock of the client; informative, nothing is decided by it
 */
public record Card(String nodeId, Instant since, Map<String, String> metadata) {
    /** The value of an entry that only keeps a name taken; no recipe sees such an entry. */
    static final Bytes WITHDRAWN = Bytes.utf8("sereno/1 withdrawn\n");

    private static final String HEADER = "sereno/1 card\n";

    public Bytes encode() {
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
        return Bytes.utf8(text.toString());
    }

    public static Card decode(Bytes value) {
        String nodeId = "";
        Instant since = Instant.EPOCH;
        Map<String, String> metadata = new LinkedHashMap<>();
        for (String line : value.toUtf8().split("\n", -1)) {
            String[] words = line.split(" ", -1);
            switch (words[0]) {
                case "since" -> since = Instant.ofEpochMilli(Long.parseLong(words[1]));
                case "node" -> nodeId = unescape(words[1]);
                case "meta" -> metadata.put(unescape(words[1]), unescape(words[2]));
                default -> {
                    // The header, the empty rest behind the last line, or what a later version added.
                }
            }
        }
        return new Card(nodeId, since, metadata);
    }

    private static String escape(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static String unescape(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }
}
