package io.sereno;

/**
 * Is notified of joins and leaves in a group: {@code joined} and {@code left} come in pairs for each incarnation, also
 * across a reconnect. A member that restarted leaves and joins. A member that came and went between two reads is not
 * reported.
 */
public interface MembershipListener {
    /**
     * A member joined, or was present already.
     *
     * @param member the new member
     * @param members all members, from the read that found the change
     */
    default void joined(Member member, Members members) {}

    /**
     * A member changed its metadata.
     *
     * @param member as it is now
     * @param members all members, from the read that found the change
     */
    default void updated(Member member, Members members) {}

    /**
     * A member left, or died.
     *
     * @param member as last seen
     * @param members all members, from the read that found the change
     */
    default void left(Member member, Members members) {}
}
