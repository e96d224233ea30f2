package io.sereno.benchmarks.worker;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Collects wrong results: each kind once, with how often it was seen. */
final class Checks {
    private final Map<String, Long> faults = new TreeMap<>();

    synchronized void fault(String kind) {
        faults.merge(kind, 1L, Long::sum);
    }

    void equal(String what, long expected, long found) {
        if (expected != found) {
            fault(what + ": " + found + ", expected " + expected);
        }
    }

    /** The faults since the last call. */
    synchronized List<String> take() {
        List<String> taken = new ArrayList<>();
        faults.forEach((kind, times) -> taken.add(times == 1 ? kind : kind + " (" + times + " times)"));
        faults.clear();
        return taken;
    }
}
