package io.sereno.tck.spi;

import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.Condition;
import io.sereno.spi.Entry;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Promise;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import io.sereno.spi.Write;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import io.sereno.tck.run.Client;
import io.sereno.tck.run.RuleFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;

/** Reads that have one right answer. Histories judge the rest. */
public class ReadRules {
    private static final String DIRECTORY = "read";

    @Rule(
            value = "READ-4a",
            check = "what the store answers for a key that is not there: null, an error, an empty list?")
    void anAbsentEntryIsAnEmptyList(Bench bench) {
        Client client = bench.client();
        requireEmpty(bench, "a directory that was never used", client.read(new Query.All(DIRECTORY)));
        requireEmpty(bench, "an entry that never was", client.read(new Query.One(DIRECTORY, "nobody")));
        requireEmpty(bench, "a range of nothing", client.read(new Query.Range(DIRECTORY, "", 3)));

        client.put(DIRECTORY, "a", "1");
        requireEmpty(bench, "an entry that never was, beside another,", client.read(new Query.One(DIRECTORY, "b")));
        bench.same("the number of entries", 1, client.all(DIRECTORY).size());
        requireEmpty(bench, "a range behind the last", client.read(new Query.Range(DIRECTORY, "a", 3)));

        client.delete(DIRECTORY, "a");
        for (Client reader : List.of(client, bench.client())) {
            requireEmpty(bench, "a directory that was emptied", reader.read(new Query.All(DIRECTORY)));
            requireEmpty(bench, "an entry that was deleted", reader.read(new Query.One(DIRECTORY, "a")));
            requireEmpty(bench, "a range of what was emptied", reader.read(new Query.Range(DIRECTORY, "", 3)));
            requireEmpty(bench, "a range behind what was deleted", reader.read(new Query.Range(DIRECTORY, "a", 3)));
        }
    }

    @Rule(value = "READ-3d", check = "whether the entries of one read are read one after another, or in portions")
    void entriesOfOneCommitAreReadTogether(Bench bench) {
        if (!bench.promises(Promise.SNAPSHOT_READS)) {
            return;
        }
        Client writer = bench.client();
        Client reader = bench.client();
        List<Query> queries = List.of(
                new Query.All(DIRECTORY), new Query.Range(DIRECTORY, "", 20), new Query.Range(DIRECTORY, "n03", 20));
        List<CompletionStage<Snapshot>> reads = new ArrayList<>();
        for (int change = 0; change < 30; change++) {
            Commit.Builder all = Commit.to(DIRECTORY);
            for (int i = 0; i < 12; i++) {
                all.put(String.format("n%02d", i), Bytes.utf8("change " + change));
            }
            writer.committed(all.build());
            // Not awaited: the entries change again while the reads are under way.
            queries.forEach(query -> reads.add(reader.backend().read(query)));
            if (bench.inProcess()) {
                bench.pass(Duration.ofMillis(bench.random().nextInt(4)));
            }
        }
        long read = 0;
        for (CompletionStage<Snapshot> each : reads) {
            CallResult<Snapshot> ended = bench.end(each, bench.patience());
            if (ended.succeeded()) {
                read++;
                Snapshot snapshot = ended.result();
                bench.verify(
                        snapshot.entries().stream().map(Entry::value).distinct().count() == 1,
                        () -> "entries that each commit changes together read as " + CallResult.describe(snapshot));
            }
        }
        bench.evidence("reads", read, reads.size() / 2);
    }

    private static void requireEmpty(Bench bench, String what, Snapshot read) {
        bench.verify(read.entries().isEmpty() && !read.more(), () -> what + " read as " + CallResult.describe(read));
    }

    @Rule(value = "READ-4b", check = "whether an empty value and an absent one look the same to the client library")
    void anEmptyValueIsPresent(Bench bench) {
        Client client = bench.client();
        client.put(DIRECTORY, "empty", Bytes.EMPTY);
        for (Client reader : List.of(client, bench.client())) {
            Entry entry = reader.present(DIRECTORY, "empty");
            bench.same("the value of an entry put with no bytes", Bytes.EMPTY, entry.value());
            bench.same("the number of entries listed", 1, reader.all(DIRECTORY).size());
            bench.same(
                    "the number of entries in a range",
                    1,
                    reader.read(new Query.Range(DIRECTORY, "", 3)).entries().size());
        }
        client.put(DIRECTORY, "emptied", "a value");
        client.put(DIRECTORY, "emptied", Bytes.EMPTY);
        bench.same(
                "the value of an entry that had one, put again with no bytes",
                Bytes.EMPTY,
                client.present(DIRECTORY, "emptied").value());
        CallResult<?> ended = client.outcome(
                Commit.to(DIRECTORY).ifAbsent("empty").put("other", Bytes.EMPTY).build());
        bench.verify(
                ended.result() instanceof io.sereno.spi.CommitResult.Conflict,
                () -> "a commit on the condition that an entry without bytes is absent ended as " + ended);
        Entry returned = client.committed(Commit.to(DIRECTORY)
                        .ifPresent("empty")
                        .put("empty", Bytes.EMPTY)
                        .returningOne("empty")
                        .build())
                .snapshot()
                .map(snapshot -> snapshot.entries().get(0))
                .orElseGet(() -> client.present(DIRECTORY, "empty"));
        bench.same("the value returned with a commit", Bytes.EMPTY, returned.value());
    }

    /** In the order of their UTF-8. Java's order of strings swaps the two before the last. */
    private static final List<String> ORDERED = List.of(
            "\u0001",
            "!",
            "0",
            "10",
            "9",
            "A",
            "Z",
            "a",
            "a ",
            "a!",
            "a/",
            "aa",
            "b",
            "z",
            "\u007f",
            "\u0080",
            "\u00e9",
            "\u07ff",
            "\u0800",
            "\ud7ff",
            "\ue000",
            "\uffee",
            "\ud83d\ude00",
            "\udbff\udffd");

    @Rule(
            value = "READ-5a",
            check =
                    "whether something sorts by String.compareTo, which is by UTF-16; the store's own order, or the order of bytes, is correct")
    void entriesComeInTheOrderOfTheirBytes(Bench bench) {
        Client client = bench.client();
        List<String> shuffled = new ArrayList<>(ORDERED);
        java.util.Collections.shuffle(
                shuffled, new java.util.Random(bench.random().nextLong()));
        shuffled.forEach(name -> client.put(DIRECTORY, name, Bytes.EMPTY));
        requireOrder(bench, "a read of the directory", client.all(DIRECTORY), ORDERED);

        List<String> paged = new ArrayList<>();
        String after = "";
        boolean more = true;
        while (more && paged.size() <= ORDERED.size()) {
            Snapshot page = client.read(new Query.Range(DIRECTORY, after, 5));
            page.entries().forEach(entry -> paged.add(entry.name()));
            after = paged.isEmpty() ? "" : paged.get(paged.size() - 1);
            more = page.more();
        }
        bench.same("the order of pages of five", codes(ORDERED), codes(paged));
        client.committed(Commit.to(DIRECTORY)
                        .put("!", Bytes.EMPTY)
                        .returningAll()
                        .build())
                .snapshot()
                .ifPresent(snapshot -> requireOrder(bench, "the read with a commit", snapshot.entries(), ORDERED));
    }

    private static void requireOrder(Bench bench, String what, List<Entry> entries, List<String> expected) {
        List<String> names = entries.stream().map(Entry::name).toList();
        bench.same("the order of " + what, codes(expected), codes(names));
    }

    /** The names as code points, readable whatever the characters are. */
    private static List<String> codes(List<String> names) {
        return names.stream()
                .map(name -> name.chars().allMatch(c -> c > 0x20 && c < 0x7f)
                        ? name
                        : name.codePoints()
                                .mapToObj(c -> String.format("U+%04X", c))
                                .reduce("", String::concat))
                .toList();
    }

    @Rule(value = "READ-5b", check = "whether the range begins behind the name, and whether the name has to exist")
    void aRangeIsTheFirstBehindAName(Bench bench) {
        Client client = bench.client();
        List<String> names =
                IntStream.range(0, 10).mapToObj(i -> "n" + 2 * i).sorted().toList();
        names.forEach(name -> client.put(DIRECTORY, name, "1"));
        List<String> starts = new ArrayList<>(names);
        starts.addAll(List.of("", "n", "n1", "n11", "n3", "n9", "m", "o"));
        for (String after : starts) {
            for (int limit : new int[] {1, 2, 9, 10, 11, 1_000, Integer.MAX_VALUE}) {
                List<String> expected = names.stream()
                        .filter(name -> name.compareTo(after) > 0)
                        .limit(limit)
                        .toList();
                List<String> seen = client.read(new Query.Range(DIRECTORY, after, limit)).entries().stream()
                        .map(Entry::name)
                        .toList();
                bench.same("the range of " + limit + " behind '" + after + "' in " + names, expected, seen);
            }
        }
        client.delete(DIRECTORY, names.get(4));
        bench.same(
                "the range of 1 behind a name that was deleted",
                List.of(names.get(5)),
                client.read(new Query.Range(DIRECTORY, names.get(4), 1)).entries().stream()
                        .map(Entry::name)
                        .toList());
    }

    @Rule(value = "READ-5c", check = "the case in which the limit is exactly the number of entries left")
    void moreIsReportedExactly(Bench bench) {
        Client client = bench.client();
        List<String> names = List.of("a", "b", "c", "d", "e");
        names.forEach(name -> client.put(DIRECTORY, name, "1"));
        for (int from = 0; from <= names.size(); from++) {
            String after = from == 0 ? "" : names.get(from - 1);
            for (int limit = 1; limit <= names.size() + 1; limit++) {
                boolean expected = from + limit < names.size();
                Snapshot read = client.read(new Query.Range(DIRECTORY, after, limit));
                bench.same(
                        "more, for a range of " + limit + " behind '" + after + "' in " + names, expected, read.more());
            }
        }
        bench.same(
                "more, for a read of all",
                false,
                client.read(new Query.All(DIRECTORY)).more());
        bench.same(
                "more, for a read of one",
                false,
                client.read(new Query.One(DIRECTORY, "a")).more());
        client.committed(new Commit(
                        DIRECTORY,
                        List.of(),
                        List.of(new Write.Delete("e")),
                        Optional.of(new Query.Range(DIRECTORY, "", 4))))
                .snapshot()
                .ifPresent(snapshot -> bench.same(
                        "more, for a range of 4 returned by the commit that left 4", false, snapshot.more()));
    }

    @Rule(value = "READ-8a", check = "whether the read that a commit returns keeps the start and the limit of a range")
    void aReturnedRangeIsLikeARead(Bench bench) {
        Client client = bench.client();
        List.of("a", "b", "c", "d", "e").forEach(name -> client.put(DIRECTORY, name, "1"));
        long compared = 0;
        for (String after : List.of("", "a", "bb", "d", "e")) {
            for (int limit : new int[] {1, 2, 5, Integer.MAX_VALUE}) {
                Query.Range range = new Query.Range(DIRECTORY, after, limit);
                for (Condition condition : List.of(new Condition.Present("a"), new Condition.Absent("a"))) {
                    CommitResult result = client.commit(new Commit(
                            DIRECTORY,
                            List.of(condition),
                            List.of(new Write.Put("c", Bytes.EMPTY, 0)),
                            Optional.of(range)));
                    Snapshot read = client.read(range);
                    Optional<Snapshot> returned = result instanceof CommitResult.Committed committed
                            ? committed.snapshot()
                            : ((CommitResult.Conflict) result).snapshot();
                    bench.same("the range returned with " + result, read, returned.orElse(read));
                    compared += returned.isPresent() ? 1 : 0;
                }
            }
        }
        if (compared == 0) {
            throw bench.untested(HistoryRun.NO_READS_RETURNED);
        }
    }

    @Rule(value = "READ-5d", check = "Query.Range refuses the limit when it is made; a backend never sees it")
    void aLimitBelowOneIsRefused(Bench bench) {
        for (int limit : new int[] {0, -1, Integer.MIN_VALUE}) {
            try {
                new Query.Range(DIRECTORY, "", limit);
                throw new RuleFailure("a range with limit " + limit + " was not refused");
            } catch (IllegalArgumentException refused) {
                bench.verify(
                        String.valueOf(refused.getMessage()).contains(String.valueOf(limit)),
                        () -> "the refusal does not name the limit " + limit + ": " + refused.getMessage());
            }
        }
    }

    @Rule(
            value = "READ-7a",
            check =
                    "limits of the client library and the server: message size, rows per reply, a default page that is not followed")
    void aThousandEntriesAndAMebibyteAreReadWhole(Bench bench) {
        Client client = bench.client();
        // 1,000 times 64 bytes of name and 980 of value are just below 1 MiB.
        byte[] value = new byte[980];
        bench.random().nextBytes(value);
        List<String> names = IntStream.range(0, 1_000)
                .mapToObj(i -> String.format("%04d-", i) + "n".repeat(59))
                .toList();
        bench.fill(client, DIRECTORY, names, Bytes.copyOf(value));
        for (Client reader : List.of(client, bench.client())) {
            List<Entry> entries = reader.all(DIRECTORY);
            bench.same("the number of entries", names.size(), entries.size());
            bench.same("the names", names, entries.stream().map(Entry::name).toList());
            bench.same(
                    "the number of entries in a range without a limit to speak of",
                    names.size(),
                    reader.read(new Query.Range(DIRECTORY, "", 2_000)).entries().size());
            long damaged = entries.stream()
                    .filter(entry -> !entry.value().equals(Bytes.copyOf(value)))
                    .count();
            bench.same("the number of values that are not as they were put", 0L, damaged);
        }
        client.committed(Commit.to(DIRECTORY)
                        .ifPresent(names.get(0))
                        .returningAll()
                        .build())
                .snapshot()
                .ifPresent(snapshot -> bench.same(
                        "the number of entries returned with a commit",
                        names.size(),
                        snapshot.entries().size()));
    }

    @Rule(
            value = "READ-7b",
            check = "what the client library does with a reply that is too large; on ZooKeeper it reconnects for ever")
    void anAnswerAboveTheLimitFailsClearly(Bench bench) {
        Guarantees guarantees = bench.guarantees();
        Client client = bench.client();
        int valueBytes = guarantees.maxValueBytes();
        long limit = guarantees.maxListingBytes();
        // A limit that no test reaches does not count as a limit; then a read well above the least limit has to
        // succeed.
        boolean reachable = limit <= 16L << 20;
        long wanted = reachable ? limit + valueBytes : 4L << 20;
        int size = Math.min(valueBytes, 60 * 1024);
        int count = (int) (wanted / size) + 1;
        List<String> names = IntStream.range(0, count)
                .mapToObj(i -> String.format("%05d", i))
                .toList();
        bench.fill(client, DIRECTORY, names, Bytes.copyOf(new byte[size]));
        CallResult<Snapshot> ended =
                client.outcome("read all", () -> client.backend().read(new Query.All(DIRECTORY)));
        if (reachable) {
            bench.verify(
                    ended.failedAs(io.sereno.spi.BackendException.Outcome.NOT_APPLIED),
                    () -> "a read of " + (long) count * size + " bytes, where maxListingBytes is " + limit
                            + ", had to fail NOT_APPLIED and ended as " + ended);
            bench.verify(
                    ended.failure().orElseThrow().permanent(),
                    () -> "the failure is not permanent, though repeating will not help: " + ended);
        } else {
            bench.verify(
                    ended.succeeded() && ended.result().entries().size() == count,
                    () -> "a read of " + (long) count * size + " bytes, where maxListingBytes is " + limit
                            + ", ended as " + ended);
        }
        // The client goes on working, also with this directory.
        bench.same(
                "a small read afterwards",
                true,
                client.one(DIRECTORY, names.get(0)).isPresent());
        client.put("elsewhere", "a", "1");
        bench.same("another read afterwards", 1, client.all("elsewhere").size());
    }
}
