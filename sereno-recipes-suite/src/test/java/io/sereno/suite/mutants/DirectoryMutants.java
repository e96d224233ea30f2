package io.sereno.suite.mutants;

import static java.util.concurrent.CompletableFuture.completedFuture;

import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.DirectoryPage;
import io.sereno.spi.Guarantees;
import io.sereno.spi.Promise;
import io.sereno.spi.Query;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/** Listings of directories that are wrong. */
final class DirectoryMutants {
    private DirectoryMutants() {}

    static void addTo(Mutants all) {
        complete(all);
        honest(all);
        harmless(all);
        paged(all);
    }

    private static void complete(Mutants all) {
        all.client("DIR-1", "the directory after each page is skipped")
                .with(below -> listing(
                        below,
                        (cursor, limit) -> below.directories(cursor, limit)
                                .thenCompose(page -> page.next().isEmpty()
                                        ? completedFuture(page)
                                        : below.directories(page.next(), 1)
                                                .thenApply(skipped ->
                                                        new DirectoryPage(page.directories(), skipped.next())))));
        all.store("DIR-1", "directories whose entries all have a lease are not listed")
                .with(store -> store.paths = () -> store.paths().stream()
                        .filter(path -> store.entries(path).stream().anyMatch(entry -> entry.leaseId() == 0))
                        .toList());
    }

    private static void honest(Mutants all) {
        all.client("DIR-2", "a page begins with the last directory of the page before")
                .with(below -> {
                    Set<String> last = ConcurrentHashMap.newKeySet();
                    return listing(
                            below,
                            (cursor, limit) -> below.directories(cursor, limit).thenApply(page -> {
                                List<String> paths = new ArrayList<>(page.directories());
                                if (limit > 1 && cursor.filter(last::contains).isPresent()) {
                                    paths.add(0, cursor.get());
                                }
                                page.next().ifPresent(last::add);
                                return new DirectoryPage(paths, page.next());
                            }));
                });
        all.store("DIR-2", "the parents of a path are listed")
                .with(store -> store.paths = () -> store.paths().stream()
                        .flatMap(path -> path.indexOf('/') > 0
                                ? List.of(path, path.substring(0, path.indexOf('/'))).stream()
                                : List.of(path).stream())
                        .distinct()
                        .toList());
        all.store("DIR-2", "directories that were emptied are listed for ever").with(store -> {
            Set<String> ever = ConcurrentHashMap.newKeySet();
            store.emptied = path -> {
                ever.add(path);
                store.emptied(path);
            };
            store.paths = () -> {
                Collection<String> paths = new ArrayList<>(store.paths());
                ever.stream().filter(path -> !paths.contains(path)).forEach(paths::add);
                return paths;
            };
        });
        all.store("DIR-3", "paths are listed as they are escaped")
                .with(store -> store.paths = () -> store.paths().stream()
                        .map(path -> path.replace("%", "%25"))
                        .toList());
        all.store("DIR-3", "paths are listed without slashes at their end")
                .with(store -> store.paths = () -> store.paths().stream()
                        .map(path -> path.length() > 1 ? path.replaceAll("/+$", "") : path)
                        .distinct()
                        .toList());
        all.add(NameMutants.sharing(
                "DIR-3",
                "the directories of all namespaces are listed, with the namespaces",
                (namespace, directory) -> namespace + "\u0001" + directory));
    }

    private static void harmless(Mutants all) {
        all.store("DIR-4", "a listing puts the entries that it meets again")
                .with(store -> store.paths = () -> {
                    for (String path : store.paths()) {
                        store.entries(path).stream()
                                .filter(entry -> entry.leaseId() == 0)
                                .forEach(entry -> store.commit(Commit.to(path)
                                        .put(entry.name(), entry.value())
                                        .build()));
                    }
                    return store.paths();
                });
        all.store("DIR-4", "a listing leaves a trace in a directory of its own")
                .with(store -> store.paths = () -> {
                    store.commit(Commit.to("listed").put("at", Bytes.EMPTY).build());
                    return store.paths();
                });
    }

    private static void paged(Mutants all) {
        all.client("DIR-5a", "a page has one directory more than its limit")
                .with(below -> listing(
                        below,
                        (cursor, limit) -> below.directories(cursor, limit == Integer.MAX_VALUE ? limit : limit + 1)));
        all.client("DIR-5a", "a limit below one means all")
                .with(below -> listing(
                        below, (cursor, limit) -> below.directories(cursor, limit < 1 ? Integer.MAX_VALUE : limit)));
        all.client("DIR-5b", "each hundred entries take a page")
                .with(below -> listing(below, (cursor, limit) -> {
                    int blank = cursor.filter(each -> each.startsWith("\u0000"))
                            .map(each -> each.lastIndexOf('\u0000') + 1)
                            .orElse(0);
                    Optional<String> real =
                            cursor.map(each -> each.substring(blank)).filter(each -> !each.isEmpty());
                    return below.directories(real, 1).thenCompose(first -> {
                        if (first.directories().isEmpty()) {
                            return completedFuture(first);
                        }
                        return below.read(new Query.All(first.directories().get(0)))
                                .thenCompose(read -> {
                                    if (blank < read.entries().size() / 100) {
                                        return completedFuture(new DirectoryPage(
                                                List.of(), Optional.of("\u0000".repeat(blank + 1) + real.orElse(""))));
                                    }
                                    return completedFuture(first);
                                });
                    });
                }));
        all.connected("DIR-6", "a store that cannot list lists nothing").by((world, config) -> {
            Backend below = new PlainClient(world.store(config), config);
            UnaryOperator<Guarantees> less = plain ->
                    plain.toBuilder().promises(Set.of(Promise.SNAPSHOT_READS)).build();
            return new Hooks(below)
                    .guarantees(() -> less.apply(below.guarantees()))
                    .listings((cursor, limit) -> completedFuture(new DirectoryPage(List.of(), Optional.empty())));
        });
    }

    private interface Listing {
        CompletionStage<DirectoryPage> page(Optional<String> cursor, int limit);
    }

    private static Backend listing(Backend below, Listing listing) {
        return new Hooks(below).listings(listing::page);
    }
}
