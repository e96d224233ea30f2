package io.sereno.recipes.waitgroup;

import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Card;
import io.sereno.recipes.kernel.Change;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.Session;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A tracked place, as its worker's client knows it. Stored: its <em>claim</em>, which has no lease, and its <em>life</em>, under the
 * session of the client. Both are put in one commit and deleted in one commit; a claim without a life is a lost worker.
 *
 * @param revision the createRevision of both entries
 * @param group the createRevision of the header: a group that was deleted and used again is another group
 * @param number from 1; no other worker of the generation has it
 */
record WaitGroupPlace(Session session, String id, long revision, long group, long generation, int number) {
    static final String CLAIM = "c-";
    static final String LIFE = "l-";

    private static final String GROUP = "group";
    private static final String GENERATION = "generation";
    private static final String NUMBER = "number";

    /** The place no longer exists. */
    static final class Gone extends IllegalStateException {
        private static final long serialVersionUID = 1L;

        Gone(String message) {
            super(message);
        }
    }

    /** Whether a claim belongs to a generation. */
    static boolean isOf(Entry claim, long group, long generation) {
        Map<String, String> metadata = Card.decode(claim.value()).metadata();
        return Long.toString(group).equals(metadata.get(GROUP))
                && Long.toString(generation).equals(metadata.get(GENERATION));
    }

    /** The number that a claim has; 0 if a former version put it. */
    static int number(Entry claim) {
        return Integer.parseInt(Card.decode(claim.value()).metadata().getOrDefault(NUMBER, "0"));
    }

    WaitGroupState.Worker worker() {
        return new WaitGroupState.Worker(id, number);
    }

    String life() {
        return LIFE + id;
    }

    /** Takes a place. */
    static final class Joining extends Change<WaitGroupState, WaitGroupPlace> {
        private final Scope scope;
        private final Consumer<WaitGroupPlace> onLate;
        private @Nullable Session session;
        private String id = "";
        private long group;
        private long generation;
        private int number;

        /** {@code onLate} gets a place that was taken after all, after an unknown outcome had been reported to the caller. */
        Joining(Scope scope, Consumer<WaitGroupPlace> onLate) {
            super("join", scope.kernel());
            this.scope = scope;
            this.onLate = onLate;
        }

        @Override
        protected WaitGroupState apply(WaitGroupState state, long incarnation) {
            WaitGroupRecipe.requireFree(scope, operation(), state, state.hasRoom());
            group = incarnation;
            generation = state.generation();
            number = state.numbers().first();
            return state.join();
        }

        @Override
        protected boolean isAlone() {
            return true;
        }

        @Override
        protected void write(Commit.Builder commit, Session under, long incarnation) {
            Kernel kernel = scope.kernel();
            session = under;
            id = under.nextName();
            Map<String, String> where = Map.of(
                    GROUP,
                    Long.toString(group),
                    GENERATION,
                    Long.toString(generation),
                    NUMBER,
                    Integer.toString(number));
            Card claim = new Card(kernel.nodeId(), kernel.time().wall(), where);
            Card life = new Card(kernel.nodeId(), kernel.time().wall(), Map.of());
            commit.put(CLAIM + id, claim.encode()).put(LIFE + id, life.encode(), under.leaseId());
        }

        @Override
        protected WaitGroupPlace result(long revision) {
            if (session == null) {
                throw new IllegalStateException("no place was taken");
            }
            return new WaitGroupPlace(session, id, revision, group, generation, number);
        }

        @Override
        protected void appliedLate(long revision) {
            onLate.accept(result(revision));
        }
    }

    /** Leaves a place; fails with {@link Gone} if the place no longer exists. */
    static final class Leaving extends Change<WaitGroupState, Boolean> {
        private final WaitGroupPlace place;
        private final WaitGroupState.Leave how;
        private boolean counted;

        Leaving(String operation, Kernel kernel, WaitGroupPlace place, WaitGroupState.Leave how) {
            super(operation, kernel);
            this.place = place;
            this.how = how;
        }

        /** If the group is another one, the entries are removed all the same. */
        @Override
        protected WaitGroupState apply(WaitGroupState state, long incarnation) {
            if (incarnation == 0) {
                throw refused();
            }
            counted = incarnation == place.group;
            return counted && state.generation() == place.generation
                    ? state.leave(how, List.of(place.worker()))
                    : state;
        }

        @Override
        protected boolean isAlone() {
            return true;
        }

        @Override
        protected void write(Commit.Builder commit, Session under, long incarnation) {
            commit.ifCreateRevision(place.life(), place.revision)
                    .delete(place.life())
                    .delete(CLAIM + place.id);
        }

        /** False if the group is another one. */
        @Override
        protected Boolean result(long revision) {
            return counted;
        }

        @Override
        protected RuntimeException refused() {
            return new Gone("the place " + place.id + " is gone");
        }
    }
}
