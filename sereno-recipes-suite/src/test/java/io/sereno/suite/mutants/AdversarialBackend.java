package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.AdversarialBackend.Trait.*;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.Guarantees;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A backend that keeps every rule, and is as unpleasant as the rules allow: no rule may fail on it or stay without a
 * verdict.
 *
 * @param name a short description
 * @param traits what is unpleasant about it
 */
public record AdversarialBackend(String name, Set<Trait> traits) {
    /** The traits that a backend may have. */
    public enum Trait {
        /** A change is announced twice, along with entries that did not change. */
        SPURIOUS_NOTICES,
        /** Deletes are announced with revision 0, and so are half of the puts. */
        NOTICES_WITHOUT_REVISION,
        /** Every change is announced as a reset. */
        RESETS_ONLY,
        /** Half of the changes are announced as a reset. */
        RESETS_AMONG_NOTICES,
        /** When a watch begins, all that it watches is announced, whether it is there or not. */
        NOTICES_WITHOUT_CHANGE,
        /** Each notice is repeated a while later. */
        DOUBLED_NOTICES,
        /** Changes of different entries are announced in any order. */
        SHUFFLED_NOTICES,
        /** Notices arrive some time after their change. */
        SLOW_NOTICES,
        /** Changes are announced three seconds later, as by a backend that polls its store. */
        NOTICES_AT_THE_LAST_MOMENT,
        /** Leases end as late as declared, and at different moments in different directories. */
        EXPIRY_AT_THE_LAST_MOMENT,
        /** Ttls from 10 s to 20 s, in steps of 5 s. */
        COARSE_TTLS,
        /** Ids of leases have no order, may be negative, and use every bit. */
        STRANGE_LEASE_IDS,
        /** A request that names a dead lease gets a conflict, if there is one, and else a refusal. */
        DEAD_LEASES_ARE_REFUSED,
        /** Up to a thousand revisions are skipped. */
        GAPS_BETWEEN_REVISIONS,
        /** Each directory has its own revisions, some of them close to the greatest possible. */
        REVISIONS_OF_EACH_DIRECTORY,
        /** Accepts no more than every backend must accept. */
        LEAST_LIMITS,
        /** Declares no limit for anything. */
        NO_LIMITS,
        /** One in twenty of the reads that commits return is missing. */
        LOST_SNAPSHOTS,
        /** No commit ever includes the requested read. */
        NO_SNAPSHOTS,
        /** A conflict never includes the requested read. */
        CONFLICTS_WITHOUT_SNAPSHOT,
        /** The read that a commit returns is made by a separate request, some time afterwards. */
        SNAPSHOTS_READ_LATER,
        /** A directory is listed first, and each value is read afterwards, some of them later. */
        MIXED_MOMENTS,
        /** One commit in twenty ends UNKNOWN, applied or not. */
        COMMITS_OF_UNKNOWN_OUTCOME,
        /** One commit in twenty ends UNKNOWN and is applied later, when its caller has moved on. */
        LATE_COMMITS_OF_UNKNOWN_OUTCOME,
        /** One renewal or revocation in twenty ends UNKNOWN, applied or not. */
        LEASES_OF_UNKNOWN_OUTCOME,
        /** Requests overtake each other, and so do answers, each of which arrives on its own thread. */
        OVERTAKING,
        /** Renewals, revocations and the opening of watches are slow. */
        SLOW_ANSWERS
    }

    /** The adversaries of every build: together they have every trait, and the first has none. */
    public static List<AdversarialBackend> usual() {
        return List.of(
                // A rule that failed on the store under all mutants would seem to detect each of them.
                new AdversarialBackend("none: the store without a bug", EnumSet.noneOf(Trait.class)),
                new AdversarialBackend(
                        "with the smallest limits and many notices",
                        EnumSet.of(
                                SPURIOUS_NOTICES,
                                NOTICES_WITHOUT_REVISION,
                                DOUBLED_NOTICES,
                                NOTICES_WITHOUT_CHANGE,
                                RESETS_AMONG_NOTICES,
                                GAPS_BETWEEN_REVISIONS,
                                LEAST_LIMITS)),
                new AdversarialBackend(
                        "without a history, with reads in pieces",
                        EnumSet.of(
                                RESETS_ONLY,
                                LOST_SNAPSHOTS,
                                CONFLICTS_WITHOUT_SNAPSHOT,
                                SNAPSHOTS_READ_LATER,
                                MIXED_MOMENTS)),
                new AdversarialBackend(
                        "slow",
                        EnumSet.of(
                                EXPIRY_AT_THE_LAST_MOMENT, COARSE_TTLS, SLOW_NOTICES, SHUFFLED_NOTICES, SLOW_ANSWERS)),
                new AdversarialBackend(
                        "with unknown outcomes",
                        EnumSet.of(
                                COMMITS_OF_UNKNOWN_OUTCOME,
                                LATE_COMMITS_OF_UNKNOWN_OUTCOME,
                                LEASES_OF_UNKNOWN_OUTCOME,
                                STRANGE_LEASE_IDS)),
                new AdversarialBackend(
                        "with polling for changes", EnumSet.of(NOTICES_AT_THE_LAST_MOMENT, NO_SNAPSHOTS)),
                new AdversarialBackend(
                        "hasty and without order",
                        EnumSet.of(OVERTAKING, REVISIONS_OF_EACH_DIRECTORY, DEAD_LEASES_ARE_REFUSED, NO_LIMITS)));
    }

    /** Each trait alone. */
    public static List<AdversarialBackend> singleTraits() {
        return Arrays.stream(Trait.values())
                .map(trait -> new AdversarialBackend(
                        trait.toString().toLowerCase(Locale.ROOT).replace('_', ' '), EnumSet.of(trait)))
                .toList();
    }

    boolean is(Trait trait) {
        return traits.contains(trait);
    }

    /** A separate world for one run of the kit. */
    public World world(long seed) {
        return new World(
                new World.Backends() {
                    @Override
                    public PlainStore store(World world) {
                        return new AdversarialStore(AdversarialBackend.this, world);
                    }

                    @Override
                    public boolean canBeRestored() {
                        return traits.isEmpty();
                    }

                    @Override
                    public Backend connect(World world, BackendConfig config) {
                        return AdversarialClient.connect(AdversarialBackend.this, world, config);
                    }
                },
                seed);
    }

    Guarantees guarantees() {
        Guarantees plain = PlainClient.GUARANTEES;
        boolean least = is(LEAST_LIMITS);
        boolean coarse = is(COARSE_TTLS);
        return plain.toBuilder()
                .backend("adversary")
                .serverVersion(name)
                .promises(is(MIXED_MOMENTS) || is(SNAPSHOTS_READ_LATER) ? Set.of() : plain.promises())
                .leastTtl(coarse ? Duration.ofSeconds(10) : least ? Duration.ofSeconds(1) : plain.leastTtl())
                .greatestTtl(coarse ? Duration.ofSeconds(20) : plain.greatestTtl())
                .ttlGranularity(coarse ? Duration.ofSeconds(5) : least ? Duration.ofSeconds(1) : plain.ttlGranularity())
                .noticeLateness(is(NOTICES_AT_THE_LAST_MOMENT) ? Duration.ofSeconds(3) : plain.noticeLateness())
                .expiryLateness(
                        is(EXPIRY_AT_THE_LAST_MOMENT) ? Duration.ofSeconds(coarse ? 10 : 2) : plain.expiryLateness())
                .maxLeases(limit(16, plain.maxLeases()))
                .maxLeaseBytes(limit(128 * 1024, plain.maxLeaseBytes()))
                .maxValueBytes(limit(64 * 1024, plain.maxValueBytes()))
                .maxCommitBytes(limit(128 * 1024, plain.maxCommitBytes()))
                .maxListingBytes(limit(1024 * 1024, plain.maxListingBytes()))
                .maxConditions(limit(32, plain.maxConditions()))
                .maxWrites(limit(32, plain.maxWrites()))
                .build();
    }

    private int limit(int least, int usual) {
        return is(LEAST_LIMITS) ? least : is(NO_LIMITS) ? Integer.MAX_VALUE : usual;
    }

    @Override
    public String toString() {
        return name + " " + traits;
    }
}
