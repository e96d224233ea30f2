package io.sereno.suite.common;

import io.sereno.Grant;
import io.sereno.Sereno;
import io.sereno.operator.Kind;
import io.sereno.operator.Operator;
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
     * Fills an empty namespace, and requires that a listing in pages of 1,000 names exactly its directories, in less than 5 s, and
     * that an operator sees what is held there.
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
        requireSeenSoon(backend);
    }

    /** An operator lists the resources in less than 5 s, and reads every queue in less than 20 s. */
    private static void requireSeenSoon(Backend backend) throws InterruptedException {
        try (Sereno sereno = Sereno.over(backend);
                Grant held = sereno.mutex("held").acquire()) {
            Operator operator = sereno.operator();
            long from = System.nanoTime();
            long resources = operator.resources(Kind.LOCK, Kind.TOPIC).count();
            long listed = System.nanoTime();
            int queues = operator.queues().size();
            long read = System.nanoTime();
            int sessions = operator.sessions().size();
            long all = System.nanoTime();
            System.out.printf(
                    "operator: %d resources %d ms, all queues %d ms, all sessions %d ms%n",
                    resources, (listed - from) / 1_000_000, (read - listed) / 1_000_000, (all - read) / 1_000_000);
            require(resources == MANY + 1, resources + " resources are listed, and there are " + (MANY + 1));
            require(queues == 1, queues + " queues are shown, and there is 1");
            require(sessions == 1, sessions + " sessions are shown, and there is 1");
            require(held.isHeld(), "the lock was lost");
            require(listed - from < 5_000_000_000L, "the listing took 5 s or more");
            require(read - listed < 20_000_000_000L, "reading all queues took 20 s or more");
        }
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
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
