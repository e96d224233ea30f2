package io.sereno.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.simulation.Exploration;
import io.sereno.simulation.Explorer;
import io.sereno.simulation.Fault;
import java.util.EnumSet;
import java.util.Set;

/**
 * Explores a recipe. The number of schedules is what a build has time for; {@code -Psereno.thorough} tries three times as many, and
 * {@code -Dsereno.schedules=100000} that many.
 */
public final class Explorations {
    private Explorations() {}

    /** No schedule fails, and each of these faults strikes in some of them. */
    public static void holds(Explorer explorer, int schedules, Set<Fault> met) {
        explore(explorer, inABuild(schedules), met);
    }

    /** Nearly all schedules are different. */
    public static void holdsInDistinctSchedules(Explorer explorer, int schedules, Set<Fault> met) {
        Exploration found = explore(explorer, inABuild(schedules), met);
        assertThat(found.distinct()).isGreaterThan((int) (inABuild(schedules) * 0.97));
    }

    /** The store goes back to an earlier state: {@link Fault#ROLL_BACK} or {@link Fault#RESTORE}. */
    public static void holdsWhereTheStoreGoesBack(Explorer explorer, int schedules, Fault loss) {
        Set<Fault> faults = EnumSet.of(loss, Fault.LOSE_REPLY, Fault.CUT_OFF, Fault.RESET_WATCHES);
        holds(explorer.seed(5).faults(5, faults), schedules, Set.of(loss));
    }

    /** A planted bug is found within this many schedules. */
    public static void finds(Explorer explorer, int schedules) {
        Exploration found = explorer.schedules(schedules).run();
        System.out.println(found);
        assertThat(found.failure()).isPresent();
    }

    /** The faults that a client survives, and these further ones. */
    public static Set<Fault> survivableAnd(Fault... more) {
        Set<Fault> faults = EnumSet.copyOf(Fault.survivable());
        faults.addAll(Set.of(more));
        return faults;
    }

    /** Exactly this many schedules: none fails, and each of these faults strikes. */
    public static Exploration explore(Explorer explorer, int schedules, Set<Fault> met) {
        Exploration found = explorer.schedules(schedules).run();
        System.out.println(found);
        assertThat(found.failure()).isEmpty();
        assertThat(found.faults().keySet()).containsAll(met);
        return found;
    }

    private static int inABuild(int few) {
        return Integer.getInteger("sereno.schedules", Boolean.getBoolean("sereno.thorough") ? 3 * few : few);
    }
}
