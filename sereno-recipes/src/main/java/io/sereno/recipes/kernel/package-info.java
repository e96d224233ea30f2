/**
 * The foundation of all recipes. Calls go down, signals come up: recipe, {@link io.sereno.recipes.kernel.Turn},
 * {@link io.sereno.recipes.kernel.Session}, {@link io.sereno.recipes.kernel.Store}, backend.
 *
 * <p>Nothing here blocks a thread. Mutable state belongs to one {@link io.sereno.recipes.kernel.Strand}, and only tasks of that strand access it;
 * completions, notices and timers are such tasks. Only the facade waits, in {@link io.sereno.recipes.kernel.Await}.
 */
@NullMarked
package io.sereno.recipes.kernel;

import org.jspecify.annotations.NullMarked;
