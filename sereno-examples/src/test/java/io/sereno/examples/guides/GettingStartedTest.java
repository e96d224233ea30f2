package io.sereno.examples.guides;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Counter;
import io.sereno.NotAppliedException;
import io.sereno.OutcomeUnknownException;
import io.sereno.Sereno;
import io.sereno.examples.FirstSteps;
import io.sereno.junit.SerenoClock;
import io.sereno.junit.SerenoTest;
import io.sereno.junit.TestNode;
import io.sereno.simulation.Fate;
import io.sereno.simulation.Request;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
@SerenoTest
class GettingStartedTest {
    static int writeReport(Sereno sereno, Archive archive, List<String> pages) throws InterruptedException {
        return sereno.mutex("report").call(grant -> {
            for (String page : pages) {
                archive.write(page, grant.fencingToken());
            }
            return pages.size();
        });
    }

    static String countVisit(Sereno sereno) {
        Counter visits = sereno.counter("visits");
        try {
            return "visit number " + visits.incrementAndGet();
        } catch (NotAppliedException notCounted) {
            return "not counted: the call may be repeated";
        } catch (OutcomeUnknownException unknown) {
            return "perhaps counted: repeating the call may count twice";
        }
    }

    /** Of docs/connecting.md. */
    static Sereno startBeforeTheStore() {
        Sereno sereno = Sereno.builder()
                .uri("etcd://etcd.internal:2379/billing")
                .connectRetry(Duration.ofMinutes(2))
                .connect();
        return sereno;
    }

    @Test
    void theFirstProgramRuns() throws Exception {
        FirstSteps.main(new String[] {"memory:/first-steps"});
    }

    @Test
    void theReportIsWrittenUnderTheLock() throws Exception {
        Archive archive = new Archive();
        try (Sereno sereno = Sereno.connect("memory:/report")) {
            assertThat(writeReport(sereno, archive, List.of("one", "two"))).isEqualTo(2);
        }
        assertThat(archive.pages()).containsExactly("one", "two");
    }

    @Test
    void aCallSaysWhetherItCounted(TestNode node, SerenoClock clock) throws Exception {
        assertThat(answerUnder(Fate.pass(), node, clock)).isEqualTo("visit number 1");
        assertThat(answerUnder(Fate.refuse(), node, clock)).startsWith("not counted");
        assertThat(answerUnder(Fate.loseReply(), node, clock)).startsWith("perhaps counted");
    }

    private static String answerUnder(Fate fate, TestNode node, SerenoClock clock) throws Exception {
        clock.await(() -> node.sereno().counter("visits").getAndSet(0));
        Runnable repair = node.line().each(Request.any(), fate);
        String answer = clock.await(() -> countVisit(node.sereno()));
        repair.run();
        return answer;
    }
}
