package io.sereno.suite;

import io.sereno.suite.barrier.BarrierFaultRules;
import io.sereno.suite.barrier.BarrierRules;
import io.sereno.suite.common.ClosingRules;
import io.sereno.suite.common.PlaceRules;
import io.sereno.suite.common.RecipeCommitRules;
import io.sereno.suite.common.RecipeRules;
import io.sereno.suite.common.SecondProcessRules;
import io.sereno.suite.counter.CounterFaultRules;
import io.sereno.suite.counter.CounterRules;
import io.sereno.suite.election.LeaderChangeRules;
import io.sereno.suite.election.LeaderFaultRules;
import io.sereno.suite.election.LeaderRules;
import io.sereno.suite.election.SuccessionRules;
import io.sereno.suite.ids.IdFaultRules;
import io.sereno.suite.ids.IdRules;
import io.sereno.suite.locks.LockSetRules;
import io.sereno.suite.locks.ReadWriteFaultRules;
import io.sereno.suite.locks.ReadWriteRules;
import io.sereno.suite.membership.MemberFaultRules;
import io.sereno.suite.membership.MemberRaceRules;
import io.sereno.suite.membership.MemberRules;
import io.sereno.suite.mutex.LockAttemptRules;
import io.sereno.suite.mutex.LockCallerRules;
import io.sereno.suite.mutex.LockFaultRules;
import io.sereno.suite.mutex.LockRules;
import io.sereno.suite.operator.OperatorEndRules;
import io.sereno.suite.operator.OperatorViewRules;
import io.sereno.suite.permits.PermitFaultRules;
import io.sereno.suite.permits.PermitRules;
import io.sereno.suite.slots.SlotFaultRules;
import io.sereno.suite.slots.SlotRules;
import io.sereno.suite.tasks.TaskFaultRules;
import io.sereno.suite.tasks.TaskRules;
import io.sereno.suite.topic.TopicArrivalRules;
import io.sereno.suite.topic.TopicFaultRules;
import io.sereno.suite.topic.TopicKeepingRules;
import io.sereno.suite.topic.TopicRules;
import io.sereno.suite.value.MapFaultRules;
import io.sereno.suite.value.MapRules;
import io.sereno.suite.value.ValueFaultRules;
import io.sereno.suite.value.ValueRules;
import io.sereno.suite.waitgroup.WaitGroupFaultRules;
import io.sereno.suite.waitgroup.WaitGroupRules;
import io.sereno.suite.waitgroup.WorkerNumberRules;
import io.sereno.tck.SerenoTck;
import io.sereno.tck.rules.RuleSet;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/**
 * The compatibility kit and the rules about Sereno's own recipes. The tests of each of Sereno's backends extend this
 * class. Authors of other backends extend {@link SerenoTck}: no backend alone can break a rule about recipes.
 */
public abstract class RecipesSuite extends SerenoTck {
    /** The tests of the kit and of the groups below. */
    public static final RuleSet RULES = RuleSet.of(RecipesSuite.class);

    @Nested
    @Tag("REC")
    class RecipesInASecondJvm extends SecondProcessRules {}

    @Nested
    @Tag("LCK")
    class Locks extends LockRules {}

    @Nested
    @Tag("LCK")
    class LockCallers extends LockCallerRules {}

    @Nested
    @Tag("LCK")
    class LockAttempts extends LockAttemptRules {}

    @Nested
    @Tag("LCK")
    @Tag("faults")
    class LocksUnderFaults extends LockFaultRules {}

    @Nested
    @Tag("RWL")
    class ReadersAndWriters extends ReadWriteRules {}

    @Nested
    @Tag("RWL")
    @Tag("faults")
    class ReadersAndWritersUnderFaults extends ReadWriteFaultRules {}

    @Nested
    @Tag("MLK")
    class LockSets extends LockSetRules {}

    @Nested
    @Tag("SEM")
    class Permits extends PermitRules {}

    @Nested
    @Tag("SEM")
    @Tag("faults")
    class PermitsUnderFaults extends PermitFaultRules {}

    @Nested
    @Tag("SLT")
    class Slots extends SlotRules {}

    @Nested
    @Tag("SLT")
    @Tag("faults")
    class SlotsUnderFaults extends SlotFaultRules {}

    @Nested
    @Tag("CTR")
    class Counters extends CounterRules {}

    @Nested
    @Tag("CTR")
    @Tag("faults")
    class CountersUnderFaults extends CounterFaultRules {}

    @Nested
    @Tag("SHV")
    class SharedValues extends ValueRules {}

    @Nested
    @Tag("SHV")
    @Tag("faults")
    class SharedValuesUnderFaults extends ValueFaultRules {}

    @Nested
    @Tag("SHM")
    class Maps extends MapRules {}

    @Nested
    @Tag("SHM")
    @Tag("faults")
    class MapsUnderFaults extends MapFaultRules {}

    @Nested
    @Tag("WGP")
    class WaitGroups extends WaitGroupRules {}

    @Nested
    @Tag("WGP")
    class WorkerNumbers extends WorkerNumberRules {}

    @Nested
    @Tag("WGP")
    @Tag("faults")
    class WaitGroupsUnderFaults extends WaitGroupFaultRules {}

    @Nested
    @Tag("BAR")
    class Barriers extends BarrierRules {}

    @Nested
    @Tag("BAR")
    @Tag("faults")
    class BarriersUnderFaults extends BarrierFaultRules {}

    @Nested
    @Tag("LDR")
    class Leaders extends LeaderRules {}

    @Nested
    @Tag("LDR")
    class LeaderChanges extends LeaderChangeRules {}

    @Nested
    @Tag("LDR")
    class Succession extends SuccessionRules {}

    @Nested
    @Tag("LDR")
    @Tag("faults")
    class LeadersUnderFaults extends LeaderFaultRules {}

    @Nested
    @Tag("SCH")
    class Tasks extends TaskRules {}

    @Nested
    @Tag("SCH")
    @Tag("faults")
    class TasksUnderFaults extends TaskFaultRules {}

    @Nested
    @Tag("MEM")
    class Members extends MemberRules {}

    @Nested
    @Tag("MEM")
    class MembersWhoMeet extends MemberRaceRules {}

    @Nested
    @Tag("MEM")
    @Tag("faults")
    class MembersUnderFaults extends MemberFaultRules {}

    @Nested
    @Tag("IDS")
    class Ids extends IdRules {}

    @Nested
    @Tag("IDS")
    @Tag("faults")
    class IdsUnderFaults extends IdFaultRules {}

    @Nested
    @Tag("TOP")
    class Topics extends TopicRules {}

    @Nested
    @Tag("TOP")
    class TopicsKept extends TopicKeepingRules {}

    @Nested
    @Tag("TOP")
    class TopicArrivals extends TopicArrivalRules {}

    @Nested
    @Tag("TOP")
    @Tag("faults")
    class TopicsUnderFaults extends TopicFaultRules {}

    @Nested
    @Tag("OPR")
    class OperatorsWhoLook extends OperatorViewRules {}

    @Nested
    @Tag("OPR")
    @Tag("faults")
    class OperatorsWhoIntervene extends OperatorEndRules {}

    @Nested
    @Tag("REC")
    class EveryRecipe extends RecipeRules {}

    @Nested
    @Tag("REC")
    class CommitsOfEveryRecipe extends RecipeCommitRules {}

    @Nested
    @Tag("REC")
    @Tag("faults")
    class ClientsThatClose extends ClosingRules {}

    @Nested
    @Tag("REC")
    class PlacesInQueues extends PlaceRules {}
}
