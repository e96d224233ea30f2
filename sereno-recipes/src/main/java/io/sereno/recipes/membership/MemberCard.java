package io.sereno.recipes.membership;

import io.sereno.recipes.kernel.Card;
import io.sereno.spi.Bytes;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The value of a member's entry: a card with two more lines.
 *
 * @param attempt the attempt that put the entry; unique, so that its client recognizes the entry after an unknown outcome
 * @param ttl how long the entry can outlast its process, so that a successor knows how long to wait
 */
public record MemberCard(Card card, String attempt, Duration ttl) {
    private static final String ATTEMPT = "attempt ";
    private static final String TTL = "ttl ";
    private static final Pattern TTL_LINE = Pattern.compile(TTL + "([0-9]{1,15})");

    public Bytes encode() {
        return Bytes.utf8(card.encode().toUtf8() + ATTEMPT + attempt + "\n" + TTL + ttl.toMillis() + "\n");
    }

    /** The session of the attempt; empty if it is unreadable. */
    String session() {
        return attempt.substring(0, Math.max(0, attempt.lastIndexOf('-')));
    }

    boolean isUnder(String session) {
        return !session.isEmpty() && session().equals(session);
    }

    /** Never fails: unreadable fields are empty, or zero. */
    public static MemberCard decode(Bytes value) {
        String attempt = "";
        Duration ttl = Duration.ZERO;
        for (String line : value.toUtf8().split("\n", -1)) {
            if (line.startsWith(ATTEMPT)) {
                attempt = line.substring(ATTEMPT.length());
            } else {
                Matcher form = TTL_LINE.matcher(line);
                if (form.matches()) {
                    ttl = Duration.ofMillis(Long.parseLong(form.group(1)));
                }
            }
        }
        return new MemberCard(Card.decode(value), attempt, ttl);
    }
}
