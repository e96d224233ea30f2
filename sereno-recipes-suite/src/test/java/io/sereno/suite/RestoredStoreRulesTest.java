package io.sereno.suite;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.backend.memory.MemoryBackup;
import io.sereno.backend.memory.MemoryStore;
import io.sereno.simulation.ManualTime;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendConfig;
import io.sereno.spi.Promise;
import io.sereno.suite.mutants.Promising;
import io.sereno.tck.BackendFixture;
import io.sereno.tck.ServerControl;
import io.sereno.tck.Verdict;
import io.sereno.tck.recipes.RestoredStoreRules;
import io.sereno.tck.rules.RuleTest;
import io.sereno.tck.run.Kit;
import io.sereno.tck.run.Outcome;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The rules about restored stores, on the store in memory: with revisions that continue, as on Redis, and with
 * revisions that repeat, as on etcd.
 */
class RestoredStoreRulesTest {
    @ParameterizedTest
    @EnumSource
    void theStoreInMemoryKeepsThem(MemoryBackup.Revisions revisions) {
        try (Kit kit = new Kit(new RestorableMemory(revisions), RecipesSuite.RULES, 1)) {
            assertThat(RuleTest.in(RestoredStoreRules.class)).isNotEmpty().allSatisfy(test -> {
                Outcome outcome = kit.run(test);
                assertThat(outcome.verdict())
                        .as("%s: %s", test.id(), outcome.why())
                        .isEqualTo(Verdict.PASS);
            });
        }
    }

    @Test
    void aStoreOfWhichNoEarlierStateCanBeHadIsNotTriedAndLosesNoGrade() {
        try (Kit kit = new Kit(new MemorySuiteTest.MemoryFixture(), RecipesSuite.RULES, 1)) {
            assertThat(RuleTest.in(RestoredStoreRules.class)).allSatisfy(test -> {
                Outcome outcome = kit.run(test);
                assertThat(outcome.verdict()).isEqualTo(Verdict.UNTESTED);
                assertThat(outcome.why()).contains("cannot restore an earlier state");
            });
        }
    }

    /** One store for each namespace; it promises that revisions continue if they do. */
    private static final class RestorableMemory implements BackendFixture, ServerControl {
        private final ManualTime time = new ManualTime();
        private final MemoryBackup.Revisions revisions;
        private final Map<String, MemoryStore> stores = new ConcurrentHashMap<>();
        private final Map<String, MemoryBackup> backups = new ConcurrentHashMap<>();

        RestorableMemory(MemoryBackup.Revisions revisions) {
            this.revisions = revisions;
        }

        @Override
        public Backend connect(BackendConfig config) {
            MemoryStore store = stores.computeIfAbsent(config.namespace(), name -> {
                MemoryStore made = new MemoryStore(time);
                backups.put(name, made.backup()); // Until the next one: of nothing.
                return made;
            });
            Backend client = store.connect(config.executor());
            return revisions == MemoryBackup.Revisions.GO_ON
                    ? new Promising(client, Promise.REVISIONS_SURVIVE_FAIL_OVER)
                    : client;
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
            return Set.of(Ability.RESTORE);
        }

        @Override
        public void backup() {
            stores.forEach((name, store) -> backups.put(name, store.backup()));
        }

        @Override
        public void restore() {
            stores.forEach((name, store) -> store.restore(Objects.requireNonNull(backups.get(name)), revisions));
        }
    }
}
