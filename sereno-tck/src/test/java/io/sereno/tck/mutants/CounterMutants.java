package io.sereno.tck.mutants;

import static io.sereno.tck.mutants.RecipeMutants.backend;
import static io.sereno.tck.mutants.RecipeMutants.unconditional;
import static java.util.concurrent.CompletableFuture.failedFuture;

import io.sereno.spi.Commit;
import io.sereno.spi.CommitResult;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Counters that add twice, forget, or answer from memory. */
final class CounterMutants {
    private CounterMutants() {}

    static List<Mutant> all() {
        return List.of(backend(
                "CTR-8", "a change in doubt is sent again without its conditions", below -> new Wrapper(below) {
                    @Override
                    public CompletionStage<CommitResult> commit(Commit commit) {
                        return super.commit(commit)
                                .exceptionallyCompose(lost -> CommitMutants.isUnknown(lost)
                                                && commit.directory().contains("counter")
                                        ? super.commit(unconditional(commit))
                                        : failedFuture(lost));
                    }
                }));
    }
}
