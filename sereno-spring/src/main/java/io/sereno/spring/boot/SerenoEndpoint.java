package io.sereno.spring.boot;

import io.sereno.Sereno;
import io.sereno.SessionState;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;

/** {@code /actuator/sereno}: what this process holds, leads and awaits. Reads memory only, and changes nothing. */
@Endpoint(id = "sereno")
final class SerenoEndpoint {
    /**
     * What is shown.
     *
     * @param backend kind of the store
     * @param node id under which others see this process
     * @param session state of the session
     * @param sessionRemainingMillis for how long it certainly lasts without another renewal
     * @param holds mutexes, locks with readers and lock sets that are held
     * @param leads elections that this process leads
     * @param awaits rights that callers and candidates of this process wait for
     */
    record View(
            String backend,
            String node,
            SessionState session,
            @Nullable Long sessionRemainingMillis,
            List<Activity.Counted> holds,
            List<Activity.Counted> leads,
            List<Activity.Counted> awaits) {}

    private static final String ELECTION = "election";

    private final Sereno sereno;
    private final Activity activity;

    SerenoEndpoint(Sereno sereno, Activity activity) {
        this.sereno = sereno;
        this.activity = activity;
    }

    @ReadOperation
    View view() {
        Duration remaining = activity.sessionRemaining();
        List<Activity.Counted> held = activity.held();
        return new View(
                sereno.guarantees().backend(),
                sereno.nodeId(),
                sereno.sessionState(),
                remaining == null ? null : remaining.toMillis(),
                held.stream().filter(right -> !right.recipe().equals(ELECTION)).toList(),
                held.stream().filter(right -> right.recipe().equals(ELECTION)).toList(),
                activity.awaited());
    }
}
