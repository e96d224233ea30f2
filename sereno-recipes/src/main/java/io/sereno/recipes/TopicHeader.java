package io.sereno.recipes;

import io.sereno.spi.Bytes;
import io.sereno.spi.Entry;

/**
 * What the header of a topic says: the messages from {@code low} on are kept, and the next one gets the offset {@code next}.
 *
 * @param stream createRevision of the entry: a topic that was deleted and used again is another stream
 * @param modRevision of the entry: who publishes makes it the condition
 */
record TopicHeader(long stream, long modRevision, long next, long low) {
    static final String NAME = "header";

    private static final String FIRST_LINE = "sereno/1 topic\n";

    static TopicHeader of(Entry entry) {
        return new TopicHeader(
                entry.createRevision(),
                entry.modRevision(),
                number(entry.value(), "next"),
                number(entry.value(), "low"));
    }

    /** A topic without messages; says the same as no header at all. */
    static TopicHeader empty(long revision) {
        return new TopicHeader(revision, revision, 1, 1);
    }

    Bytes value() {
        return value(next, low);
    }

    static Bytes value(long next, long low) {
        return Bytes.utf8(FIRST_LINE + "next " + next + "\nlow " + low + "\n");
    }

    /** The number in the line that begins with this word; lines with other words may stand around it. */
    static long number(Bytes value, String word) {
        for (String line : value.toUtf8().split("\n", -1)) {
            if (line.startsWith(word + " ")) {
                try {
                    return Long.parseLong(line.substring(word.length() + 1));
                } catch (NumberFormatException unreadable) {
                    throw new IllegalStateException("an entry says '" + line + "'; only Sereno may write here");
                }
            }
        }
        throw new IllegalStateException("an entry says nothing of '" + word + "'; only Sereno may write here");
    }
}
