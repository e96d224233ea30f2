package io.sereno.tck.recipes;

import io.sereno.tck.run.Bench;
import io.sereno.tck.run.RuleFailure;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What contending callers of a recipe saw, recorded once for a run of the kit: the order of what they did, the
 * violations of rules, and how often each rule was tested.
 */
public final class Chronicle {
    private static final int SHOWN = 3;

    private final Bench bench;
    private final long began;
    private final AtomicLong order = new AtomicLong();
    private final Map<String, List<String>> breaches = new LinkedHashMap<>();
    private final Map<String, Long> tried = new LinkedHashMap<>();
    private boolean simulated;
    private String undecided = "";

    public Chronicle(Bench bench) {
        this.bench = bench;
        this.began = bench.now();
    }

    /** A number greater than all before: of two events, the earlier has the smaller number. */
    long tick() {
        return order.incrementAndGet();
    }

    /** The time since the beginning, in readable form. */
    String at() {
        return "+" + Bench.text(bench.since(began));
    }

    /** Records a violation of a rule. */
    synchronized void breach(String rule, String seen) {
        breaches.computeIfAbsent(rule, r -> new ArrayList<>()).add("at " + at() + ": " + seen);
    }

    /** Records that the rule was tested, whether it held or not. */
    synchronized void tried(String rule) {
        tried.merge(rule, 1L, Long::sum);
    }

    public void require(String rule, boolean holds, String otherwise) {
        tried(rule);
        if (!holds) {
            breach(rule, otherwise);
        }
    }

    /** Records that a search was given up. */
    synchronized void undecided(String why) {
        undecided = why;
    }

    /** Whether there was no network; a rule that uses this chronicle has to say so. */
    synchronized void simulated(boolean made) {
        simulated = made;
    }

    /** Fails if the rule was broken; otherwise counts how often it was tested. */
    public synchronized void judge(Bench judging, String rule, long atLeast) {
        if (simulated) {
            judging.simulated();
        }
        List<String> seen = breaches.getOrDefault(rule, List.of());
        if (!seen.isEmpty()) {
            throw new RuleFailure(String.join("\n", seen.subList(0, Math.min(SHOWN, seen.size())))
                    + (seen.size() > SHOWN ? "\nand " + (seen.size() - SHOWN) + " more" : ""));
        }
        if (!undecided.isEmpty()) {
            throw judging.unknown(undecided);
        }
        judging.evidence("tried", tried.getOrDefault(rule, 0L), atLeast);
    }
}
