package io.sereno.tck.spi;

import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Entry;
import io.sereno.spi.Target;
import io.sereno.spi.WatchListener;
import io.sereno.tck.rules.Rule;
import io.sereno.tck.run.Bench;
import io.sereno.tck.run.CallResult;
import io.sereno.tck.run.Client;
import io.sereno.tck.run.Notices;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/** What a listener can conclude from a notice: what a read shows, and which commit is announced. */
public class NoticeRules {
    private static final String DIRECTORY = "watch";
    private static final int COMMITS = 20;

    @Rule(
            value = "WAT-12",
            check = "whether a notice reports the revision of another commit than the one that it announces")
    void noticesWithOneRevisionAnnounceOneCommit(Bench bench) {
        Client writer = bench.client();
        Client watcher = bench.client();
        AtomicInteger announced = new AtomicInteger();
        watcher.watch(new Target(DIRECTORY, Optional.empty()), new WatchListener() {
            // Notices are serial (WAT-5a).
            private long latest;

            @Override
            public void changed(String name, long revision) {
                if (revision == 0 || revision != latest) {
                    latest = revision;
                    announced.incrementAndGet();
                    bench.stir();
                }
            }

            @Override
            public void reset() {
                latest = 0;
                announced.incrementAndGet();
                bench.stir();
            }
        });
        for (int i = 0; i < COMMITS; i++) {
            int before = announced.get();
            long revision = writer.committed(Commit.to(DIRECTORY)
                            .put("a", Bytes.EMPTY)
                            .put("b", Bytes.EMPTY)
                            .put("c", Bytes.EMPTY)
                            .build())
                    .revision();
            bench.verify(
                    bench.reach(() -> announced.get() > before, bench.noticePatience()),
                    () -> "the commit with revision " + revision
                            + " was followed only by notices with the revision of an"
                            + " earlier notice, so a listener that reads once for each commit does not read it");
        }
        bench.evidence("commits", COMMITS, COMMITS);
    }

    @Rule(
            value = "WAT-2",
            check = "whether notices are sent before the commit can be read, or read from another server than it")
    void aReadOnANoticeSeesTheChange(Bench bench) {
        Client writer = bench.client();
        Client watcher = bench.client();
        Finding early = new Finding();
        AtomicInteger judged = new AtomicInteger();
        AtomicBoolean lastSeen = new AtomicBoolean();
        List<CompletableFuture<?>> reads = new ArrayList<>();
        watcher.watch(new Target(DIRECTORY, Optional.empty()), new WatchListener() {
            @Override
            public void changed(String name, long revision) {
                if (name.equals("sentinel")) {
                    look();
                }
                if (revision == 0 || !name.startsWith("n")) {
                    return;
                }
                CompletableFuture<?> read = watcher.backend()
                        .read(new io.sereno.spi.Query.One(DIRECTORY, name))
                        .thenAccept(snapshot -> {
                            long found = snapshot.entries().stream()
                                    .mapToLong(Entry::modRevision)
                                    .max()
                                    .orElse(0);
                            if (found < revision) {
                                early.is("a notice reported revision " + revision + " of " + name
                                        + ", and a read that began then shows " + CallResult.describe(snapshot));
                            }
                            judged.incrementAndGet();
                        })
                        .toCompletableFuture();
                synchronized (reads) {
                    reads.add(read);
                }
                bench.stir();
            }

            @Override
            public void reset() {
                look();
            }

            // A read after the last notice shows the last change, even if the notice does not report that change.
            private void look() {
                watcher.backend()
                        .read(new io.sereno.spi.Query.One(DIRECTORY, "sentinel"))
                        .thenAccept(snapshot -> {
                            lastSeen.compareAndSet(false, !snapshot.entries().isEmpty());
                            bench.stir();
                        });
            }
        });
        // Puts only: a deletion leaves nothing that a read could compare.
        List<String> names = IntStream.range(0, 30).mapToObj(i -> "n" + i % 5).toList();
        for (String name : names) {
            writer.put(DIRECTORY, name, "1");
        }
        Notices end = watcher.watch(DIRECTORY);
        int before = end.count();
        writer.put(DIRECTORY, "sentinel", "1");
        end.awaitAnnounced("sentinel", before);
        List<CompletableFuture<?>> all;
        synchronized (reads) {
            all = List.copyOf(reads);
        }
        bench.join(all, bench.patience());
        bench.verify(early.isNone(), early::toString);
        bench.verify(
                bench.reach(lastSeen::get, bench.noticePatience()),
                () -> "the last change was followed by notices, and no read that began on one of them shows it");
        // A store that reports no revisions leaves this to the histories.
        bench.count("notices with a revision", judged.get());
    }
}
