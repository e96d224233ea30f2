package io.sereno.spi;

import java.util.Comparator;
import java.util.Locale;

/**
 * Checks names. A name is well-formed Unicode, not empty, without U+0000, up to a number of bytes of UTF-8 (NAM-1). All
 * characters are plain text: slashes, dots, blanks, wildcards and control characters have no special meaning, and names
 * are not normalised.
 */
public final class Names {
    /** The most bytes of UTF-8 that the path of a directory and the name of an entry in it take together. */
    public static final int MAX_BYTES = 512;

    /**
     * The order of names (READ-5a): that of their bytes of UTF-8, unsigned, which is the order of code points.
     * {@link String#compareTo} has another order: it puts characters beyond U+FFFF before U+E000 to U+FFFF. Only for
     * well-formed Unicode: half of a surrogate pair has no place in this order.
     */
    public static final Comparator<String> ORDER = Names::compare;

    private Names() {}

    /**
     * Checks a name and returns it.
     *
     * @param what what the name is for; the message begins with it: {@code "mutex name"}, {@code "node id"}
     * @param name the name
     * @param maxBytes the most bytes of UTF-8 that it may take
     * @return the name
     * @throws IllegalArgumentException if it is empty, too long, not well-formed Unicode, or has U+0000
     */
    public static String check(String what, String name, int maxBytes) {
        bytesOf(what, name, maxBytes);
        return name;
    }

    /**
     * Escapes text for one line of a log: line breaks, other control characters, characters that change the direction
     * of writing and characters that nobody sees, such as U+200B, are replaced by a backslash with a letter or with the
     * number of the character. For names, which may contain all of these characters, and for whole lines.
     *
     * @param text any text
     * @return the text itself if nothing in it has to be escaped
     */
    public static String printable(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (isUnprintable(text.charAt(i))) {
                return escaped(text, i);
            }
        }
        return text;
    }

    private static String escaped(String text, int first) {
        StringBuilder line = new StringBuilder(text.length() + 16).append(text, 0, first);
        for (int i = first; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!isUnprintable(c)) {
                line.append(c);
            } else if (c == '\n') {
                line.append("\\n");
            } else if (c == '\r') {
                line.append("\\r");
            } else if (c == '\t') {
                line.append("\\t");
            } else {
                line.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            }
        }
        return line.toString();
    }

    private static boolean isUnprintable(char c) {
        // Formats are the marks, embeddings, overrides and isolates of bidirectional text, and characters that nobody
        // sees.
        return Character.isISOControl(c) || Character.getType(c) == Character.FORMAT || c == 0x2028 || c == 0x2029;
    }

    private static int compare(String left, String right) {
        int length = Math.min(left.length(), right.length());
        for (int i = 0; i < length; i++) {
            char a = left.charAt(i);
            char b = right.charAt(i);
            if (a != b) {
                boolean above = Character.isSurrogate(a);
                return above == Character.isSurrogate(b) ? a - b : above ? 1 : -1;
            }
        }
        return left.length() - right.length();
    }

    /** Checks the path of a directory and returns the bytes of UTF-8 that it takes. */
    static int checkDirectory(String directory) {
        return bytesOf("directory name", directory, MAX_BYTES);
    }

    /** Checks the name of an entry in a directory whose path was checked and takes this many bytes. */
    static void checkEntry(String name, int directoryBytes) {
        int bytes = bytesOf("entry name", name, MAX_BYTES);
        if (bytes > MAX_BYTES - directoryBytes) {
            throw new IllegalArgumentException("entry name takes " + bytes + " bytes of UTF-8 and its directory "
                    + directoryBytes + "; together at most " + MAX_BYTES + " are accepted: '" + printable(name) + "'");
        }
    }

    static void checkEntry(String directory, String name) {
        checkEntry(name, checkDirectory(directory));
    }

    private static int bytesOf(String what, String name, int maxBytes) {
        int length = name.length();
        int bytes = length;
        for (int i = 0; i < length; i++) {
            char c = name.charAt(i);
            if (c >= 0x80) {
                bytes += c < 0x800 ? 1 : 2;
                if (Character.isSurrogate(c)) {
                    requirePair(what, name, i);
                    // The pair takes four bytes. Its two chars are already counted, and two more bytes for the first
                    // char.
                    i++;
                }
            } else if (c == 0) {
                throw new IllegalArgumentException(
                        what + " has U+0000 at index " + i + "; any other character is accepted");
            }
        }
        if (bytes == 0 || bytes > maxBytes) {
            throw new IllegalArgumentException(what + " takes " + bytes + " bytes of UTF-8; 1 to " + maxBytes
                    + " are accepted" + (bytes == 0 ? "" : ": '" + printable(name) + "'"));
        }
        return bytes;
    }

    /** Requires that the surrogate at this index begins a pair. */
    static void requirePair(String what, String name, int index) {
        if (!Character.isHighSurrogate(name.charAt(index))
                || index + 1 == name.length()
                || !Character.isLowSurrogate(name.charAt(index + 1))) {
            throw new IllegalArgumentException(
                    what + " has half of a surrogate pair at index " + index + "; well-formed Unicode is accepted");
        }
    }
}
