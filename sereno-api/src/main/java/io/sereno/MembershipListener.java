package io.sereno;

/** joined and left in pairs per incarnation, also over a reconnect. */
public interface MembershipListener {
    default void joined(Member member, Members members) {}

    default void updated(Member member, Members members) {}

    default void left(Member member, Members members) {}
}
