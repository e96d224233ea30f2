package io.sereno.suite;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.backend.memory.MemoryBackendProvider;
import io.sereno.backend.memory.MemoryStore;
import io.sereno.simulation.ManualTime;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.Promise;
import io.sereno.suite.mutants.Promising;
import io.sereno.suite.mutants.TalkativeStore;
import io.sereno.suite.mutex.LockFaultRules;
import io.sereno.tck.BackendFixture;
import io.sereno.tck.SerenoTck;
import io.sereno.tck.ServerControl;
import io.sereno.tck.Verdict;
import io.sereno.tck.run.Kit;
import io.sereno.tck.run.Outcome;
import io.sereno.tck.run.Recipes;
import io.sereno.tck.spi.IdleClientRules;
import io.sereno.tck.spi.SecondJvmRules;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Mutants that need a second process, a server that is restarted, or a network, and so are not among the others. */
class ServerMutantsTest {
    @Test
    void aStoreThatIsAStaticFieldIsFoundByASecondJvm() {
        requireFound("CFG-4", SecondJvmRules.class, new StaticStore(), "a client in a second JVM had to read");
    }

    @Test
    void revisionsThatStartAgainWithARestartAreFound() {
        requireFound("LCK-2a", LockFaultRules.class, new ForgetfulStore(), "was granted after token");
    }

    @Test
    void aServerThatSendsEachChangeToAllClientsIsFoundByItsBytes() {
        requireFound(
                "WAT-11",
                IdleClientRules.class,
                new TalkativeStore(),
                "a client that does not watch these changes was sent");
    }

    private static void requireFound(String rule, Class<?> group, BackendFixture fixture, String why) {
        try (Kit kit = new Kit(fixture, RecipesSuite.RULES, StaticTck.class, Recipes.SHIPPED, 1)) {
            List<Outcome> outcomes = RecipesSuite.RULES.testsOf(rule).stream()
                    .filter(test -> test.method().getDeclaringClass() == group)
                    .map(kit::run)
                    .toList();
            assertThat(outcomes).anySatisfy(outcome -> {
                assertThat(outcome.verdict()).isEqualTo(Verdict.FAIL);
                assertThat(outcome.why()).contains(why);
            });
        }
    }

    /** Creates the fixture in the second JVM; not a test. */
    static final class StaticTck extends SerenoTck {
        @Override
        protected BackendFixture fixture() {
            return new StaticStore();
        }
    }

    /**
     * Its clients share a static field: within one JVM it keeps every rule, and it promises to serve many processes.
     */
    private static final class StaticStore implements BackendFixture {
        @Override
        public Backend connect(BackendConfig config) {
            return new Promising(new MemoryBackendProvider().open(config), Promise.MANY_PROCESSES);
        }

        @Override
        public String scheme() {
            return "memory";
        }
    }

    /** After a restart it counts revisions from the beginning. */
    private static final class ForgetfulStore implements BackendFixture, ServerControl {
        private final ManualTime time = new ManualTime();
        private volatile MemoryStore store = new MemoryStore(time);

        @Override
        public Backend connect(BackendConfig config) {
            return new Promising(store.connect(config.executor()), Promise.DURABLE);
        }

        @Override
        public boolean inProcess() {
            return true;
        }

        @Override
        public Optional<ManualTime> clock() {
            return Optional.of(time);
        }

        @Override
        public Optional<ServerControl> server() {
            return Optional.of(this);
        }

        @Override
        public Set<Ability> abilities() {
            return Set.of(Ability.RESTART);
        }

        @Override
        public void restart() {
            store = new MemoryStore(time);
        }
    }
}
