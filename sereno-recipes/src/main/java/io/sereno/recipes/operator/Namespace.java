package io.sereno.recipes.operator;

import io.sereno.operator.Kind;
import io.sereno.operator.Resource;
import io.sereno.recipes.client.Client;
import io.sereno.recipes.client.Scope;
import io.sereno.recipes.kernel.Await;
import io.sereno.spi.DirectoryPage;
import io.sereno.spi.Entry;
import io.sereno.spi.Query;
import io.sereno.spi.Snapshot;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Stream;

/** Lists and reads the directories of a namespace and its children, with a bounded number of requests at the same time. */
final class Namespace {
    private static final int DIRECTORIES = 500;
    private static final int ENTRIES = 100;
    private static final int READS_UNDER_WAY = 32;

    private final Client client;
    /** How the paths of the namespace begin. */
    private final String prefix;

    Namespace(Client client, String prefix) {
        this.client = client;
        this.prefix = prefix;
    }

    String directory(Resource resource) {
        return prefix + Paths.of(resource);
    }

    Scope scope(Resource resource) {
        return new Scope(client, resource.kind().word(), resource.name(), directory(resource));
    }

    /** For what is about all of the namespace. */
    Scope scope() {
        return new Scope(client, "namespace", prefix, prefix);
    }

    /** The paths of all directories of this namespace; asks for the next page when it is needed. */
    private Stream<String> paths(String operation) {
        Scope scope = scope();
        return Stream.iterate(
                        page(scope, operation, Optional.empty()),
                        page -> page != null,
                        page -> page.next().isEmpty() ? null : page(scope, operation, page.next()))
                .flatMap(page -> page.directories().stream())
                .filter(path -> path.startsWith(prefix));
    }

    private static DirectoryPage page(Scope scope, String operation, Optional<String> cursor) {
        return scope.directories(operation, cursor, DIRECTORIES);
    }

    Stream<Resource> resources(String operation) {
        return paths(operation).flatMap(path -> Paths.parse(path.substring(prefix.length())).stream());
    }

    /** The directories with markers of sessions that may have entries in this namespace. */
    List<String> sessionDirectories(String operation) {
        List<String> all = new ArrayList<>(Paths.sessionsAbove(prefix));
        paths(operation)
                .filter(Paths::isOfSessions)
                .filter(path -> !all.contains(path))
                .forEach(all::add);
        return all;
    }

    /** Reads each directory as a whole. */
    void readAll(String operation, Stream<Resource> resources, BiConsumer<Resource, Snapshot> then) {
        each(resources, resource -> scope(resource).readAsync(operation, new Query.All(directory(resource))), then);
    }

    /** Reads, page by page, the entries whose names begin as those of this kind of resource do. */
    void readEntries(
            String operation,
            Stream<Resource> resources,
            Map<Kind, String> begin,
            BiConsumer<Resource, List<Entry>> then) {
        each(
                resources,
                resource -> entries(
                        scope(resource), operation, begin.getOrDefault(resource.kind(), ""), "", new ArrayList<>()),
                then);
    }

    List<Entry> readEntries(String operation, Scope scope, String begin) {
        return Await.uninterruptibly(entries(scope, operation, begin, "", new ArrayList<>()));
    }

    private static CompletableFuture<List<Entry>> entries(
            Scope scope, String operation, String begin, String after, List<Entry> found) {
        String from = after.isEmpty() ? begin : after;
        return scope.readAsync(operation, new Query.Range(scope.directory(), from, ENTRIES))
                .thenCompose(page -> {
                    List<Entry> entries = page.entries();
                    for (Entry entry : entries) {
                        if (!entry.name().startsWith(begin)) {
                            return CompletableFuture.completedFuture(found);
                        }
                        found.add(entry);
                    }
                    return page.more() && !entries.isEmpty()
                            ? entries(
                                    scope,
                                    operation,
                                    begin,
                                    entries.get(entries.size() - 1).name(),
                                    found)
                            : CompletableFuture.completedFuture(found);
                });
    }

    /** Sends a request for each, at most {@link #READS_UNDER_WAY} at the same time, and passes on the answers in their order. */
    static <K, T> void each(Stream<K> keys, Function<K, CompletableFuture<T>> request, BiConsumer<K, T> then) {
        Queue<Runnable> underWay = new ArrayDeque<>();
        Iterator<K> left = keys.iterator();
        while (left.hasNext() || !underWay.isEmpty()) {
            if (left.hasNext() && underWay.size() < READS_UNDER_WAY) {
                K key = left.next();
                CompletableFuture<T> answer = request.apply(key);
                underWay.add(() -> then.accept(key, Await.uninterruptibly(answer)));
            } else {
                underWay.remove().run();
            }
        }
    }
}
