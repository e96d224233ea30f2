package io.sereno;

import java.util.List;

/**
 * The members of a group.
 *
 * @param list all members, by id; copied
 * @param current false while the store cannot be asked; the list is then the last known
 */
public record Members(List<Member> list, boolean current) {
    /** Copies the list. */
    public Members {
        list = List.copyOf(list);
    }
}
