package io.sereno.spi;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The promises and limits of a store, as plain facts: for users who choose a store, and for the compatibility kit,
 * which measures against them (CFG-4). Recipes use only what every backend has, the least values given below.
 *
 * <p>The size of a name is its number of bytes in UTF-8.
 *
 * <p>Made by a {@link #builder}, so that a later version can add a fact. Two instances are equal if all their facts are
 * equal. Instances are immutable and safe for use by multiple threads.
 */
public final class Guarantees {
    private final Builder facts;

    private Guarantees(Builder facts) {
        this.facts = facts;
    }

    /**
     * Makes a builder from the facts that have no default. The defaults of the others are: no promise, no version, ttls
     * that are not rounded, no delay, and the smallest sizes that every backend has to accept.
     *
     * @param backend as {@link #backend()}
     * @param leastTtl as {@link #leastTtl()}
     * @param greatestTtl as {@link #greatestTtl()}
     * @return a builder
     */
    public static Builder builder(String backend, Duration leastTtl, Duration greatestTtl) {
        return new Builder(backend, leastTtl, greatestTtl);
    }

    /**
     * Makes a builder with all facts of this instance.
     *
     * @return a builder; changes to it do not change this instance
     */
    public Builder toBuilder() {
        return new Builder(facts);
    }

    /** {@return the kind of store, for messages: {@code etcd}} */
    public String backend() {
        return facts.backend;
    }

    /** {@return the version that the server reports; empty if it reports none} */
    public String serverVersion() {
        return facts.serverVersion;
    }

    /** {@return what the store promises beyond the rules for all stores; each {@link Promise} says what it means} */
    public Set<Promise> promises() {
        return facts.promises;
    }

    /** {@return the shortest ttl that the store gives; more than zero} */
    public Duration leastTtl() {
        return facts.leastTtl;
    }

    /** {@return the longest ttl that the store gives; at least the shortest} */
    public Duration greatestTtl() {
        return facts.greatestTtl;
    }

    /** {@return the unit to whose multiples ttls are rounded up; more than zero} */
    public Duration ttlGranularity() {
        return facts.ttlGranularity;
    }

    /** {@return how much later than its ttl a lease may end, while the servers run undisturbed (LEA-3)} */
    public Duration expiryLateness() {
        return facts.expiryLateness;
    }

    /**
     * {@return how much later than its change a notice may come, while servers and network are undisturbed (WAT-10)}
     *
     * <p>Zero if the store pushes notices; the interval if the backend polls the store for changes.
     */
    public Duration noticeLateness() {
        return facts.noticeLateness;
    }

    /** {@return how soon after the end of a network failure the same object works again (OUT-7)} */
    public Duration recovery() {
        return facts.recovery;
    }

    /** {@return how long an emptied directory may leave something in the store (LIF-8)} */
    public Duration emptyDirectoryGrace() {
        return facts.emptyDirectoryGrace;
    }

    /** {@return the most live leases of one client; at least 16 (LEA-15a)} */
    public int maxLeases() {
        return facts.maxLeases;
    }

    /**
     * {@return the most bytes of paths and names, together, of the entries of one lease; at least 128 KiB (LEA-15b)}
     */
    public int maxLeaseBytes() {
        return facts.maxLeaseBytes;
    }

    /** {@return the most bytes of one value; at least 64 KiB (VAL-1b)} */
    public int maxValueBytes() {
        return facts.maxValueBytes;
    }

    /**
     * {@return the most bytes of names and values, together, in one commit; at least 128 KiB (COM-10)}
     *
     * <p>Counted are the name of each condition, the name of each write, and the value of each put. A name counts as often
     * as it is used. Not counted are the path of the directory, revisions and the id of the lease, and the read that the
     * commit returns. A store that limits the bytes of a request declares less, with room for what its backend adds.
     */
    public int maxCommitBytes() {
        return facts.maxCommitBytes;
    }

    /** {@return the most bytes of names and values, together, in the answer to one read; at least 1 MiB (READ-7)} */
    public int maxListingBytes() {
        return facts.maxListingBytes;
    }

    /** {@return the most conditions in one commit; at least 32 (COM-10)} */
    public int maxConditions() {
        return facts.maxConditions;
    }

    /** {@return the most writes in one commit; at least 32 (COM-10)} */
    public int maxWrites() {
        return facts.maxWrites;
    }

    /**
     * Checks the sizes of a commit against these facts, before it is sent (COM-10b, VAL-1c).
     *
     * @param commit any commit
     * @throws BackendException {@code NOT_APPLIED} and permanent, if the commit has more conditions, more writes, a
     *     larger value, or more bytes of names and values together than accepted here
     */
    public void requireFits(Commit commit) {
        Sizes.requireFits(commit, this);
    }

    /**
     * Checks the size of a snapshot against {@link #maxListingBytes()} (READ-7b).
     *
     * @param directory that was read, for the message
     * @param snapshot what was read
     * @throws BackendException {@code NOT_APPLIED} and permanent, if the snapshot does not {@linkplain #fits fit}
     */
    public void requireFits(String directory, Snapshot snapshot) {
        Sizes.requireFits(directory, snapshot, this);
    }

    /**
     * Whether a snapshot is no larger than {@link #maxListingBytes()}. If a snapshot that a commit was to return does
     * not fit, it is left out, and the commit still counts as committed (READ-8c).
     *
     * @param snapshot what was read
     * @return whether the bytes of its names and values, together, are within the limit
     */
    public boolean fits(Snapshot snapshot) {
        return Sizes.fits(snapshot, maxListingBytes());
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Guarantees same && facts.all().equals(same.facts.all());
    }

    @Override
    public int hashCode() {
        return facts.all().hashCode();
    }

    /** All facts, by name. */
    @Override
    public String toString() {
        return "Guarantees" + facts.all();
    }

    /**
     * Collects facts. Each method refuses impossible values, and values below what every backend has to accept, with an
     * {@link IllegalArgumentException}; for the latter the message has the number of the rule. Instances are not safe
     * for use by multiple threads.
     */
    public static final class Builder {
        private String backend;
        private String serverVersion = "";
        private Set<Promise> promises = Set.of();
        private Duration leastTtl;
        private Duration greatestTtl;
        private Duration ttlGranularity = Duration.ofNanos(1);
        private Duration expiryLateness = Duration.ZERO;
        private Duration noticeLateness = Duration.ZERO;
        private Duration recovery = Duration.ZERO;
        private Duration emptyDirectoryGrace = Duration.ZERO;
        private int maxLeases = 16;
        private int maxLeaseBytes = 128 * 1024;
        private int maxValueBytes = 64 * 1024;
        private int maxCommitBytes = 128 * 1024;
        private int maxListingBytes = 1024 * 1024;
        private int maxConditions = 32;
        private int maxWrites = 32;

        private Builder(String backend, Duration leastTtl, Duration greatestTtl) {
            this.backend = requireNonNull(backend, "backend");
            this.leastTtl = moreThanZero("leastTtl", leastTtl);
            this.greatestTtl = requireNonNull(greatestTtl, "greatestTtl");
        }

        private Builder(Builder from) {
            backend = from.backend;
            serverVersion = from.serverVersion;
            promises = from.promises;
            leastTtl = from.leastTtl;
            greatestTtl = from.greatestTtl;
            ttlGranularity = from.ttlGranularity;
            expiryLateness = from.expiryLateness;
            noticeLateness = from.noticeLateness;
            recovery = from.recovery;
            emptyDirectoryGrace = from.emptyDirectoryGrace;
            maxLeases = from.maxLeases;
            maxLeaseBytes = from.maxLeaseBytes;
            maxValueBytes = from.maxValueBytes;
            maxCommitBytes = from.maxCommitBytes;
            maxListingBytes = from.maxListingBytes;
            maxConditions = from.maxConditions;
            maxWrites = from.maxWrites;
        }

        /**
         * {@return this builder}
         *
         * @param backend {@link Guarantees#backend()}
         */
        public Builder backend(String backend) {
            this.backend = requireNonNull(backend, "backend");
            return this;
        }

        /**
         * {@return this builder}
         *
         * @param serverVersion {@link Guarantees#serverVersion()}
         */
        public Builder serverVersion(String serverVersion) {
            this.serverVersion = requireNonNull(serverVersion, "serverVersion");
            return this;
        }

        /**
         * {@return this builder}
         *
         * @param promises {@link Guarantees#promises()}
         */
        public Builder promises(Set<Promise> promises) {
            this.promises = Set.copyOf(promises);
            return this;
        }

        /**
         * {@return this builder}
         *
         * @param leastTtl {@link Guarantees#leastTtl()}
         */
        public Builder leastTtl(Duration leastTtl) {
            this.leastTtl = moreThanZero("leastTtl", leastTtl);
            return this;
        }

        /**
         * {@return this builder}
         *
         * @param greatestTtl {@link Guarantees#greatestTtl()}
         */
        public Builder greatestTtl(Duration greatestTtl) {
            this.greatestTtl = requireNonNull(greatestTtl, "greatestTtl");
            return this;
        }

        /**
         * {@return this builder}
         *
         * @param ttlGranularity {@link Guarantees#ttlGranularity()}
         */
        public Builder ttlGranularity(Duration ttlGranularity) {
            this.ttlGranularity = moreThanZero("ttlGranularity", ttlGranularity);
            return this;
        }

        /**
         * {@return this builder}
         *
         * @param expiryLateness {@link Guarantees#expiryLateness()}
         */
        public Builder expiryLateness(Duration expiryLateness) {
            this.expiryLateness = notNegative("expiryLateness", expiryLateness);
            return this;
        }

        /**
         * {@return this builder}
         *
         * @param noticeLateness {@link Guarantees#noticeLateness()}
         */
        public Builder noticeLateness(Duration noticeLateness) {
            this.noticeLateness = notNegative("noticeLateness", noticeLateness);
            return this;
        }

        /**
         * {@return this builder}
         *
         * @param recovery {@link Guarantees#recovery()}
         */
        public Builder recovery(Duration recovery) {
            this.recovery = notNegative("recovery", recovery);
            return this;
        }

        /**
         * {@return this builder}
         *
         * @param emptyDirectoryGrace {@link Guarantees#emptyDirectoryGrace()}
         */
        public Builder emptyDirectoryGrace(Duration emptyDirectoryGrace) {
            this.emptyDirectoryGrace = notNegative("emptyDirectoryGrace", emptyDirectoryGrace);
            return this;
        }

        /**
         * {@return this builder}
         *
         * @param maxLeases {@link Guarantees#maxLeases()}
         */
        public Builder maxLeases(int maxLeases) {
            this.maxLeases = atLeast("maxLeases", maxLeases, 16, "LEA-15a");
            return this;
        }

        /**
         * {@return this builder}
         *
         * @param maxLeaseBytes {@link Guarantees#maxLeaseBytes()}
         */
        public Builder maxLeaseBytes(int maxLeaseBytes) {
            this.maxLeaseBytes = atLeast("maxLeaseBytes", maxLeaseBytes, 128 * 1024, "LEA-15b");
            return this;
        }

        /**
         * {@return this builder}
         *
         * @param maxValueBytes {@link Guarantees#maxValueBytes()}
         */
        public Builder maxValueBytes(int maxValueBytes) {
            this.maxValueBytes = atLeast("maxValueBytes", maxValueBytes, 64 * 1024, "VAL-1b");
            return this;
        }

        /**
         * {@return this builder}
         *
         * @param maxCommitBytes {@link Guarantees#maxCommitBytes()}
         */
        public Builder maxCommitBytes(int maxCommitBytes) {
            this.maxCommitBytes = atLeast("maxCommitBytes", maxCommitBytes, 128 * 1024, "COM-10a");
            return this;
        }

        /**
         * {@return this builder}
         *
         * @param maxListingBytes {@link Guarantees#maxListingBytes()}
         */
        public Builder maxListingBytes(int maxListingBytes) {
            this.maxListingBytes = atLeast("maxListingBytes", maxListingBytes, 1024 * 1024, "READ-7a");
            return this;
        }

        /**
         * {@return this builder}
         *
         * @param maxConditions {@link Guarantees#maxConditions()}
         */
        public Builder maxConditions(int maxConditions) {
            this.maxConditions = atLeast("maxConditions", maxConditions, 32, "COM-10a");
            return this;
        }

        /**
         * {@return this builder}
         *
         * @param maxWrites {@link Guarantees#maxWrites()}
         */
        public Builder maxWrites(int maxWrites) {
            this.maxWrites = atLeast("maxWrites", maxWrites, 32, "COM-10a");
            return this;
        }

        /**
         * Makes the facts; later changes of this builder do not change them.
         *
         * @return the facts as they are now
         * @throws IllegalArgumentException if {@link Guarantees#greatestTtl()} is less than {@link Guarantees#leastTtl()}
         */
        public Guarantees build() {
            if (greatestTtl.compareTo(leastTtl) < 0) {
                throw new IllegalArgumentException(
                        "greatestTtl is " + greatestTtl + "; at least leastTtl, " + leastTtl + ", is accepted");
            }
            return new Guarantees(new Builder(this));
        }

        private Map<String, Object> all() {
            Map<String, Object> all = new LinkedHashMap<>();
            all.put("backend", backend);
            all.put("serverVersion", serverVersion);
            all.put("promises", promises);
            all.put("leastTtl", leastTtl);
            all.put("greatestTtl", greatestTtl);
            all.put("ttlGranularity", ttlGranularity);
            all.put("expiryLateness", expiryLateness);
            all.put("noticeLateness", noticeLateness);
            all.put("recovery", recovery);
            all.put("emptyDirectoryGrace", emptyDirectoryGrace);
            all.put("maxLeases", maxLeases);
            all.put("maxLeaseBytes", maxLeaseBytes);
            all.put("maxValueBytes", maxValueBytes);
            all.put("maxCommitBytes", maxCommitBytes);
            all.put("maxListingBytes", maxListingBytes);
            all.put("maxConditions", maxConditions);
            all.put("maxWrites", maxWrites);
            return all;
        }

        private static Duration moreThanZero(String what, Duration duration) {
            if (requireNonNull(duration, what).isNegative() || duration.isZero()) {
                throw new IllegalArgumentException(what + " is " + duration + "; more than zero is accepted");
            }
            return duration;
        }

        private static Duration notNegative(String what, Duration duration) {
            if (requireNonNull(duration, what).isNegative()) {
                throw new IllegalArgumentException(what + " is " + duration + "; zero or more is accepted");
            }
            return duration;
        }

        private static int atLeast(String what, int value, int least, String rule) {
            if (value < least) {
                throw new IllegalArgumentException(
                        what + " is " + value + "; every backend accepts at least " + least + " (" + rule + ")");
            }
            return value;
        }
    }
}
