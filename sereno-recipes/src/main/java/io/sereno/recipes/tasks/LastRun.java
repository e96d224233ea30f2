package io.sereno.recipes.tasks;

import io.sereno.TaskRun;
import io.sereno.UnreadableEntryException;
import io.sereno.recipes.kernel.Card;
import io.sereno.recipes.kernel.FencingToken;
import io.sereno.recipes.kernel.Place;
import io.sereno.recipes.kernel.Quote;
import io.sereno.spi.Bytes;
import io.sereno.spi.Entry;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What entry {@code last} says about the run that was begun last: a line for each component, {@code end} only when it has ended.
 *
 * @param place of the node that began it; the incarnation counts
 * @param succeeded once it has ended; false before
 */
record LastRun(
        Instant due,
        int attempt,
        Place place,
        String nodeId,
        Instant begun,
        Optional<Instant> ended,
        boolean succeeded) {
    static final String NAME = "last";

    private static final String HEADER = "sereno/1 run\n";
    private static final String SUCCEEDED = "succeeded";
    private static final String FAILED = "failed";

    LastRun ending(Instant now, boolean success) {
        return new LastRun(due, attempt, place, nodeId, begun, Optional.of(now), success);
    }

    Bytes encode() {
        String end = ended.map(at -> "end " + at + " " + (succeeded ? SUCCEEDED : FAILED) + "\n")
                .orElse("");
        return Bytes.utf8(HEADER + "due " + due + "\nattempt " + attempt + "\nplace " + place.name() + " "
                + place.createRevision() + "\nnode " + Card.escape(nodeId) + "\nbegin " + begun + "\n" + end);
    }

    /** A later version may add lines. */
    static LastRun decode(Entry entry) {
        String text = entry.value().toUtf8();
        Map<String, String[]> lines = new HashMap<>();
        for (String line : text.split("\n", -1)) {
            String[] words = line.split(" ", -1);
            lines.put(words[0], words);
        }
        try {
            String[] place = words(lines, "place", 3);
            String[] end = lines.get("end");
            return new LastRun(
                    Instant.parse(words(lines, "due", 2)[1]),
                    Integer.parseInt(words(lines, "attempt", 2)[1]),
                    new Place(place[1], Long.parseLong(place[2])),
                    Card.unescape(words(lines, "node", 2)[1]),
                    Instant.parse(words(lines, "begin", 2)[1]),
                    end == null ? Optional.empty() : Optional.of(Instant.parse(words(lines, "end", 3)[1])),
                    end != null && end[2].equals(SUCCEEDED));
        } catch (DateTimeException | IllegalArgumentException unreadable) {
            throw new UnreadableEntryException(
                    "an entry that should hold the last run of a task holds " + Quote.of(text), unreadable);
        }
    }

    private static String[] words(Map<String, String[]> lines, String key, int count) {
        String[] words = lines.get(key);
        if (words == null || words.length != count) {
            throw new IllegalArgumentException("no line '" + key + "'");
        }
        return words;
    }

    static @Nullable Entry in(List<Entry> entries) {
        for (Entry entry : entries) {
            if (entry.name().equals(NAME)) {
                return entry;
            }
        }
        return null;
    }

    /** {@code queue}: the live places of the directory, read together with this. */
    TaskRun asRun(List<Entry> queue) {
        boolean runs = queue.stream()
                .anyMatch(
                        entry -> entry.name().equals(place.name()) && entry.createRevision() == place.createRevision());
        TaskRun.Outcome outcome;
        if (ended.isPresent()) {
            outcome = succeeded ? TaskRun.Outcome.SUCCEEDED : TaskRun.Outcome.FAILED;
        } else {
            outcome = runs ? TaskRun.Outcome.RUNNING : TaskRun.Outcome.LOST;
        }
        long token = FencingToken.of(place.createRevision(), 0);
        return new TaskRun(due, attempt, nodeId, token, begun, ended, outcome);
    }
}
