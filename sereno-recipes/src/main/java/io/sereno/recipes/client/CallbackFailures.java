package io.sereno.recipes.client;

import io.sereno.recipes.kernel.Callbacks;
import io.sereno.recipes.kernel.Series;

/**
 * Reports the exceptions of one user's callbacks: each to the observers, and the first of equal ones in a row to the log. Safe for use by multiple
 * threads.
 */
public final class CallbackFailures implements Callbacks.Watcher {
    private final Scope scope;
    private final Series series = new Series();

    public CallbackFailures(Scope scope) {
        this.scope = scope;
    }

    @Override
    public void failed(String what, Throwable thrown) {
        scope.kernel()
                .events()
                .callbackFailed(
                        scope.recipe(), scope.name(), what, scope.about(what), thrown, series.begins(what, thrown));
    }

    @Override
    public void succeeded(String what) {
        series.end(what);
    }
}
