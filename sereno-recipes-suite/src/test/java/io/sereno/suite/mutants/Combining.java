package io.sereno.suite.mutants;

import io.sereno.Counter;
import io.sereno.suite.mutants.RecipeMutants.Call;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/** Combines the additions that are requested while another addition is in progress, and does so incorrectly. */
final class Combining {
    enum Report {
        THE_SUM,
        ONE_FAILURE,
        BACKWARDS
    }

    private record Asked(long delta, CompletableFuture<Long> answer) {}

    private final Counter counter;
    private final List<Asked> waiting = new ArrayList<>();
    private boolean busy;

    Combining(Counter counter) {
        this.counter = counter;
    }

    CompletionStage<Long> add(Call call, Report report) {
        Asked asked = new Asked(call.given(0, Long.class), new CompletableFuture<>());
        synchronized (waiting) {
            waiting.add(asked);
        }
        send(report);
        return asked.answer();
    }

    private void send(Report report) {
        List<Asked> batch;
        synchronized (waiting) {
            if (busy || waiting.isEmpty()) {
                return;
            }
            busy = true;
            batch = new ArrayList<>(waiting);
            waiting.clear();
        }
        if (report == Report.BACKWARDS) {
            Collections.reverse(batch);
        }
        List<CompletableFuture<Long>> parts = new ArrayList<>();
        if (report == Report.BACKWARDS) {
            batch.forEach(asked -> parts.add(counter.addAsync(asked.delta()).toCompletableFuture()));
        } else {
            long sum = batch.stream().mapToLong(Asked::delta).sum();
            CompletableFuture<Long> all = counter.addAsync(sum).toCompletableFuture();
            long behind = 0;
            for (int i = batch.size() - 1; i >= 0; i--) {
                long later = report == Report.THE_SUM ? 0 : behind;
                parts.add(0, all.thenApply(end -> end - later));
                behind += batch.get(i).delta();
            }
        }
        CompletableFuture<?> end = CompletableFuture.allOf(parts.toArray(CompletableFuture[]::new))
                .handle((done, failure) -> {
                    for (int i = 0; i < batch.size(); i++) {
                        complete(parts.get(i), batch.get(i).answer());
                    }
                    synchronized (waiting) {
                        busy = false;
                    }
                    send(report);
                    return null;
                });
        end.exceptionally(unused -> null);
    }

    private static void complete(CompletableFuture<Long> part, CompletableFuture<Long> answer) {
        try {
            answer.complete(part.join());
        } catch (CompletionException failed) {
            answer.completeExceptionally(failed.getCause());
        }
    }
}
