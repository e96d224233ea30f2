package io.sereno.backend.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sereno.spi.BackendException;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Target;
import io.sereno.testservers.ZooKeeperServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.ZooDefs;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;

/** READ: whole directories, single entries, ranges. */
@Tag("servers")
@Timeout(120)
@TestInstance(Lifecycle.PER_CLASS)
class ReadTest {
    private ZooKeeperServer server;
    private Client client;

    @BeforeAll
    void start() {
        server = ZooKeeperServer.start();
        client = Client.connect(server.endpoints(), "reads");
    }

    @AfterAll
    void stop() {
        client.close();
        server.close();
    }

    @Test
    void anAbsentEntryIsMissingAndAnEmptyValueIsPresent(TestInfo test) {
        String d = test.getDisplayName();
        assertThat(client.all(d)).isEqualTo(new Snapshot(List.of(), false));
        assertThat(client.entry(d, "a")).isEmpty();
        assertThat(range(d, "", 5)).isEqualTo(new Snapshot(List.of(), false));
        client.put(d, "a", "");
        assertThat(client.entry(d, "a").orElseThrow().value()).isEqualTo(Bytes.EMPTY);
    }

    @Test
    void aRangeReturnsTheFirstBehindANameAndSaysWhetherThereAreMore(TestInfo test) {
        String d = test.getDisplayName();
        for (String name : List.of("b", "d", "f", "h")) {
            client.put(d, name, name);
        }
        assertThat(names(range(d, "", 2))).containsExactly("b", "d");
        assertThat(range(d, "", 2).more()).isTrue();
        assertThat(names(range(d, "d", 2))).containsExactly("f", "h");
        assertThat(range(d, "d", 2).more()).isFalse();
        assertThat(names(range(d, "c", 1))).containsExactly("d");
        assertThat(names(range(d, "h", 9))).isEmpty();
        assertThat(range(d, "h", 9).more()).isFalse();
    }

    @Test
    void tenThousandEntriesAreReadWholeAndPageByPage(TestInfo test) {
        String d = test.getDisplayName();
        List<CompletionStage<?>> puts = new ArrayList<>();
        for (int i = 0; i < 10_000; i += 50) {
            Commit.Builder commit = Commit.to(d);
            for (int j = i; j < i + 50; j++) {
                commit.put(String.format("entry-%05d", j), Bytes.utf8("value of " + j));
            }
            puts.add(client.backend().commit(commit.build()));
        }
        puts.forEach(Client::await);
        List<Entry> all = client.all(d).entries();
        assertThat(all).hasSize(10_000);
        assertThat(all.get(4_711).value().toUtf8()).isEqualTo("value of 4711");
        List<Entry> paged = new ArrayList<>();
        Snapshot page;
        String after = "";
        do {
            page = range(d, after, 3_000);
            paged.addAll(page.entries());
            after = paged.get(paged.size() - 1).name();
        } while (page.more());
        assertThat(paged).isEqualTo(all);
    }

    @Test
    void aListingThatIsTooLargeFailsClearlyAndTheClientStillWorks(TestInfo test) {
        String d = test.getDisplayName();
        Bytes value = Bytes.copyOf(new byte[256 * 1024]);
        for (int i = 0; i < 16; i++) {
            client.committed(Commit.to(d).put("v" + i, value));
        }
        assertThatThrownBy(() -> client.all(d)).hasMessageContaining("4194304").hasMessageContaining("page by page");
        assertThat(range(d, "", 10).entries()).hasSize(10);
        assertThat(range(d, "", 10).more()).isTrue();
        client.committed(Commit.to(d).delete("v0"));
        assertThat(client.all(d).entries()).hasSize(15);
    }

    /** Each read is begun after an acknowledged write of another client. */
    /** A user who may write below the namespace may create any node there. The node is skipped, and blocks no lock. */
    @Test
    void aNodeThatSerenoDidNotMakeIsSkippedWithItsNotices(TestInfo test) throws Exception {
        String d = test.getDisplayName();
        client.put(d, "a", "1");
        Notes notes = new Notes();
        client.watch(new Target(d, Optional.empty()), notes);
        Handle bare = client.itself().mainHandle();
        String directory = new Paths("reads").directory(d);
        for (String foreign : List.of("%", "%2", "x%zz", "%2f", "%C3", "a=b", "a!b")) {
            bare.create(directory + "/" + foreign, new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        }
        client.put(d, "b", "1");
        assertThat(notes.await("b")).doesNotContain("x%zz", "%2f", "a=b", "a!b");
        assertThat(client.names(d)).containsExactly("", "a", "b");
        assertThat(names(range(d, "a", 9))).containsExactly("b");
        client.committed(Commit.to(d).delete("a").delete("b").returningAll());
    }

    /** A listing beyond the client's buffer would break the connection for all calls. */
    @Test
    void aDirectoryWithTooManyEntriesIsRefusedBeforeItIsListed(TestInfo test) throws Exception {
        String d = test.getDisplayName();
        Handle handle = client.itself().mainHandle();
        Reader strict =
                new Reader(new Paths("reads"), new RememberedEntries(), new ForeignNodes(), Failures::ofRead, 10);
        for (int i = 0; i < 10; i++) {
            client.put(d, "n" + i, "");
        }
        assertThat(Client.await(strict.read(handle, new Query.All(d), new int[Paths.GUARDS]))
                        .entries())
                .hasSize(10);
        client.put(d, "one-more", "");
        Reader other =
                new Reader(new Paths("reads"), new RememberedEntries(), new ForeignNodes(), Failures::ofRead, 10);
        for (Query query : List.of(new Query.All(d), new Query.Range(d, "", 1))) {
            assertThatThrownBy(() -> Client.await(other.read(handle, query, new int[Paths.GUARDS])))
                    .isInstanceOfSatisfying(
                            BackendException.class,
                            refused -> assertThat(refused.permanent()).isTrue())
                    .hasMessageContaining(d)
                    .hasMessageContaining("11 entries")
                    .hasMessageContaining("10 are accepted");
        }
        assertThat(Client.await(other.read(handle, new Query.One(d, "n1"), new int[Paths.GUARDS]))
                        .entries())
                .hasSize(1);
    }

    @Test
    void aReadShowsEveryWriteThatWasAcknowledgedBeforeItBegan(TestInfo test) {
        String d = test.getDisplayName();
        try (Client other = Client.connect(server.endpoints(), "reads")) {
            for (int i = 0; i < 200; i++) {
                long revision = client.put(d, "a", String.valueOf(i));
                assertThat(other.entry(d, "a").orElseThrow().modRevision()).isEqualTo(revision);
            }
        }
    }

    private Snapshot range(String directory, String after, int limit) {
        return Client.await(client.backend().read(new Query.Range(directory, after, limit)));
    }

    private static List<String> names(Snapshot snapshot) {
        return snapshot.entries().stream().map(Entry::name).toList();
    }

    /**
     * A server that lags behind another session's server may answer a read after a commit. So the known version of a
     * guard may be of a later time than the entry that is read, and must not be remembered with it.
     */
    @Test
    void anEntryIsRememberedWithTheGuardThatWasKnownBeforeTheBarrier(TestInfo test) {
        String d = test.getDisplayName();
        Handle handle = client.itself().mainHandle();
        Paths paths = new Paths("reads");
        RememberedEntries remembered = new RememberedEntries();
        Reader reader = new Reader(paths, remembered, new ForeignNodes(), Failures::ofRead, Limits.MOST_LISTED);
        client.put(d, "a", "1");
        int shard = Paths.shard(d, "a");
        Client.await(reader.look(handle, d, Set.of("a")));
        int[] before = remembered.guards();

        client.committed(Commit.to(d).delete("a"));
        client.put(d, "a", "2");
        Client.await(reader.look(handle, d, Set.of("a")));
        assertThat(remembered.guard(shard)).isEqualTo(before[shard] + 1);

        Client.await(reader.read(handle, new Query.All(d), before));
        RememberedEntry seen = remembered.of(Paths.entry(paths.directory(d), "a"));
        assertThat(seen).isNotNull().extracting(RememberedEntry::guard).isEqualTo(before[shard]);
    }
}
