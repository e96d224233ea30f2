package io.sereno.tck.run;

import io.sereno.tck.Verdict;
import io.sereno.tck.rules.RuleTest;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of one run of one test.
 *
 * @param test what was run
 * @param verdict the verdict
 * @param evidence what was seen, and how often
 * @param why the reason why it is not PASS, in one line; else empty
 * @param failure what was thrown, with the whole message
 * @param millis how long it took
 */
public record Outcome(
        RuleTest test,
        Verdict verdict,
        Map<String, Long> evidence,
        String why,
        @Nullable Throwable failure,
        long millis) {
    /** The same outcome with one more piece of evidence. */
    Outcome with(String what, long often) {
        Map<String, Long> more = new LinkedHashMap<>(evidence);
        more.put(what, often);
        return new Outcome(test, verdict, more, why, failure, millis);
    }
}
