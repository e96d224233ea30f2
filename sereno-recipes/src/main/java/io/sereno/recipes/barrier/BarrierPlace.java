package io.sereno.recipes.barrier;

import io.sereno.recipes.kernel.Card;
import io.sereno.spi.Bytes;
import io.sereno.spi.Entry;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;

/**
 * A place at a barrier: the arrival of one party. Its entry says, in lines after the card, {@code party NAME}, {@code parties N}, and
 * {@code arrived REVISION} if the call had another place before, whose session is lost.
 *
 * @param parties 0 if the entry does not say: then it never counts
 * @param arrived the createRevision of the call's first place
 */
record BarrierPlace(String name, long createRevision, String party, int parties, long arrived) {
    /** The order in which places cross. The places of one commit have one createRevision. */
    static final Comparator<BarrierPlace> ORDER =
            Comparator.comparingLong(BarrierPlace::createRevision).thenComparing(BarrierPlace::name);
    /** The order of the calls of one party, of which the last one counts. */
    static final Comparator<BarrierPlace> CALLS =
            Comparator.comparingLong(BarrierPlace::arrived).thenComparing(BarrierPlace::name);

    private static final String PARTY = "party";
    private static final String PARTIES = "parties";
    private static final String ARRIVED = "arrived";

    static BarrierPlace of(Entry entry) {
        Map<String, String> lines = new HashMap<>();
        for (String line : entry.value().toUtf8().split("\n", -1)) {
            String[] words = line.split(" ", -1);
            if (words.length == 2) {
                lines.put(words[0], words[1]);
            }
        }
        return new BarrierPlace(
                entry.name(),
                entry.createRevision(),
                Card.unescape(lines.getOrDefault(PARTY, "")),
                (int) Math.min(number(lines.getOrDefault(PARTIES, ""), 0), Integer.MAX_VALUE),
                number(lines.getOrDefault(ARRIVED, ""), entry.createRevision()));
    }

    private static long number(String digits, long otherwise) {
        return digits.matches("[0-9]{1,16}") ? Long.parseLong(digits) : otherwise;
    }

    /** {@code arrived}: 0 if the call had no place before. */
    static Bytes encode(Card card, String party, int parties, long arrived) {
        return card.encode(PARTY + " " + Card.escape(party) + "\n" + PARTIES + " " + parties + "\n"
                + (arrived == 0 ? "" : ARRIVED + " " + arrived + "\n"));
    }
}
