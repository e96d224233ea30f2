package io.sereno.suite.common;

import io.sereno.spi.Backend;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import io.sereno.spi.DirectoryPage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A large namespace: 10,000 directories, one of them with as many entries. */
public final class ManyDirectories {
    private static final int MANY = 10_000;
    private static final int PUTS_UNDER_WAY = 200;
    private static final int PAGE = 1_000;

    private ManyDirectories() {}

    /**
     * Fills an empty namespace, and requires that a listing in pages of 1,000 names exactly its directories, in less than 5 s.
     *
     * @param backend a connection to the namespace
     * @throws Exception if a call fails
     */
    public static void requireListedSoon(Backend backend) throws Exception {
        Set<String> paths = fill(backend);
        long from = System.nanoTime();
        List<String> listed = new ArrayList<>();
        Optional<String> cursor = Optional.empty();
        int pages = 0;
        do {
            DirectoryPage page =
                    backend.directories(cursor, PAGE).toCompletableFuture().get(10, TimeUnit.SECONDS);
            listed.addAll(page.directories());
            cursor = page.next();
            pages++;
        } while (cursor.isPresent());
        long millis = (System.nanoTime() - from) / 1_000_000;
        System.out.printf("%d directories: %d ms, %d pages%n", listed.size(), millis, pages);
        if (!paths.equals(new HashSet<>(listed)) || listed.size() != paths.size()) {
            throw new AssertionError(listed.size() + " directories were listed, and there are " + paths.size());
        }
        if (millis >= 5_000) {
            throw new AssertionError("the listing took " + millis + " ms; less than 5,000 ms are expected");
        }
    }

    private static Set<String> fill(Backend backend) throws Exception {
        Set<String> paths = new HashSet<>();
        List<Commit> commits = new ArrayList<>();
        for (int i = 1; i < MANY; i++) {
            String path = "lock/customer " + i + "/report";
            paths.add(path);
            commits.add(Commit.to(path).put("a", Bytes.EMPTY).build());
        }
        paths.add("topic/large");
        for (int i = 0; i < MANY; i += 20) {
            Commit.Builder commit = Commit.to("topic/large");
            for (int entry = i; entry < i + 20; entry++) {
                commit.put(String.format("%020d", entry), Bytes.EMPTY);
            }
            commits.add(commit.build());
        }
        Deque<CompletableFuture<CommitResult>> underWay = new ArrayDeque<>();
        for (Commit commit : commits) {
            if (underWay.size() == PUTS_UNDER_WAY) {
                underWay.remove().get(30, TimeUnit.SECONDS);
            }
            underWay.add(backend.commit(commit).toCompletableFuture());
        }
        for (CompletableFuture<CommitResult> each : underWay) {
            each.get(30, TimeUnit.SECONDS);
        }
        return paths;
    }
}
