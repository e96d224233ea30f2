package io.sereno.tck.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class LargeHistoryTest {
    private static final int OPERATIONS = 100_000;

    @Test
    void aHundredThousandOperationsAreCheckedAlongTheRevisions() {
        History history = history(OPERATIONS, new Random(7));
        assertThat(HistoryCheck.of(history).violations()).isEmpty();
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long from = threads.getCurrentThreadCpuTime();
        HistoryCheck.Findings findings = HistoryCheck.of(history);
        System.out.printf(
                "%,d operations checked in %,d ms of one core%n",
                OPERATIONS, (threads.getCurrentThreadCpuTime() - from) / 1_000_000);
        assertThat(findings.violations()).isEmpty();
        assertThat(findings.evidence().get("READ-1")).isGreaterThan(OPERATIONS / 10);
        assertThat(findings.evidence().get("OUT-3")).isGreaterThan(OPERATIONS / 200);
        assertThat(history.unknownAndSeen()).isEqualTo(findings.evidence().get("OUT-3"));
    }

    @Test
    void oneStaleReadAtTheEndIsFoundAndShrunkToAFew() {
        History history = history(2_000, new Random(8));
        List<Operation> operations = new ArrayList<>(history.operations());
        int last = operations.size() - 1;
        while (!(operations.get(last).call() instanceof Call.Read)) {
            last--;
        }
        Operation old = operations.get(last - 400);
        for (int i = last - 400;
                !(old.call() instanceof Call.Read)
                        || old.snapshot().orElseThrow().entries().isEmpty();
                i--) {
            old = operations.get(i);
        }
        operations.set(last, operations.get(last).with(old.call(), old.reply()));
        History broken = history.withOperations(operations);
        Violation violation = HistoryCheck.of(broken).of("READ-1").orElseThrow();
        assertThat(violation.culprit().id()).isEqualTo(last);
        History small = Shrinker.shrink(broken, violation);
        assertThat(small.operations()).hasSizeLessThan(60);
        assertThat(HistoryCheck.of(small).of("READ-1").orElseThrow().seen()).isEqualTo(violation.seen());
    }

    /** Operation i takes effect as the i-th; it was invoked up to 14 places before that, and returned up to 14 behind. */
    private static History history(int size, Random random) {
        TreeMap<String, Entry> store = new TreeMap<>();
        List<Operation> operations = new ArrayList<>(size);
        // A client can name only a revision that a client has received.
        Set<Long> reported = new HashSet<>();
        for (int i = 0; i < size; i++) {
            long slot = 100L * (i + 20);
            Moment invoked = moment(slot - 100L * (1 + random.nextInt(14)) + 1 + i % 45);
            Moment returned = moment(slot + 100L * (1 + random.nextInt(14)) + 50 + i % 45);
            boolean unknown = random.nextInt(20) == 0;
            String name = "n" + random.nextInt(5);
            Call call;
            Reply reply;
            if (random.nextInt(2) == 0) {
                call = new Call.Read(new Query.All("d"));
                reply = new Reply.Found(new Snapshot(List.copyOf(store.values()), false));
                store.values().forEach(entry -> reported.add(entry.modRevision()));
            } else {
                Entry before = store.get(name);
                Commit.Builder commit = Commit.to("d");
                if (before == null) {
                    commit.ifAbsent(name);
                } else if (reported.contains(before.modRevision()) && random.nextBoolean()) {
                    commit.ifModRevision(name, before.modRevision());
                }
                boolean delete = before != null && random.nextInt(5) == 0;
                if (delete) {
                    commit.delete(name);
                    store.remove(name);
                } else {
                    Bytes value = Bytes.utf8("v" + i);
                    commit.put(name, value);
                    long created = before == null ? i + 1L : before.createRevision();
                    store.put(name, new Entry(name, value, created, i + 1L, 0));
                }
                call = new Call.Commit(commit.build());
                reply = unknown && !delete
                        ? new Reply.Failed(Outcome.UNKNOWN, "no reply")
                        : new Reply.Ended(new CommitResult.Committed(i + 1L, Optional.empty()));
                if (reply instanceof Reply.Ended) {
                    reported.add(i + 1L);
                }
            }
            operations.add(new Operation(i, "c" + i % 8, "t", -1, call, invoked, returned, reply));
        }
        return new History(operations, List.of(), List.of(), true, true);
    }

    private static Moment moment(long order) {
        return new Moment(order, order * 1_000);
    }
}
