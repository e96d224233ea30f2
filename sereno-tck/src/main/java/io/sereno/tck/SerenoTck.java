package io.sereno.tck;

import io.sereno.tck.recipes.RecipeFaultRuns;
import io.sereno.tck.recipes.RecipeRuns;
import io.sereno.tck.recipes.RestoredStoreRules;
import io.sereno.tck.rules.RuleSet;
import io.sereno.tck.run.Recipes;
import io.sereno.tck.spi.BlockedListenerRules;
import io.sereno.tck.spi.CheckRules;
import io.sereno.tck.spi.CommitRules;
import io.sereno.tck.spi.ConfigurationRules;
import io.sereno.tck.spi.ContestRules;
import io.sereno.tck.spi.DirectoryRules;
import io.sereno.tck.spi.HistoryFaultRules;
import io.sereno.tck.spi.HistoryRules;
import io.sereno.tck.spi.IdleClientRules;
import io.sereno.tck.spi.LeaseEndRules;
import io.sereno.tck.spi.LeaseFaultRules;
import io.sereno.tck.spi.LeaseRules;
import io.sereno.tck.spi.LeaseSpanRules;
import io.sereno.tck.spi.LeaseTimeRules;
import io.sereno.tck.spi.LifeFaultRules;
import io.sereno.tck.spi.LifeRules;
import io.sereno.tck.spi.NameRules;
import io.sereno.tck.spi.NoticeRules;
import io.sereno.tck.spi.OutcomeFaultRules;
import io.sereno.tck.spi.OutcomeRules;
import io.sereno.tck.spi.ReadRules;
import io.sereno.tck.spi.RecoveryRules;
import io.sereno.tck.spi.ResidueRules;
import io.sereno.tck.spi.SecondJvmRules;
import io.sereno.tck.spi.ValueRules;
import io.sereno.tck.spi.WatchFaultRules;
import io.sereno.tck.spi.WatchRules;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The compatibility kit as a JUnit class. Extend it, give it a fixture, run it:
 *
 * <pre>{@code
 * class MyBackendTckTest extends SerenoTck {
 *     @Override
 *     protected BackendFixture fixture() {
 *         return config -> new MyBackendProvider().open(config);
 *     }
 * }
 * }</pre>
 *
 * <p>Each rule of the SPI is a test, named by number, level and what is tried. Each recipe is run once without faults
 * and once with faults, and both runs are judged by rules too. A broken rule fails. A rule that was not tried
 * (UNVERIFIED), that saw too little (VACUOUS) or that cannot be judged (UNKNOWN) is reported by JUnit as aborted, with
 * the reason, and lowers the {@linkplain Grade grade}. The run fails at its end if the grade is lower than {@link
 * #leastGrade()}. The report is in {@link #reportFolder()}, as {@code report.json}, {@code report.md} and
 * {@code report.html}.
 *
 * <p>{@code -Dsereno.tck.rules=READ-4a,WAT} runs only some rules; {@code -Dsereno.tck.seed=...} repeats random choices. A
 * group is also a tag ({@code LEA}, {@code WAT}), for JUnit's own selection. If not all rules are run, no grade is given, and
 * none is required.
 *
 * <p>The class needs a constructor without arguments. One fixture is created for each run, and another one in a second JVM,
 * of which only {@link BackendFixture#connect} is called.
 */
@ExtendWith(KitExtension.class)
@DisplayNameGeneration(RuleNames.class)
public abstract class SerenoTck {
    /** The tests of all groups below: each nested class is a group of rules. */
    static final RuleSet RULES = RuleSet.of(SerenoTck.class);

    /** For subclasses. */
    protected SerenoTck() {}

    /**
     * Creates the fixture to test. Called once in a run.
     *
     * @return a new fixture
     */
    protected abstract BackendFixture fixture();

    /** The recipes to test with the backend; the kit's own tests plant bugs in them here. */
    Recipes recipes() {
        return Recipes.SHIPPED;
    }

    /**
     * The lowest grade with which a whole run passes.
     *
     * @return {@link Grade#CORE}, unless overridden
     */
    protected Grade leastGrade() {
        return Grade.CORE;
    }

    /**
     * The folder of the report. A module with several fixtures gives each its own folder.
     *
     * @return {@code target/tck}, unless overridden
     */
    protected Path reportFolder() {
        return Path.of("target", "tck");
    }

    @Nested
    @Tag("READ")
    class Reads extends ReadRules {}

    @Nested
    @Tag("COM")
    class Commits extends CommitRules {}

    @Nested
    @Tag("COM")
    class Checks extends CheckRules {}

    @Nested
    @Tag("COM")
    class Contests extends ContestRules {}

    @Nested
    @Tag("VAL")
    class Values extends ValueRules {}

    @Nested
    @Tag("NAM")
    class Naming extends NameRules {}

    @Nested
    @Tag("DIR")
    class Directories extends DirectoryRules {}

    @Nested
    @Tag("LEA")
    class Leases extends LeaseRules {}

    @Nested
    @Tag("LEA")
    class LeasesInTime extends LeaseTimeRules {}

    @Nested
    @Tag("LEA")
    class EndsOfLeases extends LeaseEndRules {}

    @Nested
    @Tag("LEA")
    class LongLivesOfLeases extends LeaseSpanRules {}

    @Nested
    @Tag("WAT")
    class Watches extends WatchRules {}

    @Nested
    @Tag("WAT")
    class NoticesOfWatches extends NoticeRules {}

    @Nested
    @Tag("OUT")
    class Outcomes extends OutcomeRules {}

    @Nested
    @Tag("LIF")
    class Life extends LifeRules {}

    @Nested
    @Tag("LIF")
    class Residue extends ResidueRules {}

    @Nested
    @Tag("CFG")
    class Configuration extends ConfigurationRules {}

    @Nested
    @Tag("HISTORY")
    class Histories extends HistoryRules {}

    @Nested
    @Tag("HISTORY")
    @Tag("faults")
    class HistoriesUnderFaults extends HistoryFaultRules {}

    @Nested
    @Tag("CFG")
    class InASecondJvm extends SecondJvmRules {}

    @Nested
    @Tag("OUT")
    @Tag("faults")
    class OutcomesUnderFaults extends OutcomeFaultRules {}

    @Nested
    @Tag("OUT")
    @Tag("faults")
    class Recovery extends RecoveryRules {}

    @Nested
    @Tag("LEA")
    @Tag("faults")
    class LeasesUnderFaults extends LeaseFaultRules {}

    @Nested
    @Tag("WAT")
    @Tag("faults")
    class WatchesUnderFaults extends WatchFaultRules {}

    @Nested
    @Tag("WAT")
    class BlockedListeners extends BlockedListenerRules {}

    @Nested
    @Tag("WAT")
    class IdleClients extends IdleClientRules {}

    @Nested
    @Tag("LIF")
    @Tag("faults")
    class LifeUnderFaults extends LifeFaultRules {}

    @Nested
    @Tag("REC")
    class RunsOfRecipes extends RecipeRuns {}

    @Nested
    @Tag("REC")
    @Tag("faults")
    class RunsOfRecipesUnderFaults extends RecipeFaultRuns {}

    @Nested
    @Tag("REC")
    @Tag("faults")
    class RestoredStores extends RestoredStoreRules {}
}
