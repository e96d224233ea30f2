package io.sereno.simulation;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The result of an {@link Explorer}.
 *
 * @param name of the explorer
 * @param seed from which the schedules' seeds were made
 * @param schedules how many ran
 * @param distinct how many of them differ in the order of their events or in their faults
 * @param events how many happened in all of them
 * @param faults how many of each kind happened in all of them
 * @param failure the first schedule that failed; none ran after it
 */
public record Exploration(
        String name,
        long seed,
        int schedules,
        int distinct,
        long events,
        Map<Fault, Long> faults,
        Optional<Failure> failure) {
    /** Copies the counts. */
    public Exploration {
        faults = Map.copyOf(faults);
    }

    /**
     * A schedule that failed.
     *
     * @param schedule its own seed, for {@link Explorer#repeat}
     * @param what what went wrong
     * @param cause the exception, if there was one
     * @param trace the events in their order: number, time, owner, description; and the faults among them
     * @param howToRepeat one line of code
     */
    public record Failure(
            long schedule, String what, Optional<Throwable> cause, List<String> trace, String howToRepeat) {
        public Failure {
            trace = List.copyOf(trace);
        }

        @Override
        public String toString() {
            StringWriter text = new StringWriter();
            PrintWriter lines = new PrintWriter(text);
            lines.println(what);
            trace.forEach(lines::println);
            cause.ifPresent(thrown -> thrown.printStackTrace(lines));
            lines.println(what);
            lines.print(howToRepeat);
            return text.toString();
        }
    }

    /** One line: how much was explored, and whether there was a failure. */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%s: %,d schedules, %,d of them distinct, %,d events, %,d faults, seed %d: %s",
                name,
                schedules,
                distinct,
                events,
                faults.values().stream().mapToLong(Long::longValue).sum(),
                seed,
                failure.map(found -> "FAILED, " + found.what()).orElse("all well"));
    }
}
