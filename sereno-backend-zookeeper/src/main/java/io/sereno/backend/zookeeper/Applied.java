package io.sereno.backend.zookeeper;

import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Names;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Write;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.OpResult.SetDataResult;
import org.apache.zookeeper.data.Stat;

/** A transaction that was carried out. It shows its revision, the guards, and the entries as they are now. */
final class Applied {
    private final Commit commit;
    private final Attempt attempt;
    private final List<OpResult> results;
    private final long revision;
    private final Map<Integer, Integer> guards = new HashMap<>();
    private final Map<String, Entry> entries = new HashMap<>();

    Applied(Commit commit, Attempt attempt, List<OpResult> results) {
        this.commit = commit;
        this.attempt = attempt;
        this.results = results;
        this.revision = attempt.changesSomething() ? zxid(results) : 0;
        for (int i = 0; i < results.size(); i++) {
            if (attempt.steps().get(i).part() == Attempt.Part.GUARD && results.get(i) instanceof SetDataResult set) {
                guards.put(attempt.steps().get(i).shard(), set.getStat().getVersion());
            }
        }
    }

    /** When the guards and the clock were created. Each of them that is set reports it. */
    private OptionalLong madeAt() {
        for (int i = 0; i < results.size(); i++) {
            Attempt.Part part = attempt.steps().get(i).part();
            if ((part == Attempt.Part.GUARD || part == Attempt.Part.CLOCK)
                    && results.get(i) instanceof SetDataResult set) {
                return OptionalLong.of(set.getStat().getCzxid());
            }
        }
        return OptionalLong.empty();
    }

    private static long zxid(List<OpResult> results) {
        for (OpResult result : results) {
            if (result instanceof SetDataResult set) {
                return set.getStat().getMzxid();
            }
        }
        throw new IllegalStateException("a transaction that changes something has set nothing");
    }

    /** 0 if the transaction changed nothing. */
    long revision() {
        return revision;
    }

    /** The versions that the transaction gave to guards. */
    Map<Integer, Integer> guards() {
        return guards;
    }

    /** Records the current state. */
    void remember(RememberedEntries remembered) {
        madeAt().ifPresent(remembered::madeAt);
        guards.forEach(remembered::guard);
        Map<String, Write.Put> puts = new HashMap<>();
        commit.writes().forEach(write -> {
            if (write instanceof Write.Put put) {
                puts.put(put.name(), put);
            }
        });
        for (int i = 0; i < results.size(); i++) {
            Attempt.Step step = attempt.steps().get(i);
            String name = step.name();
            switch (step.part()) {
                case CREATE -> {
                    Write.Put put = Objects.requireNonNull(puts.get(name));
                    int guard = Objects.requireNonNull(guards.get(attempt.shard(name)));
                    remembered.put(
                            attempt.path(name), new RememberedEntry(guard, revision, revision, 0, put.leaseId()));
                    entries.put(name, new Entry(name, put.value(), revision, revision, put.leaseId()));
                }
                case SET -> {
                    Stat stat = ((SetDataResult) results.get(i)).getStat();
                    byte[] value =
                            Objects.requireNonNull(puts.get(name)).value().toArray();
                    remembered.put(attempt.path(name), attempt.guardBefore(name), stat);
                    entries.put(name, Reader.entry(name, value, stat));
                }
                case DELETE -> remembered.forget(attempt.path(name));
                case GUARD, CHECK, DIRECTORY, CLOCK, EMPTIED -> {}
            }
        }
        rememberDirectory(remembered);
    }

    private void rememberDirectory(RememberedEntries remembered) {
        if (attempt.createsDirectory()) {
            remembered.directory(commit.directory(), attempt.created());
        } else if (attempt.removesDirectory()) {
            remembered.gone(commit.directory());
        } else {
            remembered.removed(commit.directory(), attempt.deleted());
            if (!attempt.created().isEmpty()) {
                remembered.added(commit.directory(), attempt.created());
            }
        }
    }

    /** The answer if it needs no read: an entry that was put, or a directory that this very commit created. */
    Optional<Snapshot> answer(Query query) {
        if (query instanceof Query.One one && entries.containsKey(one.name())) {
            return Optional.of(new Snapshot(List.of(Objects.requireNonNull(entries.get(one.name()))), false));
        }
        if (query instanceof Query.All && attempt.createsDirectory()) {
            List<Entry> all = new ArrayList<>(entries.values());
            all.sort((left, right) -> Names.ORDER.compare(left.name(), right.name()));
            return Optional.of(new Snapshot(all, false));
        }
        return Optional.empty();
    }
}
