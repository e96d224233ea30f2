package io.sereno.suite.mutants;

import io.sereno.KeepAlive;
import io.sereno.Member;
import io.sereno.Members;
import io.sereno.Membership;
import io.sereno.MembershipListener;
import io.sereno.Subscription;
import java.time.Duration;
import java.util.Map;

/** Delegates everything; subclasses add the bug. */
class MembershipWrapper implements Membership {
    final Membership right;

    MembershipWrapper(Membership right) {
        this.right = right;
    }

    @Override
    public String group() {
        return right.group();
    }

    @Override
    public final KeepAlive join(String id, Duration ttl) throws InterruptedException {
        return join(id, ttl, Map.of(), IfPresent.WAIT);
    }

    @Override
    public KeepAlive join(String id, Duration ttl, Map<String, String> metadata, IfPresent ifPresent)
            throws InterruptedException {
        return right.join(id, ttl, metadata, ifPresent);
    }

    @Override
    public Members members() {
        return right.members();
    }

    @Override
    public Subscription onChange(MembershipListener listener) {
        return right.onChange(listener);
    }

    /** The same for a listener. */
    static class OfListener implements MembershipListener {
        final MembershipListener right;

        OfListener(MembershipListener right) {
            this.right = right;
        }

        @Override
        public void joined(Member member, Members members) {
            right.joined(member, members);
        }

        @Override
        public void updated(Member member, Members members) {
            right.updated(member, members);
        }

        @Override
        public void left(Member member, Members members) {
            right.left(member, members);
        }
    }
}
