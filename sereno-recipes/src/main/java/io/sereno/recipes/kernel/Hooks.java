package io.sereno.recipes.kernel;

import io.sereno.SerenoMeter;
import io.sereno.SerenoObserver;
import java.util.List;

/** Who hears what happens in a client, besides the log. */
public record Hooks(List<SerenoObserver> observers, List<SerenoMeter> meters) {
    public static final Hooks NONE = new Hooks(List.of(), List.of());

    public Hooks {
        observers = List.copyOf(observers);
        meters = List.copyOf(meters);
    }
}
