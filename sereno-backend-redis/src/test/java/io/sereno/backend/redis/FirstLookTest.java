package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.CommitResult.Conflict;
import io.sereno.spi.CommitResult.LeaseDead;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.spi.Watch;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Every method of the SPI once, over a real server. */
class FirstLookTest extends OneServerTest {
    @Test
    void everyMethodWorks() throws InterruptedException {
        Backend one = open();
        Backend two = open();

        Notices notices = new Notices();
        Watch watch = watch(two, new Target("d", Optional.empty()), notices);
        Lease lease = grant(one, Duration.ofSeconds(2));
        CommitResult enqueued = commit(
                one,
                Commit.to("d")
                        .ifAbsent("a")
                        .put("a", Bytes.utf8("1"), lease.id())
                        .returningAll());
        Entry entry = snapshot(enqueued).entries().get(0);
        assertThat(entry.leaseId()).isEqualTo(lease.id());
        assertThat(entry.value()).isEqualTo(Bytes.utf8("1"));
        assertThat(entry.createRevision()).isEqualTo(((CommitResult.Committed) enqueued).revision());
        notices.await("a", Duration.ofSeconds(5));

        assertThat(commit(
                        two, Commit.to("d").ifAbsent("a").put("b", Bytes.EMPTY).returningOne("a")))
                .isEqualTo(new Conflict(Optional.of(new Snapshot(List.of(entry), false))));
        assertThat(join(lease.renew())).isTrue();
        assertThat(all(two, "d")).containsExactly(entry);
        assertThat(join(two.read(new Query.One("d", "b"))).entries()).isEmpty();

        notices.awaitBehind(entry.createRevision(), "a", Duration.ofSeconds(5));
        assertThat(all(two, "d")).isEmpty();
        assertThat(join(lease.renew())).isFalse();
        assertThat(commit(one, Commit.to("d").put("a", Bytes.EMPTY, lease.id())))
                .isEqualTo(new LeaseDead());

        Lease next = grant(one, TTL);
        assertThat(put(one, "d", "a", next)).isGreaterThan(entry.createRevision());
        join(next.revoke());
        assertThat(all(two, "d")).isEmpty();
        watch.cancel();
    }
}
