package io.sereno.tck.history;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/** How often a history could have broken a rule and did not, for each rule. */
final class Evidence {
    private final Map<String, Long> counts = new TreeMap<>();

    void add(String rule) {
        add(rule, 1);
    }

    void add(String rule, long more) {
        counts.merge(rule, more, Long::sum);
    }

    Map<String, Long> counts() {
        return Collections.unmodifiableMap(counts);
    }
}
