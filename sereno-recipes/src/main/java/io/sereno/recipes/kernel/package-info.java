/**
 * What every recipe stands on. Calls go down, signals come up: recipe, {@link io.sereno.recipes.kernel.Turn}, {@link
 * io.sereno.recipes.kernel.Session}, {@link io.sereno.recipes.kernel.Store}, backend.
 *
 * <p>Nothing here parks a thread. State that changes belongs to one {@link io.sereno.recipes.kernel.Strand}, and is touched only by tasks of
 * that strand; completions, notices and timers are such tasks. Only the facade waits, in {@link io.sereno.recipes.kernel.Await}.
 */
@NullMarked
package io.sereno.recipes.kernel;

import org.jspecify.annotations.NullMarked;
