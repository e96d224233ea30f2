package io.sereno.recipes.kernel;

import io.sereno.UnreadableEntryException;
import io.sereno.spi.Names;

/** What is stored, as messages quote it: the beginning, in one line. Anybody may have written it, and a megabyte of it. */
public final class Quote {
    private static final int MOST = 120;

    private Quote() {}

    /** One error for each of several callers, since the trace of each is to be the caller's. */
    public static UnreadableEntryException again(UnreadableEntryException told) {
        return new UnreadableEntryException(String.valueOf(told.getMessage()), told);
    }

    public static String of(String text) {
        if (text.length() <= MOST) {
            return "'" + Names.printable(text) + "'";
        }
        int end = Character.isHighSurrogate(text.charAt(MOST - 1)) ? MOST - 1 : MOST;
        return "'" + Names.printable(text.substring(0, end)) + "'... (" + text.length() + " characters in all)";
    }
}
