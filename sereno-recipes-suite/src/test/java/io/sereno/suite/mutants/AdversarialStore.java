package io.sereno.suite.mutants;

import static io.sereno.suite.mutants.AdversarialBackend.Trait.*;

import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** The store of an {@link AdversarialBackend}: what it does to revisions, leases and notices. */
final class AdversarialStore extends PlainStore {
    private final AdversarialBackend adversary;
    private final World world;

    /** The last revision of each directory that has an entry. */
    private final Map<String, Long> revisions = new HashMap<>();

    /** The changes that will be announced once more, each name once. */
    private final Set<List<Object>> doubled = new HashSet<>();

    /** The greatest revision of the emptied directories: nothing else is kept of them. */
    private long lastEmptied;

    AdversarialStore(AdversarialBackend adversary, World world) {
        super(world.time());
        this.adversary = adversary;
        this.world = world;
    }

    // ---- revisions

    @Override
    long next(String directory) {
        if (adversary.is(GAPS_BETWEEN_REVISIONS)) {
            revision += world.random().nextInt(1_000);
        }
        if (!adversary.is(REVISIONS_OF_EACH_DIRECTORY)) {
            return super.next(directory);
        }
        long before = revisions.computeIfAbsent(
                directory,
                path -> world.random().nextInt(4) == 0
                        ? Math.max(lastEmptied, Entry.MAX_REVISION - (1L << 40))
                        : lastEmptied);
        revisions.put(directory, before + 1);
        return before + 1;
    }

    @Override
    void emptied(String directory) {
        super.emptied(directory);
        Long last = revisions.remove(directory);
        lastEmptied = Math.max(lastEmptied, last == null ? 0 : last);
    }

    // ---- leases

    @Override
    Duration granted(Duration ttl) {
        long grain = adversary.guarantees().ttlGranularity().toNanos();
        return Duration.ofNanos((ttl.toNanos() + grain - 1) / grain * grain);
    }

    @Override
    long nextLease() {
        if (!adversary.is(STRANGE_LEASE_IDS)) {
            return super.nextLease();
        }
        long id = world.random().nextLong();
        return id == 0 ? Long.MIN_VALUE : id;
    }

    @Override
    void expire(PlainLease lease) {
        if (!adversary.is(EXPIRY_AT_THE_LAST_MOMENT)) {
            super.expire(lease);
            return;
        }
        leases.remove(lease.id());
        boolean last = true;
        for (String directory : List.copyOf(directories.keySet())) {
            long nanos = adversary.guarantees().expiryLateness().toNanos() - (time.nanoTime() - lease.deadline);
            Duration late = Duration.ofNanos(
                    Math.max(0, last ? nanos : (long) (nanos * world.random().nextDouble())));
            last = false;
            world.later(
                    late,
                    () -> step(() -> {
                        List<Entry> entries = entries(directory).stream()
                                .filter(entry -> entry.leaseId() == lease.id())
                                .toList();
                        if (!entries.isEmpty()) {
                            delete(directory, entries);
                        }
                        return null;
                    }));
        }
    }

    @Override
    void revoke(PlainLease lease) {
        // Also leases that have ended and still have entries in some directories.
        leases.remove(lease.id());
        end(lease);
    }

    @Override
    CommitResult commit(Commit commit) {
        long lease = leaseOf(commit);
        if (adversary.is(DEAD_LEASES_ARE_REFUSED) && lease != 0 && !lives(lease)) {
            if (!hold(commit)) {
                return new CommitResult.Conflict(commit.returning().map(this::read));
            }
            throw refused("lease " + lease + " has ended");
        }
        return super.commit(commit);
    }

    // ---- notices

    @Override
    void watch(PlainWatch watch) {
        super.watch(watch);
        if (adversary.is(NOTICES_WITHOUT_CHANGE)) {
            watch.target()
                    .name()
                    .map(Stream::of)
                    .orElseGet(
                            () -> entries(watch.target().directory()).stream().map(Entry::name))
                    .forEach(name -> super.sendNotice(watch, name, 0));
        }
    }

    @Override
    void sendNotice(PlainWatch watch, String name, long at) {
        if (adversary.is(RESETS_ONLY)
                || (adversary.is(RESETS_AMONG_NOTICES) && world.random().nextBoolean())) {
            announceReset(watch);
            again(watch, "", () -> announceReset(watch));
            return;
        }
        boolean there = entry(watch.target().directory(), name).isPresent();
        boolean withRevision = !adversary.is(NOTICES_WITHOUT_REVISION)
                || (there && world.random().nextBoolean());
        super.sendNotice(watch, name, withRevision ? at : 0);
        again(watch, name, () -> super.sendNotice(watch, name, withRevision ? at : 0));
        if (adversary.is(SPURIOUS_NOTICES) && watch.target().name().isEmpty()) {
            entries(watch.target().directory()).stream()
                    .filter(other -> !other.name().equals(name) && world.chance(200))
                    .limit(3)
                    .forEach(other -> super.sendNotice(watch, other.name(), 0));
        }
    }

    private void again(PlainWatch watch, String name, Runnable announcement) {
        List<Object> one = List.of(watch, name);
        if (adversary.is(DOUBLED_NOTICES) && doubled.add(one)) {
            world.later(
                    Duration.ofMillis(1 + world.random().nextInt(40)),
                    () -> step(() -> {
                        doubled.remove(one);
                        if (watches.contains(watch)) {
                            announcement.run();
                        }
                        return null;
                    }));
        }
    }
}
