package io.sereno.recipes.kernel;

import io.sereno.UnreadableEntryException;
import io.sereno.spi.Names;

/** Stored text as messages quote it: its beginning, in one line. Anybody may have written the text, and it may be a megabyte long. */
public final class Quote {
    private static final int MOST = 120;

    private Quote() {}

    /** Makes a new error for each of several callers, so that each has the stack trace of its caller. */
    public static UnreadableEntryException again(UnreadableEntryException reported) {
        return new UnreadableEntryException(String.valueOf(reported.getMessage()), reported);
    }

    public static String of(String text) {
        if (text.length() <= MOST) {
            return "'" + Names.printable(text) + "'";
        }
        int end = Character.isHighSurrogate(text.charAt(MOST - 1)) ? MOST - 1 : MOST;
        return "'" + Names.printable(text.substring(0, end)) + "'... (" + text.length() + " characters in all)";
    }
}
