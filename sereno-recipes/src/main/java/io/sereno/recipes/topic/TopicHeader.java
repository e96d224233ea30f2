package io.sereno.recipes.topic;

import io.sereno.UnreadableEntryException;
import io.sereno.recipes.kernel.Quote;
import io.sereno.spi.Bytes;
import io.sereno.spi.Entry;

/**
 * The header of a topic: the messages from {@code low} on are kept, the next message gets the offset {@code next}, and the batch before
 * that is {@code last}.
 *
 * @param stream createRevision of the entry: a topic that is deleted and used again is another stream
 * @param modRevision of the entry: the condition of a publisher's commit
 * @param last id of the batch that was published last; empty if there is none, or the header does not name it
 */
public record TopicHeader(long stream, long modRevision, long next, long low, String last) {
    public static final String NAME = "header";

    private static final String FIRST_LINE = "sereno/1 topic\n";

    public static TopicHeader of(Entry entry) {
        return new TopicHeader(
                entry.createRevision(),
                entry.modRevision(),
                number(entry.value(), "next"),
                number(entry.value(), "low"),
                word(entry.value(), "last"));
    }

    /** A topic without messages; equals no header. */
    static TopicHeader empty(long revision) {
        return new TopicHeader(revision, revision, 1, 1, "");
    }

    /** Whether the store has lost what was published with an earlier header of the same stream. */
    boolean contradicts(TopicHeader earlier) {
        return stream == earlier.stream
                && (next < earlier.next || (next == earlier.next && !last.equals(earlier.last)));
    }

    static Bytes value(long next, long low, String last) {
        return Bytes.utf8(
                FIRST_LINE + "next " + next + "\nlow " + low + "\n" + (last.isEmpty() ? "" : "last " + last + "\n"));
    }

    /** The rest of the line that begins with this word; empty if there is no such line. */
    private static String word(Bytes value, String word) {
        for (String line : value.toUtf8().split("\n", -1)) {
            if (line.startsWith(word + " ")) {
                return line.substring(word.length() + 1);
            }
        }
        return "";
    }

    /** The number in the line that begins with this word; lines with other words are ignored. */
    public static long number(Bytes value, String word) {
        String found = word(value, word);
        if (found.isEmpty()) {
            throw new UnreadableEntryException(
                    "an entry has no field '" + word + "'; it holds " + Quote.of(value.toUtf8())
                            + "; only Sereno may write here",
                    null);
        }
        try {
            return Long.parseLong(found);
        } catch (NumberFormatException unreadable) {
            throw new UnreadableEntryException(
                    "an entry holds " + Quote.of(word + " " + found) + "; only Sereno may write here", unreadable);
        }
    }
}
