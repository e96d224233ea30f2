package io.sereno.backend.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.CommitResult.Conflict;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.spi.Target;
import io.sereno.testservers.ZooKeeperServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;

/** COM, VAL, NAM and READ, with two clients: each sees the changes of the other. */
@Tag("servers")
@Timeout(120)
@TestInstance(Lifecycle.PER_CLASS)
class CommitTest {
    private ZooKeeperServer server;
    private Client client;
    private Client other;

    @BeforeAll
    void start() {
        server = ZooKeeperServer.start();
        client = Client.connect(server.endpoints(), "commits");
        other = Client.connect(server.endpoints(), "commits");
    }

    @AfterAll
    void stop() {
        client.close();
        other.close();
        server.close();
    }

    @Test
    void everyKindOfConditionHoldsOrDoesNot(TestInfo test) {
        String d = test.getDisplayName();
        long created = client.put(d, "a", "1");
        long modified = client.put(d, "a", "2");
        assertHolds(Commit.to(d).ifPresent("a"), true);
        assertHolds(Commit.to(d).ifAbsent("a"), false);
        assertHolds(Commit.to(d).ifPresent("b"), false);
        assertHolds(Commit.to(d).ifAbsent("b"), true);
        assertHolds(Commit.to(d).ifCreateRevision("a", created), true);
        assertHolds(Commit.to(d).ifCreateRevision("a", modified), false);
        assertHolds(Commit.to(d).ifModRevision("a", modified), true);
        assertHolds(Commit.to(d).ifModRevision("a", created), false);
        assertHolds(Commit.to(d).ifCreateRevision("b", created), false);
        assertHolds(Commit.to(d).ifModRevision("b", created), false);
        assertHolds(Commit.to(d).ifPresent("a").ifAbsent("b"), true);
        assertHolds(Commit.to(d).ifPresent("a").ifPresent("b"), false);
        assertHolds(Commit.to(d).ifModRevision("a", created).ifAbsent("b"), false);
        assertHolds(Commit.to(d), true);
    }

    /** By both clients: one remembers its commits, the other has to read. */
    private void assertHolds(Commit.Builder check, boolean holds) {
        Class<?> expected = holds ? Committed.class : Conflict.class;
        assertThat(client.commit(check)).isInstanceOf(expected);
        assertThat(other.commit(check)).isInstanceOf(expected);
        assertThat(other.commit(check)).isInstanceOf(expected);
    }

    @Test
    void rememberedVersionsNeverWinOverStoredOnes(TestInfo test) {
        String d = test.getDisplayName();
        long created = client.put(d, "a", "1");
        // The client remembers `a` as it put it; meanwhile another client sets, deletes and creates it again.
        long modified = other.put(d, "a", "2");
        assertThat(client.commit(Commit.to(d).ifModRevision("a", created).put("a", Bytes.EMPTY)))
                .isEqualTo(new Conflict(Optional.empty()));
        assertThat(client.committed(Commit.to(d).ifModRevision("a", modified).put("a", Bytes.utf8("3"))))
                .isGreaterThan(modified);
        other.committed(Commit.to(d).delete("a"));
        long again = other.put(d, "a", "1");
        assertThat(client.commit(Commit.to(d).ifCreateRevision("a", created).delete("a")))
                .isEqualTo(new Conflict(Optional.empty()));
        assertThat(client.entry(d, "a")).contains(new Entry("a", Bytes.utf8("1"), again, again, 0));
    }

    /** ZooKeeper counts versions of each incarnation from 0: a check of the version alone deletes the next owner's entry. */
    @Test
    void aRecreatedEntryDiffersEvenIfItsVersionIsTheSame(TestInfo test) {
        String d = test.getDisplayName();
        long first = client.put(d, "a", "same");
        other.committed(Commit.to(d).delete("a"));
        long second = other.put(d, "a", "same");
        assertThat(client.commit(Commit.to(d).ifModRevision("a", first).delete("a")))
                .isInstanceOf(Conflict.class);
        assertThat(client.commit(Commit.to(d).ifCreateRevision("a", first).put("a", Bytes.EMPTY)))
                .isInstanceOf(Conflict.class);
        assertThat(client.entry(d, "a").orElseThrow().modRevision()).isEqualTo(second);
    }

    @Test
    void revisionsOfACommitAreOneAndIncrease(TestInfo test) {
        String d = test.getDisplayName();
        long first = client.committed(Commit.to(d).put("a", Bytes.EMPTY).put("b", Bytes.EMPTY));
        long second = other.committed(
                Commit.to(d).put("a", Bytes.utf8("2")).put("c", Bytes.EMPTY).delete("b"));
        long third = client.committed(Commit.to(d).delete("a").delete("c"));
        long fourth = other.put(d, "a", "again");
        assertThat(List.of(first, second, third, fourth)).isSorted().doesNotHaveDuplicates();
        assertThat(client.all(d).entries()).containsExactly(new Entry("a", Bytes.utf8("again"), fourth, fourth, 0));
    }

    @Test
    void aPutKeepsTheCreateRevision(TestInfo test) {
        String d = test.getDisplayName();
        long created = client.put(d, "a", "1");
        long modified = other.put(d, "a", "2");
        assertThat(client.entry(d, "a")).contains(new Entry("a", Bytes.utf8("2"), created, modified, 0));
    }

    @Test
    void aCommitThatChangesNothingHasRevisionZeroAndMakesNoNotice(TestInfo test) throws InterruptedException {
        String d = test.getDisplayName();
        client.put(d, "a", "1");
        List<Entry> before = client.all(d).entries();
        Notes notes = new Notes();
        other.watch(new Target(d, Optional.empty()), notes);
        assertThat(client.committed(Commit.to(d).ifPresent("a"))).isZero();
        assertThat(client.committed(Commit.to(d).delete("nothing"))).isZero();
        assertThat(client.committed(Commit.to(d).delete("nothing").ifAbsent("more")))
                .isZero();
        assertThat(other.committed(Commit.to(d))).isZero();
        assertThat(other.all(d).entries()).isEqualTo(before);
        client.put(d, "end", "");
        assertThat(notes.await("end")).containsExactly("end");
    }

    @Test
    void exactlyOneOfManyCommitsThatCreateAnEntrySucceeds(TestInfo test) {
        String d = test.getDisplayName();
        for (int round = 0; round < 20; round++) {
            Commit found = Commit.to(d)
                    .ifAbsent("a" + round)
                    .put("a" + round, Bytes.EMPTY)
                    .build();
            List<CompletionStage<CommitResult>> stages = IntStream.range(0, 10)
                    .mapToObj(i -> (i % 2 == 0 ? client : other).backend().commit(found))
                    .toList();
            assertThat(stages.stream().map(Client::await).filter(Committed.class::isInstance))
                    .hasSize(1);
        }
    }

    @Test
    void compareAndSetFromTwoClientsLosesNothing(TestInfo test) throws InterruptedException {
        String d = test.getDisplayName();
        client.put(d, "n", "0");
        List<Thread> threads = new ArrayList<>();
        for (Client each : List.of(client, other, client, other)) {
            Thread thread = new Thread(() -> {
                for (int done = 0; done < 50; ) {
                    Entry now = each.entry(d, "n").orElseThrow();
                    int next = Integer.parseInt(now.value().toUtf8()) + 1;
                    CommitResult result = each.commit(Commit.to(d)
                            .ifModRevision("n", now.modRevision())
                            .put("n", Bytes.utf8(String.valueOf(next))));
                    done += result instanceof Committed ? 1 : 0;
                }
            });
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(client.entry(d, "n").orElseThrow().value().toUtf8()).isEqualTo("200");
    }

    @Test
    void putsAndDeletesWithoutConditionAlwaysSucceed(TestInfo test) {
        String d = test.getDisplayName();
        client.put(d, "a", "1");
        other.committed(Commit.to(d).delete("a"));
        // Remembered as present, and absent.
        assertThat(client.put(d, "a", "2")).isPositive();
        assertThat(other.committed(Commit.to(d).put("a", Bytes.utf8("3")).put("b", Bytes.EMPTY)))
                .isPositive();
        client.committed(Commit.to(d).delete("b"));
        assertThat(other.committed(Commit.to(d).delete("b").put("a", Bytes.utf8("4"))))
                .isPositive();
        assertThat(client.entry(d, "a").orElseThrow().value().toUtf8()).isEqualTo("4");
    }

    @Test
    void aPutThatChangesTheBindingIsRefusedWhereItIsSeen(TestInfo test) {
        String d = test.getDisplayName();
        Lease lease = client.lease(Duration.ofSeconds(30));
        long revision = client.put(d, "a", lease);
        assertThatThrownBy(() ->
                        other.commit(Commit.to(d).ifModRevision("a", revision).put("a", Bytes.utf8("x"))))
                .isInstanceOf(BackendException.class)
                .hasMessageContaining("bound to lease");
        assertThat(client.entry(d, "a").orElseThrow().value()).isEqualTo(Bytes.EMPTY);
        Client.await(lease.revoke());
    }

    @Test
    void aFalseConditionIsAConflictEvenIfTheEntryIsBoundToAnotherLeaseNow(TestInfo test) {
        String d = test.getDisplayName();
        long first = client.put(d, "a", "mine");
        other.committed(Commit.to(d).delete("a"));
        Lease lease = other.lease(Duration.ofSeconds(30));
        other.put(d, "a", lease);
        assertThat(client.commit(Commit.to(d).ifModRevision("a", first).put("a", Bytes.EMPTY)))
                .isInstanceOf(Conflict.class);
        assertThat(client.commit(Commit.to(d).ifCreateRevision("a", first).put("a", Bytes.EMPTY)))
                .isInstanceOf(Conflict.class);
        Client.await(lease.revoke());
    }

    @Test
    void theReturnedReadShowsTheCommitOrWhatCameAfter(TestInfo test) {
        String d = test.getDisplayName();
        Committed first = (Committed) client.commit(
                Commit.to(d).put("b", Bytes.utf8("1")).put("a", Bytes.EMPTY).returningAll());
        assertThat(first.snapshot().orElseThrow().entries())
                .isEqualTo(other.all(d).entries());
        Committed second = (Committed)
                other.commit(Commit.to(d).put("c", Bytes.EMPTY).delete("a").returningAll());
        assertThat(second.snapshot().orElseThrow().entries())
                .isEqualTo(client.all(d).entries());
        Committed gone = (Committed) client.commit(Commit.to(d).delete("b").returningOne("b"));
        assertThat(gone.snapshot().orElseThrow().entries()).isEmpty();
        Conflict conflict = (Conflict) client.commit(Commit.to(d).ifAbsent("c").returningOne("c"));
        assertThat(conflict.snapshot().orElseThrow().entries()).hasSize(1);
        Committed check = (Committed) client.commit(Commit.to(d).ifPresent("c").returningAll());
        assertThat(check.snapshot().orElseThrow().entries()).hasSize(1);
    }

    @Test
    void limitsAreAcceptedAndWhatIsBeyondIsRefusedWithNothingApplied(TestInfo test) {
        String d = test.getDisplayName();
        Commit.Builder many = Commit.to(d);
        IntStream.range(0, 64).forEach(i -> many.ifAbsent("c" + i).put("w" + i, Bytes.copyOf(new byte[4_000])));
        assertThat(client.committed(many)).isPositive();
        IntStream.range(64, 65).forEach(i -> many.put("w" + i, Bytes.EMPTY));
        assertRefused(many, "65 writes");
        Bytes greatest = Bytes.copyOf(new byte[256 * 1024]);
        client.committed(Commit.to(d).put("v", greatest));
        assertThat(other.entry(d, "v").orElseThrow().value()).isEqualTo(greatest);
        assertRefused(Commit.to(d).put("v", Bytes.copyOf(new byte[256 * 1024 + 1])), "262145 bytes");
        client.committed(Commit.to(d).put("x", greatest).put("y", Bytes.copyOf(new byte[256 * 1024 - 2])));
        assertRefused(Commit.to(d).put("x", greatest).put("y", Bytes.copyOf(new byte[256 * 1024 - 1])), "524289 bytes");
        assertThat(client.put(d, "after", "all of it")).isPositive();
    }

    private void assertRefused(Commit.Builder commit, String why) {
        assertThatThrownBy(() -> client.commit(commit))
                .isInstanceOfSatisfying(BackendException.class, failure -> {
                    assertThat(failure.outcome()).isEqualTo(BackendException.Outcome.NOT_APPLIED);
                    assertThat(failure.permanent()).isTrue();
                })
                .hasMessageContaining(why);
    }

    /** The longest names, all of characters that have to be escaped, in the greatest commit: still below jute.maxbuffer. */
    @Test
    void theGreatestCommitOfTheWorstNamesIsTaken() {
        String d = "/".repeat(400);
        Commit.Builder commit = Commit.to(d);
        for (int i = 0; i < 64; i++) {
            String name = "/".repeat(100) + Integer.toString(100 + i);
            commit.ifAbsent("%".repeat(100) + (100 + i)).put(name, Bytes.copyOf(new byte[7_900]));
        }
        assertThat(client.committed(commit)).isPositive();
        assertThat(other.all(d).entries()).hasSize(64);
    }

    @Test
    void namesArePlainText() {
        List<String> names = List.of(
                " ",
                "!",
                "%2F",
                "*",
                ".",
                "..",
                "/",
                "//",
                "=",
                "A",
                "\u0001",
                "\u007f",
                "a",
                "a/b",
                "\u00e9",
                "e\u0301",
                "\ue000",
                "\uffff",
                "\ud83d\ude00");
        List<String> byBytes = new ArrayList<>(names);
        byBytes.sort((left, right) -> Arrays.compareUnsigned(left.getBytes(UTF_8), right.getBytes(UTF_8)));
        for (String name : names) {
            client.put("names/" + name, "n", name);
            client.put("names", name, name);
        }
        assertThat(other.names("names")).isEqualTo(byBytes);
        for (String name : names) {
            assertThat(other.all("names/" + name).entries())
                    .singleElement()
                    .satisfies(entry -> assertThat(entry.value().toUtf8()).isEqualTo(name));
            assertThat(other.entry("names", name).orElseThrow().value().toUtf8())
                    .isEqualTo(name);
        }
    }

    @Test
    void aNamespaceInsideAnotherIsSeparate() {
        try (Client inner = Client.connect(server.endpoints(), "commits/inner");
                Client longer = Client.connect(server.endpoints(), "commits2");
                Client none = Client.connect(server.endpoints(), "")) {
            client.put("d", "a", "1");
            for (Client each : List.of(inner, longer, none)) {
                assertThat(each.names("d")).isEmpty();
                each.put("d", "b", "2");
            }
            assertThat(client.names("d")).containsExactly("a");
            assertThat(inner.names("d")).containsExactly("b");
        }
    }
}
