package io.sereno.tck.mutants;

import static io.sereno.tck.mutants.RecipeMutants.changed;
import static io.sereno.tck.mutants.RecipeMutants.recipe;

import io.sereno.WaitGroup;
import io.sereno.Worker;
import java.util.List;

/** Wait groups that count wrong, wait too long or not at all, and lose workers or find them. */
final class WaitGroupMutants {
    private WaitGroupMutants() {}

    static List<Mutant> all() {
        return List.of(
                recipe(
                        "WGP-1",
                        "await returns at once",
                        WaitGroup.class,
                        group -> changed(
                                WaitGroup.class,
                                group,
                                (method, call) -> method.equals("await")
                                        ? call.returnsNothing() ? null : Boolean.TRUE
                                        : call.go())),
                recipe(
                        "WGP-2",
                        "done() counts twice",
                        WaitGroup.class,
                        group -> changed(WaitGroup.class, group, (method, call) -> {
                            Object result = call.go();
                            if (method.equals("done")) {
                                group.done();
                            }
                            return result instanceof Worker worker
                                    ? changed(Worker.class, worker, (step, work) -> {
                                        Object done = work.go();
                                        if (step.equals("done")) {
                                            group.done();
                                        }
                                        return done;
                                    })
                                    : result;
                        })));
    }
}
