package io.sereno.recipes;

import io.sereno.spi.Commit;
import io.sereno.spi.Condition;
import io.sereno.spi.Write;
import org.jspecify.annotations.Nullable;

/** The purpose of a call of a recipe that stands on one cell, such as the counter. */
public enum CellCall {
    READ,
    CREATION,
    WITHDRAWAL,
    CHANGE,
    CLAIM,
    REMOVAL;

    /** Null for a call that has nothing to do with the cell in this directory. */
    public static @Nullable CellCall of(Wire.Call<?> call, String directory) {
        if (call.commit.isEmpty()) {
            return call.kind == Wire.Kind.READ_ENTRY ? READ : null;
        }
        Commit commit = call.commit.get();
        if (!commit.directory().equals(directory)) {
            return null;
        }
        if (!commit.writes().isEmpty() && commit.writes().stream().allMatch(Write.Delete.class::isInstance)) {
            return REMOVAL;
        }
        if (has(commit, Condition.ModRevision.class)) {
            return CHANGE;
        }
        if (has(commit, Condition.CreateRevision.class)) {
            return CLAIM;
        }
        return commit.writes().size() > 1 ? CREATION : WITHDRAWAL;
    }

    private static boolean has(Commit commit, Class<? extends Condition> kind) {
        return commit.conditions().stream().anyMatch(kind::isInstance);
    }
}
