package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.CommitResult.Conflict;
import io.sereno.spi.CommitResult.LeaseDead;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Commits: conditions, revisions, bindings, limits. */
class CommitBackendTest extends OneServerTest {
    private Backend backend;

    @BeforeEach
    void connect() {
        backend = open();
    }

    @Test
    void allConditionsHaveToHold() {
        long a = put(backend, "d", "a", "1");
        long b = put(backend, "d", "b", "1");
        long changed = put(backend, "d", "b", "2");
        put(backend, "d", "c", "1");
        committed(
                backend,
                Commit.to("d")
                        .ifCreateRevision("a", a)
                        .ifModRevision("b", changed)
                        .ifPresent("c")
                        .ifAbsent("e"));
        committed(backend, Commit.to("d").ifCreateRevision("b", b));
    }

    @Test
    void anyUnmetConditionIsAConflictAndNothingIsWritten() {
        long first = put(backend, "d", "a", "1");
        long second = put(backend, "d", "a", "2");
        List<Entry> before = all(backend, "d");
        List<Commit.Builder> unmet = List.of(
                Commit.to("d").ifPresent("a").ifPresent("b"),
                Commit.to("d").ifAbsent("a"),
                Commit.to("d").ifPresent("b"),
                Commit.to("e").ifPresent("a"),
                Commit.to("d").ifCreateRevision("a", second),
                Commit.to("d").ifModRevision("a", first),
                Commit.to("d").ifCreateRevision("b", first),
                Commit.to("d").ifModRevision("b", first));
        for (Commit.Builder commit : unmet) {
            assertThat(commit(backend, commit.put("x", Bytes.EMPTY).delete("a")))
                    .isInstanceOf(Conflict.class);
        }
        assertThat(all(backend, "d")).isEqualTo(before);
        assertThat(all(backend, "e")).isEmpty();
    }

    @Test
    void aPutKeepsTheCreateRevisionAndSetsTheModRevision() {
        long created = put(backend, "d", "a", "1");
        long changed = put(backend, "d", "a", "2");
        assertThat(changed).isGreaterThan(created);
        assertThat(all(backend, "d")).containsExactly(new Entry("a", Bytes.utf8("2"), created, changed, 0));
    }

    @Test
    void theOldRevisionsOfARecreatedEntryAreGone() {
        long first = put(backend, "d", "a", "1");
        committed(backend, Commit.to("d").delete("a"));
        long second = put(backend, "d", "a", "1");
        assertThat(second).isGreaterThan(first);
        assertThat(commit(backend, Commit.to("d").ifCreateRevision("a", first))).isInstanceOf(Conflict.class);
        assertThat(commit(backend, Commit.to("d").ifModRevision("a", first).delete("a")))
                .isInstanceOf(Conflict.class);
    }

    @Test
    void allWritesOfACommitHaveItsRevision() {
        put(backend, "d", "gone", "1");
        long revision = committed(
                backend,
                Commit.to("d").put("a", Bytes.EMPTY).put("b", Bytes.EMPTY).delete("gone"));
        assertThat(all(backend, "d")).hasSize(2).allSatisfy(entry -> {
            assertThat(entry.createRevision()).isEqualTo(revision);
            assertThat(entry.modRevision()).isEqualTo(revision);
        });
    }

    @Test
    void aCommitThatChangesNothingHasRevisionZeroAndTakesNoRevision() {
        put(backend, "d", "a", "1");
        String before = redis().hget(Script.of(namespace).keys()[0], "revision");
        assertThat(committed(backend, Commit.to("d").ifPresent("a"))).isZero();
        assertThat(committed(backend, Commit.to("d").delete("b"))).isZero();
        assertThat(committed(backend, Commit.to("never").delete("b"))).isZero();
        assertThat(redis().hget(Script.of(namespace).keys()[0], "revision")).isEqualTo(before);
    }

    @Test
    void theReturnedReadShowsTheStateAfterTheCommitOrOfTheDecision() {
        put(backend, "d", "old", "1");
        CommitResult committed = commit(
                backend, Commit.to("d").put("a", Bytes.utf8("x")).delete("old").returningAll());
        assertThat(snapshot(committed).entries())
                .containsExactly(new Entry(
                        "a",
                        Bytes.utf8("x"),
                        ((Committed) committed).revision(),
                        ((Committed) committed).revision(),
                        0));
        CommitResult conflict = commit(
                backend, Commit.to("d").ifAbsent("a").put("b", Bytes.EMPTY).returningOne("a"));
        assertThat(snapshot(conflict).entries()).extracting(Entry::name).containsExactly("a");
        assertThat(((Committed) commit(backend, Commit.to("d").put("a", Bytes.EMPTY))).snapshot())
                .isEmpty();
    }

    @Test
    void onlyOneOfManyTakesAnAbsentName() {
        List<Backend> clients = List.of(backend, open(), open(), open());
        for (int round = 0; round < 20; round++) {
            String name = "n" + round;
            List<CompletionStage<CommitResult>> attempts = new ArrayList<>();
            for (int i = 0; i < 32; i++) {
                attempts.add(clients.get(i % 4)
                        .commit(Commit.to("d")
                                .ifAbsent(name)
                                .put(name, Bytes.utf8("" + i))
                                .build()));
            }
            assertThat(attempts.stream().map(RedisTest::join).filter(Committed.class::isInstance))
                    .hasSize(1);
        }
    }

    @Test
    void compareAndSetByManyCountsEachOnce() {
        List<Backend> clients = List.of(backend, open(), open());
        committed(backend, Commit.to("d").put("count", Bytes.utf8("0")));
        long committed = clients.parallelStream()
                .mapToLong(client -> IntStream.range(0, 100)
                        .filter(i -> {
                            Entry count = all(client, "d").get(0);
                            int next = Integer.parseInt(count.value().toUtf8()) + 1;
                            return commit(
                                            client,
                                            Commit.to("d")
                                                    .ifModRevision("count", count.modRevision())
                                                    .put("count", Bytes.utf8("" + next)))
                                    instanceof Committed;
                        })
                        .count())
                .sum();
        assertThat(committed).isPositive();
        assertThat(all(backend, "d").get(0).value().toUtf8()).isEqualTo("" + committed);
    }

    @Test
    void aPutThatChangesTheBindingOfAnEntryIsRefusedAndNothingIsWritten() {
        Lease lease = grant(backend, TTL);
        put(backend, "d", "bound", lease);
        put(backend, "d", "free", "1");
        List<Entry> before = all(backend, "d");
        List<Commit.Builder> wrong = List.of(
                Commit.to("d").put("x", Bytes.EMPTY).put("bound", Bytes.EMPTY),
                Commit.to("d").put("x", Bytes.EMPTY).put("free", Bytes.EMPTY, lease.id()));
        for (Commit.Builder commit : wrong) {
            assertThat(failure(backend.commit(commit.build()))).isInstanceOfSatisfying(BackendException.class, e -> {
                assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
                assertThat(e.permanent()).isTrue();
                assertThat(e).hasMessageContaining("bound to lease");
            });
        }
        assertThat(all(backend, "d")).isEqualTo(before);
        committed(backend, Commit.to("d").put("bound", Bytes.utf8("2"), lease.id()));
    }

    @Test
    void aLeaseOfAnotherClientIsDeadHere() {
        Lease foreign = grant(open(), TTL);
        assertThat(commit(
                        backend,
                        Commit.to("d").put("a", Bytes.EMPTY, foreign.id()).put("b", Bytes.EMPTY)))
                .isEqualTo(new LeaseDead());
        assertThat(all(backend, "d")).isEmpty();
    }

    @Test
    void theGreatestCommitsWorkAndGreaterOnesAreRefused() {
        Commit.Builder most = Commit.to("d");
        for (int i = 0; i < Limits.OPERATIONS; i++) {
            most.ifAbsent("c" + i).put("w" + i, Bytes.copyOf(new byte[1_000]));
        }
        committed(backend, most);
        assertThat(all(backend, "d")).hasSize(Limits.OPERATIONS);

        Commit.Builder large = Commit.to("large");
        for (int i = 0; i < 4; i++) {
            large.put("v" + i, Bytes.copyOf(new byte[Limits.VALUE_BYTES - 100]));
        }
        committed(backend, large);
        assertThat(all(backend, "large")).hasSize(4);

        Commit.Builder tooMany = Commit.to("d");
        for (int i = 0; i <= Limits.OPERATIONS; i++) {
            tooMany.delete("w" + i);
        }
        refused(tooMany, "129 writes");
        refused(Commit.to("d").put("v", Bytes.copyOf(new byte[Limits.VALUE_BYTES + 1])), "1048577 bytes");
        Commit.Builder tooLarge = Commit.to("d");
        for (int i = 0; i < 5; i++) {
            tooLarge.put("v" + i, Bytes.copyOf(new byte[Limits.VALUE_BYTES - 100]));
        }
        refused(tooLarge, "4194304 are accepted");
        assertThat(all(backend, "d")).hasSize(Limits.OPERATIONS);
    }

    @Test
    void anEmptiedDirectoryLeavesNothing() {
        Lease lease = grant(backend, TTL);
        put(backend, "kept", "a", "1");
        List<Long> before = sizes();
        for (int i = 0; i < 200; i++) {
            put(backend, "lock/" + i, "a", lease);
            committed(backend, Commit.to("lock/" + i).delete("a"));
        }
        assertThat(sizes()).isEqualTo(before);
    }

    /** Of the keys of the namespace. */
    private List<Long> sizes() {
        String[] keys = Script.of(namespace).keys();
        return List.of(
                redis().hlen(keys[0]),
                redis().hlen(keys[1]),
                redis().zcard(keys[2]),
                redis().zcard(keys[3]),
                redis().zcard(keys[4]));
    }

    private void refused(Commit.Builder commit, String why) {
        assertThat(failure(backend.commit(commit.build()))).isInstanceOfSatisfying(BackendException.class, e -> {
            assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
            assertThat(e.permanent()).isTrue();
            assertThat(e).hasMessageContaining(why);
        });
    }
}
