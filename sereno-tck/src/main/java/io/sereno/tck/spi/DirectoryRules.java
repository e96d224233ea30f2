package io.sereno.tck.spi;

import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.DirectoryPage;
import io.sereno.spi.Entry;
import io.sereno.spi.Lease;
import io.sereno.spi.Promise;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import io.sereno.tck.run.Client;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** Listings of the directories of a namespace. */
public class DirectoryRules {
    /** Smaller than the number of directories, so that there are several pages, and larger. */
    private static final int[] LIMITS = {1, 2, 7, 1_000};

    @Rule(value = "DIR-1", check = "where a page ends and the next one begins, while entries come and go")
    void everyDirectoryInUseIsListed(Bench bench) {
        if (!bench.promises(Promise.LISTS_DIRECTORIES)) {
            return;
        }
        Client client = bench.client();
        Client other = bench.client();
        Set<String> inUse = inUse(client, other.grant(bench.longTtl()), other);
        for (int limit : LIMITS) {
            Set<String> listed = new HashSet<>();
            Optional<String> cursor = Optional.empty();
            int page = 0;
            do {
                // Between two pages directories begin and end, and one has another entry each time but is never empty.
                other.put("came " + limit + "-" + page, "a", "1");
                other.delete("came " + limit + "-" + (page == 0 ? 0 : page - 1), "a");
                String entry = page % 2 == 0 ? "z" : "A";
                other.committed(Commit.to("moving")
                        .delete("A")
                        .delete("z")
                        .put("m" + entry + page, Bytes.EMPTY)
                        .build());
                other.committed(Commit.to("moving")
                        .put(entry, Bytes.EMPTY)
                        .delete("m" + entry + page)
                        .build());
                var answer = client.directories(cursor, limit);
                listed.addAll(answer.directories());
                cursor = answer.next();
                page++;
            } while (cursor.isPresent() && page < 1_000);
            Set<String> missing = new TreeSet<>(inUse);
            missing.removeAll(listed);
            bench.verify(
                    missing.isEmpty(),
                    () -> "a listing in pages of " + limit + " does not name " + missing
                            + ", which had an entry all the time");
        }
    }

    /** Directories that are close to each other in many orders, one with many entries, and one with a leased entry. */
    private static Set<String> inUse(Client client, Lease lease, Client owner) {
        Set<String> paths = new TreeSet<>(List.of(
                "a", "a!", "a:", "a/", "a/b", "a\u0001", "a\u0001b", "aa", "b", "\u00e9", "\uffff", "\ud83d\ude00"));
        paths.forEach(path -> client.put(path, "a", "1"));
        client.committed(Commit.to("moving").put("z", Bytes.EMPTY).build());
        owner.put("leased", "a", "1", lease);
        IntStream.range(0, 12).forEach(i -> client.put("many/" + i, "a", "1"));
        for (int i = 0; i < 12; i++) {
            Commit.Builder commit = Commit.to("large");
            for (int entry = 0; entry < 25; entry++) {
                commit.put(String.format("e%03d", i * 25 + entry), Bytes.EMPTY);
            }
            client.committed(commit.build());
        }
        paths.addAll(List.of("moving", "leased", "large"));
        IntStream.range(0, 12).forEach(i -> paths.add("many/" + i));
        return paths;
    }

    @Rule(
            value = "DIR-2",
            check = "whether a cursor is exclusive, and whether names that are prefixes count as directories")
    void noDirectoryIsListedTwiceOrInvented(Bench bench) {
        if (!bench.promises(Promise.LISTS_DIRECTORIES)) {
            return;
        }
        Client client = bench.client();
        Set<String> used = new HashSet<>(List.of("a/b/c", "emptied", "emptied by a lease"));
        client.put("a/b/c", "d", "1");
        client.put("emptied", "a", "1");
        client.delete("emptied", "a");
        Lease lease = client.grant(bench.longTtl());
        client.put("emptied by a lease", "a", "1", lease);
        client.revoke(lease);
        for (int i = 0; i < 20; i++) {
            client.put("n" + i, "a", "1");
            used.add("n" + i);
        }
        boolean atOnce = bench.guarantees().emptyDirectoryGrace().isZero();
        for (int limit : LIMITS) {
            List<String> listed = new ArrayList<>(all(client, limit));
            Set<String> distinct = new HashSet<>(listed);
            bench.same("the number of directories listed in pages of " + limit, distinct.size(), listed.size());
            distinct.removeAll(used);
            bench.verify(distinct.isEmpty(), () -> "a listing names " + distinct + ", in which nothing was ever put");
            bench.verify(
                    !atOnce || (!listed.contains("emptied") && !listed.contains("emptied by a lease")),
                    () -> "a listing names a directory that was emptied, and emptyDirectoryGrace is zero: " + listed);
        }
    }

    @Rule(value = "DIR-3", check = "how a path is escaped, and how the end of a namespace is recognised")
    void onlyTheOwnNamespaceIsListed(Bench bench) {
        if (!bench.promises(Promise.LISTS_DIRECTORIES)) {
            return;
        }
        String base = bench.namespace();
        List<String> namespaces = List.of(base + "n", base + "n/", base + "n:", base + "n/b", base + "nn", base + "n%");
        Map<String, Client> clients = new LinkedHashMap<>();
        for (String namespace : namespaces) {
            Client client = bench.client(config -> config.withNamespace(namespace));
            clients.put(namespace, client);
            client.put("of " + namespace, "a", "1");
            client.put("b/c", "a", "1");
        }
        clients.forEach((namespace, client) -> bench.same(
                "the directories of namespace '" + namespace + "'",
                Set.of("of " + namespace, "b/c"),
                Set.copyOf(all(client, 3))));
        Client client = bench.client();
        for (String path : NameRules.ODD) {
            client.put(path, "a", "1");
        }
        bench.same("the directories", Set.copyOf(NameRules.ODD), Set.copyOf(all(client, 10)));
    }

    @Rule(value = "DIR-4", check = "whether a listing writes, for instance to clean up")
    void aListingChangesNothing(Bench bench) {
        if (!bench.promises(Promise.LISTS_DIRECTORIES)) {
            return;
        }
        Client client = bench.client();
        Client other = bench.client();
        Lease lease = other.grant(bench.longTtl());
        other.put("d", "leased", "1", lease);
        client.put("d", "a", "1");
        client.put("e", "a", "1");
        List<Entry> before = client.all("d");
        for (int i = 0; i < 3; i++) {
            all(client, 1);
            Set<String> listed = Set.copyOf(all(other, 100));
            bench.same("the directories after a listing", Set.of("d", "e"), listed);
            bench.same("the entries after a listing", before, client.all("d"));
        }
        other.keep(lease, "after a listing");
    }

    @Rule(value = "DIR-5a", check = "that the limit is kept, and that a limit below one does not mean none")
    void aPageHasAtMostItsLimit(Bench bench) {
        if (!bench.promises(Promise.LISTS_DIRECTORIES)) {
            return;
        }
        Client client = bench.client();
        IntStream.range(0, 20).forEach(i -> client.put("n" + i, "a", "1"));
        for (int limit : new int[] {1, 2, 7, 19, 20, 21, Integer.MAX_VALUE}) {
            for (DirectoryPage page : pages(client, limit)) {
                bench.verify(
                        page.directories().size() <= limit,
                        () -> "a page of at most " + limit + " has " + page.directories());
            }
        }
        for (int limit : new int[] {0, -1, Integer.MIN_VALUE}) {
            CallResult<?> ended =
                    client.outcome("list up to " + limit, () -> client.backend().directories(Optional.empty(), limit));
            bench.verify(ended.isRefused(), () -> "a page of " + limit + " directories ended as " + ended);
        }
    }

    @Rule(
            value = "DIR-5b",
            check = "whether all keys are read to find the directories: skip to the next directory instead")
    void pagesFollowDirectoriesNotEntries(Bench bench) {
        if (!bench.promises(Promise.LISTS_DIRECTORIES)) {
            return;
        }
        Client client = bench.client();
        List<String> names =
                IntStream.range(0, 640).mapToObj(i -> String.format("e%04d", i)).toList();
        for (String path : List.of("d", "e", "f")) {
            bench.fill(client, path, names, Bytes.EMPTY);
        }
        for (int limit : LIMITS) {
            int pages = 0;
            Optional<String> cursor = Optional.empty();
            do {
                cursor = client.directories(cursor, limit).next();
                pages++;
            } while (cursor.isPresent() && pages < 100);
            int counted = pages;
            bench.verify(
                    pages <= 5,
                    () -> "a listing of 3 directories of 640 entries has " + counted + " pages of " + limit);
        }
    }

    @Rule(value = "DIR-6", check = "that a store that cannot list says so, instead of listing nothing")
    void aListingThatIsNotPromisedIsRefused(Bench bench) {
        Client client = bench.client();
        client.put("d", "a", "1");
        boolean promised = bench.promises(Promise.LISTS_DIRECTORIES);
        CallResult<?> ended = client.outcome("list", () -> client.backend().directories(Optional.empty(), 10));
        bench.verify(
                promised ? ended.succeeded() : ended.isRefused(),
                () -> "a listing ended as " + ended + ", and LISTS_DIRECTORIES is " + (promised ? "" : "not ")
                        + "promised");
        client.close();
        long from = bench.now();
        CallResult<?> late =
                client.outcome("list after close", () -> client.backend().directories(Optional.empty(), 10));
        bench.verify(late.isRefused(), () -> "a listing after close ended as " + late);
        bench.within(Duration.ofMillis(250), from, "a listing after close");
    }

    /** The directories of all pages. */
    private static List<String> all(Client client, int limit) {
        return pages(client, limit).stream()
                .flatMap(page -> page.directories().stream())
                .toList();
    }

    private static List<DirectoryPage> pages(Client client, int limit) {
        List<DirectoryPage> pages = new ArrayList<>();
        Optional<String> cursor = Optional.empty();
        do {
            DirectoryPage page = client.directories(cursor, limit);
            pages.add(page);
            cursor = page.next();
        } while (cursor.isPresent());
        return pages;
    }
}
