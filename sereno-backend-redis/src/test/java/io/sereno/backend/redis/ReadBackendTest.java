package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.api.sync.RedisCommands;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.CommitResult.Committed;
import io.sereno.spi.DirectoryPage;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.suite.common.ManyDirectories;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Reads, values and names. */
class ReadBackendTest extends OneServerTest {
    private Backend backend;

    @BeforeEach
    void connect() {
        backend = open();
    }

    @Test
    void tenThousandDirectoriesAreListedInFiveSeconds() throws Exception {
        ManyDirectories.requireListedSoon(backend);
    }

    /** More entries than two calls remove. */
    @Test
    void directoriesOfAnEndedLeaseAreNotListedWhileTheirEntriesAreBeingRemoved() {
        Lease lease = grant(backend, TTL);
        for (int i = 0; i < 1_000; i++) {
            put(backend, "d" + i, "a", lease);
        }
        join(lease.revoke());
        assertThat(join(backend.directories(Optional.empty(), 10)))
                .isEqualTo(new DirectoryPage(List.of(), Optional.empty()));
    }

    @Test
    void absentIsEmptyAndAnEmptyValueIsPresent() {
        put(backend, "d", "a", "");
        assertThat(all(backend, "never")).isEmpty();
        assertThat(join(backend.read(new Query.One("d", "b"))).entries()).isEmpty();
        assertThat(join(backend.read(new Query.One("d", "a"))).entries())
                .singleElement()
                .extracting(Entry::value)
                .isEqualTo(Bytes.EMPTY);
    }

    @Test
    void anyBytesComeBackAsTheyWerePut() {
        byte[] every = new byte[512];
        new Random(1).nextBytes(every);
        for (int i = 0; i < 256; i++) {
            every[i] = (byte) i;
        }
        committed(backend, Commit.to("d").put("a", Bytes.copyOf(every)).put("b", Bytes.utf8("1 2 - 3 ")));
        assertThat(all(backend, "d"))
                .extracting(Entry::value)
                .containsExactly(Bytes.copyOf(every), Bytes.utf8("1 2 - 3 "));
    }

    @Test
    void namesAreOrderedByTheirBytes() {
        String supplementary = "\uD83D\uDE00";
        String privateUse = "\uE000";
        for (String name :
                List.of("b", supplementary, "a/b", privateUse, "a", "aa", "\u00e9", "\u0001", "\uD83D\uDE01")) {
            put(backend, "d", name, "1");
        }
        assertThat(names(backend, "d"))
                .containsExactly("\u0001", "a", "a/b", "aa", "b", "\u00e9", privateUse, supplementary, "\uD83D\uDE01");
    }

    @Test
    void aRangeSaysExactlyWhetherThereIsMore() {
        for (String name : List.of("a", "b", "c", "d")) {
            put(backend, "d", name, "1");
        }
        put(backend, "e", "z", "1");
        assertThat(range("", 1)).isEqualTo(List.of("a", "more"));
        assertThat(range("", 4)).isEqualTo(List.of("a", "b", "c", "d"));
        assertThat(range("a", 2)).isEqualTo(List.of("b", "c", "more"));
        assertThat(range("b", 2)).isEqualTo(List.of("c", "d"));
        assertThat(range("b", 9)).isEqualTo(List.of("c", "d"));
        assertThat(range("aa", 1)).isEqualTo(List.of("b", "more"));
        assertThat(range("d", 1)).isEmpty();
        assertThat(range("", Integer.MAX_VALUE)).hasSize(4);
    }

    @Test
    void manyEntriesAreReadWholeAndInPages() {
        List<CompletionStage<CommitResult>> puts = new ArrayList<>();
        Bytes value = Bytes.copyOf(new byte[1_050]);
        for (int i = 0; i < 1_300; i++) {
            puts.add(backend.commit(
                    Commit.to("d").put("e%04d".formatted(i), value).build()));
        }
        assertThat(puts).allSatisfy(put -> assertThat(join(put)).isInstanceOf(Committed.class));
        assertThat(names(backend, "d")).hasSize(1_300).isSorted();
        List<String> paged = new ArrayList<>();
        Snapshot page;
        do {
            String after = paged.isEmpty() ? "" : paged.get(paged.size() - 1);
            page = join(backend.read(new Query.Range("d", after, 650)));
            page.entries().forEach(entry -> paged.add(entry.name()));
        } while (page.more());
        assertThat(paged).isEqualTo(names(backend, "d"));
    }

    @Test
    void anAnswerThatWouldBeTooLargeIsRefusedAndRangesOfItAreNot() {
        for (int i = 0; i < 9; i++) {
            committed(backend, Commit.to("d").put("e" + i, Bytes.copyOf(new byte[Limits.VALUE_BYTES])));
        }
        assertThat(failure(backend.read(new Query.All("d")))).isInstanceOfSatisfying(BackendException.class, e -> {
            assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
            assertThat(e).hasMessageContaining("read page by page");
        });
        assertThat(join(backend.read(new Query.Range("d", "e3", 5))).entries()).hasSize(5);
        Committed committed =
                (Committed) commit(backend, Commit.to("d").put("f", Bytes.EMPTY).returningAll());
        assertThat(committed.snapshot()).isEmpty();
    }

    /** The server checks the size of the entries read so far, not only at the end. */
    @Test
    void aListingThatIsRefusedTakesLittleOfTheServersMemory() {
        try (RedisServer large = RedisServer.start(Persistence.NONE)) {
            Backend backend = open(config().at(large.endpoints()));
            Bytes value = Bytes.copyOf(new byte[Limits.VALUE_BYTES]);
            for (int i = 0; i < 160; i++) {
                committed(backend, Commit.to("d").put("e" + i, value));
            }
            RedisCommands<String, String> redis = redis(large.endpoints().get(0));
            long before = memory(redis, "used_memory_peak");
            assertThat(failure(backend.read(new Query.All("d")))).hasMessageContaining("read page by page");
            assertThat(memory(redis, "used_memory_peak") - before).isLessThan(90L << 20);
        }
    }

    private static long memory(RedisCommands<String, String> redis, String field) {
        return redis.info("memory")
                .lines()
                .filter(line -> line.startsWith(field + ":"))
                .mapToLong(line -> Long.parseLong(line.substring(field.length() + 1)))
                .sum();
    }

    @Test
    void namesAndPathsAreTextAndNeverMeet() {
        List<String> names = List.of(
                ".",
                "..",
                "/",
                "//",
                "%2F",
                "a",
                "A",
                "a/b",
                "a*",
                "a?",
                "[a]",
                " ",
                "a b",
                "\n",
                "\u0001",
                "\u007f",
                "a\u0301",
                "\u00e1",
                "{a}",
                "}",
                ":",
                "d",
                "x".repeat(255));
        for (String directory : names) {
            for (String name : List.of("n", "/", "a")) {
                put(backend, directory, name, directory + name);
            }
        }
        for (String directory : names) {
            assertThat(all(backend, directory))
                    .extracting(entry -> entry.value().toUtf8())
                    .containsExactly(directory + "/", directory + "a", directory + "n");
        }
        for (String name : names) {
            put(backend, "all", name, name);
        }
        assertThat(all(backend, "all"))
                .hasSize(names.size())
                .allSatisfy(entry -> assertThat(entry.value().toUtf8()).isEqualTo(entry.name()));
    }

    @Test
    void namespacesSeeNothingOfEachOther() {
        List<String> namespaces = List.of("", "a", "a/b", "a}", "{a", "a%7D", "a b", "\u00e4", "ab", "A");
        List<Backend> backends =
                namespaces.stream().map(n -> open(config().in(namespace + n))).toList();
        for (int i = 0; i < namespaces.size(); i++) {
            put(backends.get(i), "b/c", "n", "" + i);
        }
        for (int i = 0; i < namespaces.size(); i++) {
            assertThat(all(backends.get(i), "b/c"))
                    .extracting(entry -> entry.value().toUtf8())
                    .containsExactly("" + i);
            assertThat(all(backends.get(i), "c")).isEmpty();
        }
    }

    private List<String> range(String after, int limit) {
        Snapshot snapshot = join(backend.read(new Query.Range("d", after, limit)));
        List<String> names =
                new ArrayList<>(snapshot.entries().stream().map(Entry::name).toList());
        if (snapshot.more()) {
            names.add("more");
        }
        return names;
    }
}
