package io.sereno.tck;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What came out of one run of one test.
 *
 * @param test what was run
 * @param verdict what it says
 * @param evidence how often what was seen
 * @param why in one line what stands against PASS, else empty
 * @param failure what was thrown, with the whole message
 * @param millis how long it took
 */
record Outcome(
        RuleTest test,
        Verdict verdict,
        Map<String, Long> evidence,
        String why,
        @Nullable Throwable failure,
        long millis) {
    /** The same, and how often one thing more was seen. */
    Outcome with(String what, long often) {
        Map<String, Long> more = new LinkedHashMap<>(evidence);
        more.put(what, often);
        return new Outcome(test, verdict, more, why, failure, millis);
    }
}
