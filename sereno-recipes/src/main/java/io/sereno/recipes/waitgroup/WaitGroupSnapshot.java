package io.sereno.recipes.waitgroup;

import static io.sereno.recipes.waitgroup.WaitGroupPlace.CLAIM;
import static io.sereno.recipes.waitgroup.WaitGroupPlace.LIFE;

import io.sereno.WaitGroup;
import io.sereno.recipes.kernel.Change;
import io.sereno.recipes.kernel.Kernel;
import io.sereno.recipes.kernel.Session;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Snapshot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A wait group as one read of its directory showed it. The entries may be of different moments, so a statement about two of them, such as
 * that a claim has no life, is only a suspicion.
 *
 * @param group the createRevision of the header; 0 if there is none
 * @param allClaims of any group and generation, the oldest first
 * @param lifeless claims without a life, of any group and generation; the oldest first
 */
record WaitGroupSnapshot(long group, WaitGroupState state, List<Entry> allClaims, List<Entry> lifeless) {
    /** A commit may have at least 32 conditions: one for the header, two for each of these. */
    private static final int MOST_SETTLED = 15;

    static WaitGroupSnapshot of(Snapshot snapshot) {
        Entry header = null;
        List<Entry> claims = new ArrayList<>();
        Set<String> lives = new HashSet<>();
        for (Entry entry : snapshot.entries()) {
            if (entry.name().equals(WaitGroupRecipe.HEADER)) {
                header = entry;
            } else if (entry.name().startsWith(CLAIM)) {
                claims.add(entry);
            } else if (entry.name().startsWith(LIFE)) {
                lives.add(entry.name());
            }
        }
        claims.sort(Comparator.comparingLong(Entry::createRevision));
        long group = header == null ? 0 : header.createRevision();
        WaitGroupState state =
                header == null ? WaitGroupState.FORMAT.initial() : WaitGroupState.FORMAT.decode(header.value());
        return new WaitGroupSnapshot(
                group,
                state,
                claims,
                claims.stream()
                        .filter(claim -> !lives.contains(LIFE + id(claim)))
                        .toList());
    }

    /** The claims of this generation. */
    List<Entry> claims() {
        return allClaims.stream()
                .filter(claim -> WaitGroupPlace.isOf(claim, group, state.generation()))
                .toList();
    }

    /** {@code proven} are claims that are known to have no life. */
    WaitGroup.View view(List<Entry> proven) {
        List<Entry> claims = claims();
        List<String> lost = new ArrayList<>();
        List<String> failed = state.lostIn(state.generation());
        if (failed != null) {
            lost.addAll(failed);
        }
        claims.stream().filter(proven::contains).forEach(claim -> lost.add(id(claim)));
        return new WaitGroup.View(
                state.generation(),
                state.pending(),
                claims.stream().map(WaitGroupSnapshot::id).toList(),
                lost);
    }

    /** Settles the oldest claims that seem to be lost; null if there are none. */
    @Nullable
    Settling settle(Kernel kernel) {
        return group == 0 || lifeless.isEmpty()
                ? null
                : new Settling(kernel, lifeless.subList(0, Math.min(MOST_SETTLED, lifeless.size())));
    }

    private static String id(Entry claim) {
        return claim.name().substring(CLAIM.length());
    }

    /**
     * Removes claims, on condition that they have no life, and applies the policy to those of the current generation. Completes with true
     * when that is done. It takes effect once, whichever client tries it. A life that is gone never comes back, and a life that is there
     * may still go. So a late copy may still be applied after it was refused before; rightly, since the header is still the same.
     */
    static final class Settling extends Change<WaitGroupState, Boolean> {
        private final List<Entry> lost;

        Settling(Kernel kernel, List<Entry> lost) {
            super("settle", kernel);
            this.lost = lost;
        }

        @Override
        protected WaitGroupState apply(WaitGroupState state, long incarnation) {
            if (incarnation == 0) {
                throw refused();
            }
            List<WaitGroupState.Worker> counted = lost.stream()
                    .filter(claim -> WaitGroupPlace.isOf(claim, incarnation, state.generation()))
                    .map(claim -> new WaitGroupState.Worker(id(claim), WaitGroupPlace.number(claim)))
                    .toList();
            return counted.isEmpty() ? state : state.leave(WaitGroupState.Leave.LOST, counted);
        }

        @Override
        protected boolean isAlone() {
            return true;
        }

        @Override
        protected void write(Commit.Builder commit, Session under, long incarnation) {
            for (Entry claim : lost) {
                commit.ifCreateRevision(claim.name(), claim.createRevision())
                        .ifAbsent(LIFE + id(claim))
                        .delete(claim.name());
            }
        }

        @Override
        protected Boolean result(long revision) {
            return true;
        }

        @Override
        protected RuntimeException refused() {
            return new WaitGroupPlace.Gone("they have been settled, or live");
        }
    }
}
