package io.sereno.backend.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A client believed in a grant at this time, by a clock that all clients share. The client was asked at this time or
 * later, and a lost grant does not come back.
 */
record Belief(String what, long token, long time, Object by) {
    /**
     * Asserts that no client relied on a grant while another did: in the order of time, tokens never fall, and each token
     * belongs to one owner.
     */
    static int assertOneAtATime(String what, List<Belief> all) {
        List<Belief> beliefs = all.stream()
                .filter(belief -> belief.what.equals(what))
                .sorted(Comparator.comparingLong(Belief::time))
                .toList();
        Map<Long, Object> owners = new HashMap<>();
        Belief last = beliefs.get(0);
        for (Belief belief : beliefs) {
            assertThat(belief.token)
                    .as("the token of %s, with %s before it", belief, last)
                    .isGreaterThanOrEqualTo(last.token);
            assertThat(owners.computeIfAbsent(belief.token, token -> belief.by))
                    .as("the owner of the token of %s", belief)
                    .isSameAs(belief.by);
            last = belief;
        }
        return owners.size();
    }
}
