package io.sereno.recipes.kernel;

import io.sereno.spi.Entry;
import io.sereno.spi.Snapshot;
import org.jspecify.annotations.Nullable;

/** A place in a queue: the name of the entry, and which of all entries that ever had this name. */
public record Place(String name, long createRevision) {
    /**
     * Whether an entry is a place, or a withdrawn one: its name matches {@code [0-9A-Za-z]{11}-[0-9a-z]+}, the id of a session and a number. Any
     * other entry in the directory of a queue belongs to something that this version may not know.
     */
    static boolean isPlace(Entry entry) {
        return isPlace(entry.name());
    }

    public static boolean isPlace(String name) {
        if (name.length() < Session.ID_LENGTH + 2 || name.charAt(Session.ID_LENGTH) != '-') {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean fits = isDigit(c) || isLowerCase(c) || (i < Session.ID_LENGTH && isUpperCase(c));
            if (!fits && i != Session.ID_LENGTH) {
                return false;
            }
        }
        return true;
    }

    /** The id of the session that put a place of this name. */
    public static String sessionOf(String name) {
        return name.substring(0, Session.ID_LENGTH);
    }

    private static boolean isDigit(char c) {
        return '0' <= c && c <= '9';
    }

    private static boolean isLowerCase(char c) {
        return 'a' <= c && c <= 'z';
    }

    private static boolean isUpperCase(char c) {
        return 'A' <= c && c <= 'Z';
    }

    static Place of(Entry entry) {
        return new Place(entry.name(), entry.createRevision());
    }

    boolean isIn(Snapshot snapshot) {
        Entry found = entryOf(name, snapshot);
        return found != null && found.createRevision() == createRevision;
    }

    static @Nullable Entry entryOf(String name, Snapshot snapshot) {
        for (Entry entry : snapshot.entries()) {
            if (entry.name().equals(name)) {
                return entry;
            }
        }
        return null;
    }
}
