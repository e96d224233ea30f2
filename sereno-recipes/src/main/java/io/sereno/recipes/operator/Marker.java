package io.sereno.recipes.operator;

import io.sereno.recipes.kernel.Card;
import io.sereno.spi.Entry;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * The marker of a session, as an operator reads it. Lines that are missing, or that no client of Sereno writes, are left out.
 *
 * @param host empty if it is not known
 * @param ttl zero if it is not known
 * @param version empty if it is not known
 */
record Marker(
        String session,
        long revision,
        long leaseId,
        String nodeId,
        Instant since,
        String host,
        OptionalLong pid,
        Duration ttl,
        String version) {
    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9._-]{1,100}");
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,15}");

    static Marker of(Entry entry) {
        Card card = Card.decode(entry.value());
        String ttl = line(entry, "ttl", NUMBER);
        String pid = line(entry, "pid", NUMBER);
        return new Marker(
                entry.name(),
                entry.createRevision(),
                entry.leaseId(),
                card.nodeId(),
                card.since(),
                line(entry, "host", WORD),
                pid.isEmpty() ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(pid)),
                ttl.isEmpty() ? Duration.ZERO : Duration.ofMillis(Long.parseLong(ttl)),
                line(entry, "version", WORD));
    }

    private static String line(Entry entry, String word, Pattern form) {
        for (String line : entry.value().toUtf8().split("\n", -1)) {
            if (line.startsWith(word + " ")
                    && form.matcher(line.substring(word.length() + 1)).matches()) {
                return line.substring(word.length() + 1);
            }
        }
        return "";
    }
}
