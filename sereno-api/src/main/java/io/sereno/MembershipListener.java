package io.sereno;

/**
 * Hears who comes and goes in a group: {@code joined} and {@code left} in pairs for each incarnation, also over a
 * reconnect. A member that restarted leaves and joins. Whoever came and went between two looks is not seen.
 */
public interface MembershipListener {
    /**
     * A member joined, or was there already.
     *
     * @param member who
     * @param members all, by the look that found it
     */
    default void joined(Member member, Members members) {}

    /**
     * A member changed its metadata.
     *
     * @param member as it is now
     * @param members all, by the look that found it
     */
    default void updated(Member member, Members members) {}

    /**
     * A member left, or died.
     *
     * @param member as last seen
     * @param members all, by the look that found it
     */
    default void left(Member member, Members members) {}
}
