package io.sereno.benchmarks;

import java.util.List;

/** The middle and the spread of windows; with an even number of windows the middle is the mean of the two in the middle. */
record Stats(double median, double least, double most) {
    static Stats of(List<Double> values) {
        if (values.isEmpty()) {
            throw new IllegalArgumentException("no values");
        }
        List<Double> sorted = values.stream().sorted().toList();
        int half = sorted.size() / 2;
        double median = sorted.size() % 2 == 1 ? sorted.get(half) : (sorted.get(half - 1) + sorted.get(half)) / 2;
        return new Stats(median, sorted.get(0), sorted.get(sorted.size() - 1));
    }
}
