package io.sereno;

import java.time.Duration;
import java.util.Map;

public interface Membership {
    String group();

    KeepAlive join(String id, Duration ttl) throws InterruptedException;

    KeepAlive join(String id, Duration ttl, Map<String, String> metadata, IfPresent ifPresent)
            throws InterruptedException;

    Members members();

    Subscription onChange(MembershipListener listener);
    /** Default WAIT: a quick restart waits for its own dead entry (ttl + lateness), then DuplicateMemberException. */
    enum IfPresent {
        WAIT,
        FAIL,
        TAKE_OVER
    }
}
