package io.sereno.properties;

import io.sereno.Member;
import io.sereno.Members;
import io.sereno.MembershipListener;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * MEM-7: a listener is notified of joins and leaves in pairs, of the leave before the join of the next incarnation, and of changes in between. Safe for
 * use by multiple threads.
 */
public class Attendance extends Property implements MembershipListener {
    private final Map<String, Member> present = new ConcurrentHashMap<>();

    @Override
    public void joined(Member member, Members members) {
        Member former = present.put(member.id(), member);
        expect(former == null, () -> member + " joined before " + former + " left");
    }

    @Override
    public void updated(Member member, Members members) {
        Member former = present.put(member.id(), member);
        expectSame(former, member, "changed");
    }

    @Override
    public void left(Member member, Members members) {
        Member former = present.remove(member.id());
        expectSame(former, member, "left");
    }

    private void expectSame(@Nullable Member former, Member member, String what) {
        expect(
                former != null && former.incarnation() == member.incarnation(),
                () -> member + " " + what + ", and " + former + " was there");
    }

    /** The members that have joined and have not left, by id. */
    public final Map<String, Member> present() {
        return Map.copyOf(present);
    }
}
