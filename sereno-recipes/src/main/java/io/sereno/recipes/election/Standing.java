package io.sereno.recipes.election;

import io.sereno.spi.Entry;
import org.jspecify.annotations.Nullable;

/**
 * What the entry of a candidate says about the succession, in lines after the card: {@code priority N}, and {@code preparing}, {@code ready} and {@code
 * took-over}, each followed by the step that it belongs to. A line that is missing, or that cannot be read, says nothing.
 *
 * @param priority 0 if the line is missing
 * @param preparing written by a leader: this peer is to take over
 * @param ready written by that peer: it is prepared to take over from this leader
 * @param tookOver written by that peer when it leads: it took over from this leader
 */
record Standing(
        int priority,
        @Nullable Step preparing,
        @Nullable Step ready,
        @Nullable Step tookOver) {
    /**
     * One attempt to hand the leadership over.
     *
     * @param incarnation of the other candidate: of the peer if the leader writes it, else of the leader
     * @param attempt by which the leader distinguishes its attempts
     */
    record Step(long incarnation, long attempt) {}

    static Standing of(Entry place) {
        int priority = 0;
        Step preparing = null;
        Step ready = null;
        Step tookOver = null;
        for (String line : place.value().toUtf8().split("\n", -1)) {
            String[] words = line.split(" ", -1);
            switch (words[0]) {
                case "priority" -> priority = priority(words);
                case "preparing" -> preparing = step(words);
                case "ready" -> ready = step(words);
                case "took-over" -> tookOver = step(words);
                default -> {}
            }
        }
        return new Standing(priority, preparing, ready, tookOver);
    }

    private static int priority(String[] words) {
        return words.length == 2 && words[1].matches("-?[0-9]{1,10}")
                ? (int) Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, Long.parseLong(words[1])))
                : 0;
    }

    private static @Nullable Step step(String[] words) {
        return words.length == 3 && words[1].matches("[0-9]{1,18}") && words[2].matches("[0-9]{1,18}")
                ? new Step(Long.parseLong(words[1]), Long.parseLong(words[2]))
                : null;
    }

    String lines() {
        StringBuilder lines = new StringBuilder();
        if (priority != 0) {
            lines.append("priority ").append(priority).append('\n');
        }
        append(lines, "preparing", preparing);
        append(lines, "ready", ready);
        append(lines, "took-over", tookOver);
        return lines.toString();
    }

    private static void append(StringBuilder lines, String key, @Nullable Step step) {
        if (step != null) {
            lines.append(key)
                    .append(' ')
                    .append(step.incarnation)
                    .append(' ')
                    .append(step.attempt)
                    .append('\n');
        }
    }
}
