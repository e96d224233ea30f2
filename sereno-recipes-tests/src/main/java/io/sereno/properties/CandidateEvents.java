package io.sereno.properties;

import io.sereno.Peer;
import io.sereno.Topology;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * LDR-5a and LDR-9: a candidate is notified by turns that it leads and that it follows; and, for each incarnation of another candidate, in pairs that it
 * has joined and that it has left. Safe for use by multiple threads.
 */
public class CandidateEvents extends Property {
    private final boolean mayReturn;
    private final List<String> events = new ArrayList<>();
    private final Set<Long> present = new HashSet<>();
    private final Set<Long> former = new HashSet<>();
    private String role = "";

    /**
     * @param mayReturn whether an incarnation that has left may join again, as when the candidate itself loses its session
     */
    public CandidateEvents(boolean mayReturn) {
        this.mayReturn = mayReturn;
    }

    /** The candidate leads, or follows. */
    public synchronized void role(String next) {
        add(!next.equals(role), next);
        role = next;
    }

    /** To be registered as a listener. */
    public synchronized void joined(Peer peer, Topology topology) {
        boolean returns = former.contains(peer.incarnation()) && !mayReturn;
        add(present.add(peer.incarnation()) && !returns, "+" + peer.nodeId() + "#" + peer.incarnation());
    }

    /** To be registered as a listener. */
    public synchronized void left(Peer peer, Topology topology) {
        former.add(peer.incarnation());
        add(present.remove(peer.incarnation()), "-" + peer.nodeId() + "#" + peer.incarnation());
    }

    private void add(boolean right, String event) {
        events.add(event);
        expect(right, () -> "the last of these events is wrong: " + events);
    }

    /** The incarnations that have joined and have not left. */
    public synchronized Set<Long> present() {
        return Set.copyOf(present);
    }

    /** How many events begin like this. */
    public synchronized int count(String beginning) {
        return (int)
                events.stream().filter(event -> event.startsWith(beginning)).count();
    }

    @Override
    public synchronized String toString() {
        return events.toString();
    }
}
