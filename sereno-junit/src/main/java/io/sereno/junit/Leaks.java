package io.sereno.junit;

import io.sereno.LossCause;
import io.sereno.SerenoMeter;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** Counts the rights that a client holds and the calls that wait for one. */
final class Leaks implements SerenoMeter {
    private final Map<String, Integer> open = new ConcurrentHashMap<>();

    /** What is open now, as a sentence without its subject. */
    List<String> open() {
        return new TreeMap<>(open)
                .entrySet().stream()
                        .filter(leak -> leak.getValue() > 0)
                        .map(leak -> leak.getKey() + (leak.getValue() == 1 ? "" : ", " + leak.getValue() + " times"))
                        .toList();
    }

    private void count(String verb, String recipe, String name, int change) {
        open.merge(verb + " " + recipe + " '" + name + "'", change, Integer::sum);
    }

    @Override
    public void waiting(String recipe, String name) {
        if (!recipe.equals("election")) { // a candidate may wait to the end: its node closes it
            count("waits for", recipe, name, 1);
        }
    }

    @Override
    public void granted(String recipe, String name, long waitNanos) {
        stopsWaiting(recipe, name);
        count("holds", recipe, name, 1);
    }

    @Override
    public void gaveUp(String recipe, String name, NotGranted why, long waitNanos) {
        stopsWaiting(recipe, name);
    }

    private void stopsWaiting(String recipe, String name) {
        if (!recipe.equals("election")) {
            count("waits for", recipe, name, -1);
        }
    }

    @Override
    public void released(String recipe, String name, long holdNanos) {
        count("holds", recipe, name, -1);
    }

    @Override
    public void lost(String recipe, String name, LossCause cause, long holdNanos) {
        count("holds", recipe, name, -1);
    }
}
