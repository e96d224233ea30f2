package io.sereno.recipes.kernel;

import io.sereno.SerenoMeter;
import io.sereno.SerenoObserver;
import java.util.List;

/** Receivers, besides the log, of what happens in a client. */
public record Hooks(List<SerenoObserver> observers, List<SerenoMeter> meters) {
    public static final Hooks NONE = new Hooks(List.of(), List.of());

    public Hooks {
        observers = List.copyOf(observers);
        meters = List.copyOf(meters);
    }
}
