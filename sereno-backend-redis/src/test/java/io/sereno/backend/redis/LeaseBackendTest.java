package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult.LeaseDead;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Target;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A lease never ends early, ends soon after its time, and stays dead. */
class LeaseBackendTest extends OneServerTest {
    private static final Duration SHORT = Duration.ofSeconds(1);
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private Backend backend;

    @BeforeEach
    void connect() {
        backend = open();
    }

    @Test
    void aLeaseLivesItsTtlAndThenItsEntriesAreGoneForAllClients() throws InterruptedException {
        Backend other = open();
        Notices notices = new Notices();
        watch(other, new Target("d", Optional.empty()), notices);
        long sent = System.nanoTime();
        Lease lease = grant(backend, SHORT);
        put(backend, "d", "a", lease);
        put(backend, "e", "b", lease);
        put(backend, "d", "stays", "1");
        notices.forget();
        List<String> seen = names(other, "d");
        while (seen.size() == 2) {
            seen = names(other, "d");
        }
        assertThat(System.nanoTime() - sent).isGreaterThanOrEqualTo(SHORT.toNanos());
        assertThat(seen).containsExactly("stays");
        assertThat(all(backend, "e")).isEmpty();
        notices.await("a", PATIENCE);
        assertThat(join(lease.renew())).isFalse();
        assertThat(join(lease.renew())).isFalse();
        assertThat(commit(
                        backend,
                        Commit.to("d").put("a", Bytes.EMPTY, lease.id()).put("x", Bytes.EMPTY)))
                .isEqualTo(new LeaseDead());
        join(lease.revoke());
        assertThat(names(other, "d")).containsExactly("stays");
    }

    @Test
    void aLeaseEndsWithoutAnyRequest() throws InterruptedException {
        Notices notices = new Notices();
        watch(open(), new Target("d", Optional.of("a")), notices);
        Lease longer = grant(backend, TTL);
        put(backend, "d", "b", longer);
        Moment moment = putForAMoment(backend, "d", "a");
        notices.awaitBehind(moment.revision(), "a", PATIENCE);
        assertThat(redis().zscore(Script.of(namespace).keys()[3], ((RedisLease) moment.lease()).key()))
                .isNull();
        assertThat(names(backend, "d")).containsExactly("b");
    }

    @Test
    void aRenewalGivesAFullTtlAndOtherLeasesEndWithoutIt() {
        Lease renewed = grant(backend, SHORT.multipliedBy(2));
        put(backend, "d", "renewed", renewed);
        putForAMoment(backend, "d", "left");
        long sent;
        do {
            sent = System.nanoTime();
            assertThat(join(renewed.renew())).isTrue();
        } while (names(backend, "d").size() == 2);
        List<String> seen = names(backend, "d");
        while (!seen.isEmpty()) {
            assertThat(seen).containsExactly("renewed");
            seen = names(backend, "d");
        }
        assertThat(System.nanoTime() - sent)
                .isGreaterThanOrEqualTo(SHORT.multipliedBy(2).toNanos());
    }

    @Test
    void revokingDeletesAtOnceAndMayBeRepeated() {
        Lease lease = grant(backend, TTL);
        put(backend, "d", "a", lease);
        put(backend, "e", "a", lease);
        put(backend, "d", "b", "1");
        join(lease.revoke());
        assertThat(names(backend, "d")).containsExactly("b");
        assertThat(all(backend, "e")).isEmpty();
        join(lease.revoke());
        assertThat(join(lease.renew())).isFalse();
        assertThat(commit(backend, Commit.to("d").put("a", Bytes.EMPTY, lease.id())))
                .isEqualTo(new LeaseDead());
    }

    @Test
    void anEntryThatWasPutAgainOtherwiseSurvivesTheEndOfItsFormerLease() {
        Lease first = grant(backend, TTL);
        Lease second = grant(backend, TTL);
        put(backend, "d", "a", first);
        put(backend, "d", "b", first);
        committed(backend, Commit.to("d").delete("a").delete("b"));
        put(backend, "d", "a", "free");
        put(backend, "d", "b", second);
        join(first.revoke());
        assertThat(names(backend, "d")).containsExactly("a", "b");
        join(second.revoke());
        assertThat(names(backend, "d")).containsExactly("a");
    }

    /**
     * More entries than one call of the script removes: those that are not removed yet are already invisible, and can
     * be put again.
     */
    @Test
    void aLeaseOfAThousandEntriesEndsAtOneMoment() {
        Lease lease = grant(backend, TTL);
        Lease next = grant(backend, TTL);
        fill("d", 1_000, lease);
        put(backend, "d", "free", "1");
        join(lease.revoke());
        // Some names are put again before the reaper has removed them.
        committed(backend, Commit.to("d").ifAbsent("n0999").put("n0999", Bytes.utf8("again")));
        put(backend, "d", "n0998", next);
        assertThat(names(backend, "d")).containsExactly("free", "n0998", "n0999");
        for (int i = 0; i < 10; i++) {
            assertThat(names(backend, "d")).containsExactly("free", "n0998", "n0999");
        }
        assertThat(redis().hlen(Script.of(namespace).keys()[1])).isEqualTo(4);
        join(next.revoke());
        assertThat(names(backend, "d")).containsExactly("free", "n0999");
    }

    @Test
    void rangesDuringReapingSkipEntriesOfEndedLeases() {
        Lease lease = grant(backend, TTL);
        fill("d", 2_000, lease);
        put(backend, "d", "a", "1");
        put(backend, "d", "z", "1");
        join(lease.revoke());
        assertThat(join(backend.read(new Query.Range("d", "", 1)))).satisfies(page -> {
            assertThat(page.more()).isTrue();
            assertThat(page.entries()).extracting(Entry::name).containsExactly("a");
        });
        assertThat(join(backend.read(new Query.Range("d", "a", 1)))).satisfies(page -> {
            assertThat(page.more()).isFalse();
            assertThat(page.entries()).extracting(Entry::name).containsExactly("z");
        });
    }

    @Test
    void idsAreNeverZeroAndNeverTwice() {
        Set<Long> ids = new HashSet<>();
        List<CompletionStage<Lease>> grants = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            grants.add(backend.grantLease(TTL));
        }
        grants.forEach(grant -> ids.add(join(grant).id()));
        assertThat(ids).hasSize(1_000).doesNotContain(0L);
    }

    @Test
    void aTtlIsRoundedUpAndNeverShortened() {
        assertThat(grant(backend, Duration.ofNanos(1)).ttl()).isEqualTo(Limits.LEAST_TTL);
        assertThat(grant(backend, Duration.ofNanos(20_000_001)).ttl()).isEqualTo(Duration.ofMillis(21));
        assertThat(grant(backend, Limits.GREATEST_TTL).ttl()).isEqualTo(Limits.GREATEST_TTL);
        for (Duration wrong : List.of(
                Duration.ZERO,
                Duration.ofSeconds(-1),
                Limits.GREATEST_TTL.plusNanos(1),
                Duration.ofSeconds(Long.MAX_VALUE))) {
            assertThat(failure(backend.grantLease(wrong))).isInstanceOfSatisfying(BackendException.class, e -> {
                assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
                assertThat(e.permanent()).isTrue();
            });
        }
    }

    private void fill(String directory, int entries, Lease lease) {
        for (int i = 0; i < entries; i += 100) {
            Commit.Builder commit = Commit.to(directory);
            for (int j = i; j < i + 100; j++) {
                commit.put("n%04d".formatted(j), Bytes.EMPTY, lease.id());
            }
            committed(backend, commit);
        }
    }
}
