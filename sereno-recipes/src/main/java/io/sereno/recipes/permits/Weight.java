package io.sereno.recipes.permits;

import io.sereno.recipes.kernel.Turn;
import io.sereno.spi.Entry;
import java.util.List;
import java.util.regex.Pattern;

/** What a place says about its permits, in lines after the card: {@code weight N}, and {@code held} once they are granted. */
record Weight(long permits, boolean held) {
    /** Of a place that does not say, and of one that no client has put: no limit is so great, and sums of it do not overflow. */
    static final long UNKNOWN = 1L << 40;

    private static final String KEY = "weight ";
    private static final Pattern LINE = Pattern.compile(KEY + "[0-9]{1,10}");
    private static final String HELD = "held";

    static Weight of(Entry place) {
        long permits = UNKNOWN;
        List<String> lines = List.of(place.value().toUtf8().split("\n", -1));
        for (String line : lines) {
            if (LINE.matcher(line).matches() && !Turn.isForeign(place)) {
                permits = Long.parseLong(line.substring(KEY.length()));
            }
        }
        return new Weight(permits, lines.contains(HELD));
    }

    String lines() {
        return KEY + permits + "\n" + (held ? HELD + "\n" : "");
    }
}
