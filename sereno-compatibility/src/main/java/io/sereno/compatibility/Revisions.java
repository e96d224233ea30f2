package io.sereno.compatibility;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The createRevisions of a kept store and those that the records get when they are loaded: a store gives revisions itself, and
 * some values name the createRevision of another entry. The first word of a record is its createRevision.
 */
final class Revisions {
    /** The stream of a topic's batch or position, and the wait group of a claim. */
    private static final Pattern REFERENCE = Pattern.compile("(?m)^(stream|meta group) (\\d+)$");

    private final Map<Long, Long> given = new HashMap<>();

    void given(long kept, long now) {
        given.put(kept, now);
    }

    /** The value with the revisions that the entries have now. */
    String translate(String value) {
        return REFERENCE
                .matcher(value)
                .replaceAll(found -> Matcher.quoteReplacement(
                        found.group(1) + " " + given.getOrDefault(Long.parseLong(found.group(2)), 0L)));
    }

    /** Those that one commit created, oldest first. */
    static Collection<List<Stored>> byCommit(List<Stored> records) {
        Map<Long, List<Stored>> commits = new LinkedHashMap<>();
        for (Stored each : records) {
            commits.computeIfAbsent(each.number(0), revision -> new ArrayList<>())
                    .add(each);
        }
        return commits.values();
    }
}
