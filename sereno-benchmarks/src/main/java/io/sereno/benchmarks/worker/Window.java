package io.sereno.benchmarks.worker;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/**
 * What one window showed.
 *
 * @param figures {@code ops} and {@code seconds}, and what else the workload measures; latencies in milliseconds
 * @param faults results that are wrong
 */
record Window(Map<String, Double> figures, List<String> faults) {
    static Window of(long operations, double seconds, Checks checks) {
        return new Window(new TreeMap<>(Map.of("ops", (double) operations, "seconds", seconds)), checks.take());
    }

    Window with(String figure, double value) {
        figures.put(figure, value);
        return this;
    }

    Window with(Histogram nanos) {
        return with("p50", nanos.getValueAtPercentile(50) / 1e6).with("p99", nanos.getValueAtPercentile(99) / 1e6);
    }
}
