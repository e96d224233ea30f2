package io.sereno.recipes;

/**
 * How many schedules an exploration tries: as many as a build has time for, three times as many under {@code -Psereno.thorough}, or for a night as
 * many as {@code -Dsereno.schedules=100000} says.
 */
public final class Schedules {
    private Schedules() {}

    public static int inABuild(int few) {
        return Integer.getInteger("sereno.schedules", Boolean.getBoolean("sereno.thorough") ? 3 * few : few);
    }

    /** Of so many, hardly any two are the same. */
    public static int nearlyAll(int few) {
        return (int) (inABuild(few) * 0.97);
    }
}
